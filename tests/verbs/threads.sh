#!/bin/sh
# The bytes of a forecast with scopes and quotas do not depend on threads or on the order of rows, and its terminal view
# fits the screen: tests/verbs/threads.sh BUILD
set -u
. tests/report "$1"

head -n 1200 "$sample/deals.csv" >"$work/deals.csv"
tail -n +2 "$work/deals.csv" | LC_ALL=C sort -r >"$work/rows"
(head -n 1 "$sample/deals.csv" && cat "$work/rows") >"$work/turned.csv"
(head -n 1 "$sample/quotas.csv" && tail -n +2 "$sample/quotas.csv" | LC_ALL=C sort -r) >"$work/turned_quotas.csv"

forecast() { # deals, quotas, options...
  deals=$1
  quotas=$2
  shift 2
  "$dealcast" forecast "$work/$deals" --accounts "$sample/accounts.csv" --quotas "$quotas" --period quarter \
    --no-backtest --as-of 2025-12-31 --as-of-ok --horizon 1 --by region "$@"
}

forecast deals.csv "$sample/quotas.csv" --format json --threads 1 >"$work/1" || exit 1
for n in 2 7; do
  forecast deals.csv "$sample/quotas.csv" --format json --threads $n >"$work/$n"
  cmp "$work/1" "$work/$n"
  report $? "the same bytes for 1 and $n threads"
done

forecast deals.csv "$sample/quotas.csv" --format csv --table forecast >"$work/a"
forecast turned.csv "$work/turned_quotas.csv" --format csv --table forecast >"$work/b"
cmp "$work/a" "$work/b"
report $? "the same table for rows in another order"

# Columns are counted without a locale: the continuation bytes of UTF-8 go first.
forecast deals.csv "$sample/quotas.csv" --by owner | LC_ALL=C tr -d '\200-\277' >"$work/screen"
awk 'length($0) > 100 { print; bad = 1 } END { exit bad }' "$work/screen"
report $? "the terminal view fits 100 columns"
grep -q '^Against quota' "$work/screen" && grep -q '^By owner: the largest 10 of' "$work/screen" &&
  grep -q 'others' "$work/screen"
report $? "the terminal view has quotas and scopes"
if grep -q -e 'column deal_id' -e 'column closed_date' "$work/screen"; then told=1; else told=0; fi
report $told "columns with a part of their own are not told as left out"

closing
