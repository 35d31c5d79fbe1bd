#!/bin/sh
# Words and figures of `dealcast check` that a review mended: tests/verbs/check_review.sh BUILD
set -u
. tests/report "$1"
cat >"$work/deals.csv" <<END
Deal ID,Account,Owner,Stage,Amount,Created,Close Date,Currency
1,A,Ann,Closed Won,500,2025-01-01,2025-02-01,EUR
2,B,Ann,Closed Won,600,2025-01-02,2025-02-03,GBP
3,C,Bob,Closed Lost,700,2025-01-03,2025-02-05,USD
4,D,Bob,Prospecting,800,2025-01-04,2025-04-05,EUR
5,E,Bob,Prospecting,800,2025-01-05,2025-04-05,Euro
END
cat >"$work/history.csv" <<END
Deal ID,Changed At,Stage
4,2025-01-04,Prospecting
END
"$dealcast" check "$work/deals.csv" --history "$work/history.csv" --format ndjson --table defects >"$work/out" 2>/dev/null
report $? "a history beside deals of several currencies"
grep -q 'amounts in GBP (1), USD (1) among amounts in EUR' "$work/out"
report $? "every other currency is named, and Euro is EUR"
printf 'currency,rate\nUSD,0.9\nGBP,1.2\n' >"$work/rates.csv"
"$dealcast" check "$work/deals.csv" --currency EUR --rates "$work/rates.csv" --format ndjson >"$work/out" 2>/dev/null &&
  ! grep -q '"other currency"' "$work/out"
report $? "with rates for all, other currencies are no fault"
printf 'currency,rate\nUSD,0.9\nGBP,-1\n' >"$work/rates.csv"
"$dealcast" check "$work/deals.csv" --currency EUR --rates "$work/rates.csv" --format json 2>/dev/null |
  grep -q '"lacking":"rates.csv:3: a rate is a number above 0'
report $? "why there is no forecast has its file and line"
cat >"$work/won.csv" <<END
Deal ID,Owner,Region,Amount,Won Date,Created
1,Ann,North,5,2025-01-01,2024-12-01
1,Ann,North,5,2025-01-01,2024-12-01
2,Bob,North,6,2025-01-02,2024-12-02
3,Cyd,North,7,2025-01-03,2024-12-03
END
"$dealcast" check "$work/won.csv" --format json >"$work/out" 2>/dev/null
grep -q '"deals_won":3' "$work/out" && ! grep -q '"field":"stage","role":"stage"' "$work/out"
report $? "a copy is no further deal, and a day of winning needs no stage"
! grep -q '"defect":"leak".*"column":"Region"' "$work/out"
report $? "one value in all deals is no leak"
closing
