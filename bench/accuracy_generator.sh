#!/bin/sh
# Forecasts of generated teams against their known truth: accuracy_generator.sh BINARY GENERATOR FIRST LAST [AS_OF]
# For each seed FIRST..LAST: 5,000 deals with history and accounts, the next quarter with default options. Prints a line
# of figures a seed, then a summary as comment lines: coverage, bias against the true mean, CRPS beside that of the true
# distribution, and how the chances of open deals compare with the true ones. Both sides' chance is that of a win within
# 1,096 days; the true one knows the deal's hidden traits as well, so it is the sharper, and ours are right when the
# regression of the true on the logit of ours has slope 1 and intercept 0.
# Exit 1 when the 80 % interval covers less than 70 % or more than 90 % of the futures, or the slope is outside 0.9..1.1
# (few seeds: outside what chance alone explains); 3 when a run failed. Two seeds run at a time.
set -u
[ $# -ge 4 ] || { echo "usage: $0 BINARY GENERATOR FIRST LAST [AS_OF]" >&2; exit 2; }
binary=$1
generator=$2
first=$3
last=$4
as_of=${5:-2025-12-31}
here=$(dirname "$0")
work=$(mktemp -d) || exit 5
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

one_seed() {
  dir=$work/$1
  "$generator" --deals 5000 --seed "$1" --as-of "$as_of" --out-dir "$dir" &&
    "$binary" forecast "$dir/deals.csv" --history "$dir/history.csv" --accounts "$dir/accounts.csv" --period quarter \
      --horizon 1 --threads 1 --out-dir "$dir/out" >/dev/null &&
    awk -v seed="$1" -v pairs="$work/$1.pairs" -f "$here/accuracy_seed.awk" "$dir/truth.json" "$dir/out/forecast.json" \
      "$dir/out/deal_periods.json" "$dir/out/deals.json" >"$work/$1.new" && mv "$work/$1.new" "$work/$1.line" || echo "$1" >>"$work/failed"
  rm -rf "$dir"
}

header=seed,mean,p05,p10,p25,p50,p75,p90,p95,realised,true_mean,true_p10,true_p50,true_p90,level_of_mean,pit
header=$header,in_50,in_80,in_90,true_in_80,crps,true_crps,open,true_open,realised_open,new,true_new
header=$header,wins,true_wins,wins_open,true_wins_open,realised_wins,open_deals,p_win,true_p_win
echo "$header"
seed=$first
while [ "$seed" -le "$last" ]; do
  one_seed "$seed" &
  other=$((seed + 1))
  [ "$other" -le "$last" ] && one_seed "$other"
  wait
  for done in "$seed" "$other"; do
    [ -f "$work/$done.line" ] || continue
    cat "$work/$done.line"
    cat "$work/$done.line" >>"$work/seeds"
    cat "$work/$done.pairs" >>"$work/pairs"
    rm "$work/$done.line" "$work/$done.pairs"
  done
  seed=$((seed + 2))
done
if [ -f "$work/failed" ]; then
  echo "seeds that failed: $(tr '\n' ' ' <"$work/failed")" >&2
  exit 3
fi
awk -f "$here/accuracy_summary.awk" "$work/pairs" "$work/seeds"
