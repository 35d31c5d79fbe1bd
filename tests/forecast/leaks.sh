#!/bin/sh
# The leak test of MODELLING.md, section 1: tests/forecast/leaks.sh BUILD. What became known after the as-of day is
# permuted, replaced or dropped; what dealcast says of that day must not change by one byte. Then the converse: what was
# known on that day is changed, and the forecast must notice.
set -u
. tests/report "$1"
here=$(pwd)/tests/forecast

# change FILE AS_OF SETTINGS...: the CSV with some of its rows changed, see change.awk.
change() {
  file=$1
  day=$2
  shift 2
  awk -v day="$day" -f "$here/change.awk" "$@" "$file"
}

# The tables that depend on the as-of day, written to $work/NAME.
tables='forecast deals deal_periods backtest quality'
forecast() { # name, files and options...
  name=$1
  shift
  "$dealcast" forecast "$@" --as-of "$as_of" --origins 5 --threads 1 --out-dir "$work/$name" && [ -s "$work/$name/forecast.json" ]
}

unchanged() { # what, files and options...
  what=$1
  shift
  rm -rf "$work/now"
  if ! forecast now "$@"; then
    report 1 "$what: the program failed"
    return
  fi
  wrong=
  for table in $tables; do
    cmp -s "$work/base/$table.json" "$work/now/$table.json" || wrong="$wrong $table"
  done
  [ -z "$wrong" ] || diff "$work/base/${wrong##* }.json" "$work/now/${wrong##* }.json" | head -n 6
  [ -z "$wrong" ]
  report $? "$what${wrong:+: changed$wrong}"
}

noticed() { # what, files and options...
  what=$1
  shift
  rm -rf "$work/now"
  forecast now "$@" && ! cmp -s "$work/base/forecast.json" "$work/now/forecast.json" &&
    ! cmp -s "$work/base/deals.json" "$work/now/deals.json"
  report $? "$what"
}

# Did the change touch many rows? Otherwise the test could not fail.
touched() { # rows at least, old file, new file
  [ "$(diff "$2" "$3" | grep -c '^<')" -ge "$1" ] || report 1 "$3 differs from $2 in fewer than $1 rows"
}

# --- the sample: history, accounts ---
as_of=2025-06-30
gzip -dc "$sample/history.csv.gz" >"$work/history.csv" || exit 1
cp "$sample/deals.csv" "$sample/accounts.csv" "$work"
d=$work/deals.csv h=$work/history.csv a=$work/accounts.csv
future='closed=closed_date'

forecast base "$d" --history "$h" --accounts "$a"
report $? "sample: a forecast as of $as_of"
awk 'END { exit NR < 500 }' "$work/base/deals.json" && awk 'END { exit NR < 30 }' "$work/base/backtest.json"
report $? "sample: with hundreds of open deals and a backtest"

change "$h" $as_of when=changed_at drop=1 >"$work/h1"
touched 3000 "$h" "$work/h1"
unchanged "sample: later history dropped" "$d" --history "$work/h1" --accounts "$a"

change "$h" $as_of when=changed_at permute='stage amount expected_close owner' seed=1 >"$work/h2"
touched 3000 "$h" "$work/h2"
unchanged "sample: later history permuted" "$d" --history "$work/h2" --accounts "$a"

change "$h" $as_of when=changed_at set='stage=Aardvark amount=77 expected_close=2031-01-01 owner=Aa' >"$work/h3"
touched 3000 "$h" "$work/h3"
unchanged "sample: later history replaced by new words" "$d" --history "$work/h3" --accounts "$a"

change "$d" $as_of $future permute='stage+closed_date' seed=2 >"$work/d1"
touched 400 "$d" "$work/d1"
unchanged "sample: outcomes and closing dates permuted" "$work/d1" --history "$h" --accounts "$a"
unchanged "sample: the same, later history dropped" "$work/d1" --history "$work/h1" --accounts "$a"

for field in amount account owner product region source expected_close discount competitor; do
  change "$d" $as_of $future permute=$field seed=3 >"$work/d2"
  touched 100 "$d" "$work/d2"
  unchanged "sample: $field permuted" "$work/d2" --history "$h" --accounts "$a"
done

all='stage+closed_date amount account owner product region source expected_close discount competitor'
for seed in 4 5 6; do
  change "$d" $as_of $future permute="$all" seed=$seed >"$work/d3"
  touched 1000 "$d" "$work/d3"
  unchanged "sample: everything permuted, later history dropped, seed $seed" "$work/d3" --history "$work/h1" --accounts "$a"
done
unchanged "sample: everything permuted, later history permuted" "$work/d3" --history "$work/h2" --accounts "$a"

change "$d" $as_of $future \
  set='amount=12345 account=Aaron owner=Aa product=Zz region=Aa source=Zz expected_close=2033-03-03 discount=0.9' >"$work/d4"
touched 1000 "$d" "$work/d4"
unchanged "sample: undated fields replaced by new words" "$work/d4" --history "$h" --accounts "$a"
unchanged "sample: the same, later history replaced by new words" "$work/d4" --history "$work/h3" --accounts "$a"

# Other days and periods.
for asked in '2024-12-31 quarter' '2025-05-14 week' '2024-08-10 month'; do
  as_of=${asked% *}
  change "$d" $as_of $future permute="$all" seed=13 >"$work/d8"
  change "$h" $as_of when=changed_at drop=1 >"$work/h7"
  forecast base "$d" --history "$h" --accounts "$a" --period "${asked#* }"
  report $? "sample: a forecast as of $as_of by ${asked#* }"
  unchanged "sample: everything permuted, later history dropped" "$work/d8" --history "$work/h7" --accounts "$a" \
    --period "${asked#* }"
done
as_of=2025-06-30
forecast base "$d" --history "$h" --accounts "$a"

# Deals that did not exist yet; the last row stays, so that the export is as late as before.
change "$d" $as_of when=created_date drop=1 keep_last=1 >"$work/d5"
touched 500 "$d" "$work/d5"
unchanged "sample: later deals dropped" "$work/d5" --history "$work/h1" --accounts "$a"

change "$a" $as_of permute='sector country employees annual_revenue' seed=7 >"$work/a1"
touched 500 "$a" "$work/a1"
unchanged "sample: accounts permuted" "$d" --history "$h" --accounts "$work/a1"

change "$h" 1900-01-01 when=changed_at until=$as_of permute=stage seed=8 >"$work/h4"
noticed "sample: stages known on the day are noticed" "$d" --history "$work/h4" --accounts "$a"
change "$h" 2025-06-01 when=changed_at until=$as_of drop=1 >"$work/h5"
noticed "sample: the last month of history is noticed" "$d" --history "$work/h5" --accounts "$a"

# --- the sample without a history: outcomes come from the deals file only ---
forecast base "$d"
report $? "deals alone: a forecast as of $as_of"
unchanged "deals alone: outcomes and closing dates permuted" "$work/d1"
unchanged "deals alone: everything permuted" "$work/d3"
unchanged "deals alone: undated fields replaced by new words" "$work/d4"
change "$d" 1900-01-01 closed=closed_date until=$as_of permute='stage' seed=9 >"$work/d6"
noticed "deals alone: outcomes known on the day are noticed" "$work/d6"

# One column for the expected and the actual close, as Salesforce and HubSpot have it.
grep -v '"' "$d" | awk -F, -v OFS=, 'NR == 1 { print $1, $2, $3, $4, $7, $8, $9, "close_date"; next }
  { print $1, $2, $3, $4, $7, $8, $9, $11 == "" ? $10 : $11 }' >"$work/one.csv"
forecast base "$work/one.csv"
report $? "one close date: a forecast as of $as_of"
change "$work/one.csv" $as_of closed=close_date permute='stage+close_date amount account owner product' seed=10 >"$work/one1"
touched 500 "$work/one.csv" "$work/one1"
unchanged "one close date: everything permuted" "$work/one1"

# A day before anything was closed: even the first closing is of the future.
as_of=2023-01-15
forecast base "$d" --history "$h"
report $? "before any closing: a forecast as of $as_of"
change "$d" $as_of $future permute="$all" seed=11 >"$work/d7"
touched 3000 "$d" "$work/d7"
unchanged "before any closing: everything permuted" "$work/d7" --history "$h"
change "$h" $as_of when=changed_at permute='stage amount expected_close owner' seed=12 >"$work/h6"
unchanged "before any closing: later history permuted" "$d" --history "$work/h6"

# --- a history alone: without its later rows it is the export of that day ---
as_of=2025-06-30
"$dealcast" forecast --history "$h" --as-of "$as_of" --origins 5 --threads 1 --out-dir "$work/base"
report $? "history alone: a forecast as of $as_of"
awk 'END { exit NR < 500 }' "$work/base/deals.json"
report $? "history alone: with open deals"
unchanged "history alone: later rows dropped" --history "$work/h1"
unchanged "history alone: later rows permuted" --history "$work/h2"
unchanged "history alone: later rows replaced by new words" --history "$work/h3"

# --- maven-crm: no history, rows without a created date ---
m=${DEALCAST_DATASETS:-}/maven-crm
if [ -n "${DEALCAST_DATASETS:-}" ] && [ -r "$m/sales_pipeline.csv" ]; then
  as_of=2017-09-30
  d=$m/sales_pipeline.csv a=$m/accounts.csv future='closed=close_date'
  forecast base "$d" --accounts "$a"
  report $? "maven-crm: a forecast as of $as_of"
  awk 'END { exit NR < 1000 }' "$work/base/deals.json"
  report $? "maven-crm: with open deals"
  change "$d" $as_of $future permute='deal_stage+close_date+close_value' seed=1 >"$work/m1"
  touched 1000 "$d" "$work/m1"
  unchanged "maven-crm: outcomes, closing dates and amounts permuted" "$work/m1" --accounts "$a"
  for field in sales_agent product account; do
    change "$d" $as_of $future permute=$field seed=2 >"$work/m2"
    touched 1000 "$d" "$work/m2"
    unchanged "maven-crm: $field permuted" "$work/m2" --accounts "$a"
  done
  for seed in 3 4 5; do
    change "$d" $as_of $future permute='deal_stage+close_date+close_value sales_agent product account' seed=$seed >"$work/m3"
    unchanged "maven-crm: everything permuted, seed $seed" "$work/m3" --accounts "$a"
  done
  change "$a" $as_of permute='sector year_established revenue employees office_location' seed=6 >"$work/m4"
  touched 50 "$a" "$work/m4"
  unchanged "maven-crm: accounts permuted" "$d" --accounts "$work/m4"
  change "$d" 1900-01-01 closed=close_date until=$as_of permute='deal_stage+close_value' seed=7 >"$work/m5"
  noticed "maven-crm: outcomes known on the day are noticed" "$work/m5" --accounts "$a"
elif [ "${DEALCAST_REQUIRE_DATA:-}" = 1 ]; then
  report 1 "data is required, but \$DEALCAST_DATASETS/maven-crm is not there"
else
  echo "skipped: \$DEALCAST_DATASETS/maven-crm is not there"
fi

closing
