#!/bin/sh
# Forecasts of the public maven-crm deals against what came: accuracy_maven.sh BINARY, with $DEALCAST_DATASETS set.
# As of the last day of each month from May to November 2017, one month ahead; the actual is summed from the file itself.
# Prints a line a month and the WAPE. Exit 1 when the WAPE is above 20 %; 2 without data; 3 when a run failed.
set -u
[ $# -eq 1 ] || { echo "usage: DEALCAST_DATASETS=DIR $0 BINARY" >&2; exit 2; }
binary=$1
folder=${DEALCAST_DATASETS:-.}/maven-crm
[ -r "$folder/sales_pipeline.csv" ] || { echo "$0: no $folder/sales_pipeline.csv" >&2; exit 2; }
work=$(mktemp -d) || exit 5
trap 'rm -rf "$work"' EXIT

for origin in 2017-05-31 2017-06-30 2017-07-31 2017-08-31 2017-09-30 2017-10-31 2017-11-30; do
  "$binary" forecast "$folder/sales_pipeline.csv" --accounts "$folder/accounts.csv" --as-of "$origin" --horizon 1 \
    --format csv --table forecast >"$work/forecast.csv" || exit 3
  awk -F, -v origin="$origin" '
    { sub(/\r$/, "") }
    NR == FNR && FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    NR == FNR {
      if ($at["measure"] == "amount" && $at["component"] == "total") {
        line = $at["mean"] "," $at["p10"] "," $at["p90"]
        month = substr($at["period_start"], 1, 7)
      }
      next
    }
    FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    $column["deal_stage"] == "Won" && substr($column["close_date"], 1, 7) == month { actual += $column["close_value"] }
    END { print origin "," month "," actual "," line }' "$work/forecast.csv" "$folder/sales_pipeline.csv" >>"$work/lines"
done

awk -F, '
  BEGIN { printf "%-10s %10s %10s %10s %10s %8s\n", "origin", "forecast", "actual", "p10", "p90", "error" }
  NF == 6 && $3 > 0 && $4 > 0 {
    n++
    printf "%-10s %10.0f %10d %10.0f %10.0f %+7.1f%%\n", $1, $4, $3, $5, $6, 100 * ($4 / $3 - 1)
    off += $4 > $3 ? $4 - $3 : $3 - $4
    actual += $3
    all += $4
    inside += $3 >= $5 && $3 <= $6
  }
  END {
    if (n != 7) { print "a forecast is missing" >"/dev/stderr"; exit 3 }
    printf "WAPE %.1f %%, bias %+.1f %%, %d of 7 in the 80 %% interval\n", 100 * off / actual, 100 * (all / actual - 1), inside
    exit off / actual > 0.20
  }' "$work/lines"
