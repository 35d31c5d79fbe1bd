#!/bin/sh
# Loading one CSV file of generated deals to typed columns with two threads: ours and its peers, in turns, in one run.
#
# bench/peers.sh BENCH_LOAD FOLDER ROWS RESULTS
#   BENCH_LOAD  the program built from bench_load.c
#   FOLDER      for the data, the generator, and npm's node_modules (FOLDER/peers)
#   RESULTS     this run's lines take the place of those for as many rows
#
# The peers' scripts and the generator are in $DEALCAST_PEERS. Each runs $PEER_ROUNDS (3) times in a process of its own; what
# counts is the time that its script tells, without start-up, at its best settings: the faster of polars' two reads,
# DuckDB's best of creating a table with and without given types, fread's strings or factors, pandas with dates and
# categories; of ours, the median of three loads behind one that does not count. Handicaps that favour us: polars and fread keep words as strings; none counts the rows it rejects.
set -eu
bench=$1 folder=$2 rows=$3 results=$4
peers=${DEALCAST_PEERS:-../shared/peers}
if ! [ -f "$peers/gen_deals.c" ]; then
  echo "skipped: no peers' scripts; set DEALCAST_PEERS to their folder" >&2
  exit 0
fi
peers=$(cd "$peers" && pwd)
mkdir -p "$folder/peers"
folder=$(cd "$folder" && pwd)
file=$folder/peers_$rows.csv

if ! [ -x "$folder/gen_deals" ]; then ${CC:-cc} -O2 "$peers/gen_deals.c" -o "$folder/gen_deals" -lm; fi
if ! [ -f "$file" ]; then
  "$folder/gen_deals" "$rows" >"$file.new"
  mv "$file.new" "$file"
fi
cat "$file" >/dev/null

lines=$(mktemp)
trap 'rm -f "$lines" "$lines.once"' EXIT

# The least time that one run of a peer tells, in seconds, behind its name; the script's own words as awk's filter.
once() {
  name=$1 filter=$2
  shift 2
  if ! (cd "$folder/peers" && timeout 600 "$@") >"$lines.once" 2>/dev/null; then
    echo "$name failed: $*" >&2
    return 0
  fi
  awk -v name="$name" -v filter="$filter" '
    $0 !~ filter { next }
    { for (i = 2; i <= NF; i++) if ($i == "s" && (least == "" || $(i - 1) < least)) least = $(i - 1) }
    END { if (least != "") print "peer", name, least }' "$lines.once" >>"$lines"
}

missing() { echo "skipped $1: $2" >&2; }

has_npm() { [ -d "$folder/peers/node_modules/$1" ] && command -v node >/dev/null; }
has_pandas() { /usr/bin/python3 -c 'import pandas' 2>/dev/null; }
has_fread() { command -v Rscript >/dev/null && Rscript -e 'library(data.table)' >/dev/null 2>&1; }

round=0
while [ $round -lt "${PEER_ROUNDS:-3}" ]; do
  round=$((round + 1))
  "$bench" "$file" 3 | awk 'NR > 2 { print "own", $1 "_T" $2, $3, $7 }' >>"$lines"
  if has_npm nodejs-polars; then
    POLARS_MAX_THREADS=2 once polars rows node "$peers/csv_polars.cjs" "$file"
  elif [ $round = 1 ]; then
    missing polars "npm install --prefix $folder/peers nodejs-polars nodejs-polars-linux-x64-gnu"
  fi
  if has_npm @duckdb/node-api; then
    once duckdb 'varchar|again' node "$peers/csv_duckdb.mjs" "$file" 2
  elif [ $round = 1 ]; then
    missing duckdb "npm install --prefix $folder/peers @duckdb/node-api"
  fi
  if has_fread; then
    once fread rows Rscript "$peers/csv_fread.R" "$file" 2 f
  elif [ $round = 1 ]; then
    missing fread "apt-get install r-cran-data.table"
  fi
  if has_pandas; then
    once pandas rows /usr/bin/python3 "$peers/csv_pandas.py" "$file"
  elif [ $round = 1 ]; then
    missing pandas "apt-get install python3-pandas"
  fi
done

size=$(wc -c <"$file")
awk -v rows="$rows" -v size="$size" -v day="$(date +%Y-%m-%d)" '
  function median(list, n,    i, j, x) {
    for (i = 2; i <= n; i++)
      for (j = i; j > 1 && list[j - 1] > list[j]; j--) { x = list[j]; list[j] = list[j - 1]; list[j - 1] = x }
    return list[int((n + 1) / 2)]
  }
  { key = $1 " " $2
    if (!(key in count)) order[++n] = key
    time[key, ++count[key]] = $3
    if ($4 > peak[$2]) peak[$2] = $4 }
  END {
    bar["polars"] = rows < 5000000 ? 1 / 3 : 1 / 2; bar["duckdb"] = 1 / 5; bar["fread"] = 1 / 12; bar["pandas"] = 1 / 25
    for (k = 1; k <= n; k++) {
      split(order[k], part, " ")
      m = count[order[k]]
      for (i = 1; i <= m; i++) list[i] = time[order[k], i]
      seconds[part[2]] = median(list, m)
      name[k] = part[2]
    }
    ours = seconds["ours_T2"]
    print "date,rows,system,seconds,ours_over_it,bar,met,peak_mib"
    for (k = 1; k <= n; k++) {
      s = name[k]; limit = bar[s]
      printf "%s,%d,%s,%.4f,%.4f,", day, rows, s, seconds[s], ours / seconds[s]
      if (limit) printf "%.4f,%s,\n", limit, ours <= limit * seconds[s] ? "yes" : "no"
      else printf ",,%s\n", peak[s]
    }
    if ("fread" in seconds) {
      share = seconds["ours_by_libcsv_T2"] / seconds["fread"]
      printf "%s,%d,fread_by_libcsv,%.4f,%.4f,%.4f,%s,\n", day, rows, seconds["fread"], share, 1 / 3, share <= 1 / 3 ? "yes" : "no"
    }
    allowed = (size + 80 * rows) / 1048576
    printf "%s,%d,memory_allowed,,,,%s,%.1f\n", day, rows, peak["ours_T2"] <= allowed ? "yes" : "no", allowed
  }' "$lines" >"$lines.once"

if [ -f "$results" ]; then awk -F, -v rows="$rows" 'NR > 1 && $2 != rows' "$results" >"$lines"; else : >"$lines"; fi
{ head -1 "$lines.once"; { cat "$lines"; sed 1d "$lines.once"; } | sort -t, -k2,2n -s; } >"$results.new"
mv "$results.new" "$results"
awk -F, -v OFS=, '{ printf "%-20s %10s %14s %8s %5s %9s\n", $3, $4, $5, $6, $7, $8 }' "$lines.once"
