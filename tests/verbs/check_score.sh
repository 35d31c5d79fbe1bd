#!/bin/sh
# The score as its formula says, recomputed from the table of fields; and the data held against an INI file:
# tests/verbs/check_score.sh BUILD
set -u
. tests/report "$1"
"$generate" --deals 3000 --seed 5 --dirt --truth-paths 0 --no-history --out-dir "$work/made" >/dev/null 2>&1 || exit 1
deals=$work/made/deals.csv

# sum(weight x completeness x accuracy) / sum(weight), over fields of which something should be filled.
recomputed() {
  "$dealcast" check "$@" --format ndjson --table score 2>/dev/null | sed 's/[{}"]//g' | awk -F, '
    { for (i = 1; i <= NF; i++) { at = index($i, ":"); v[substr($i, 1, at - 1)] = substr($i, at + 1) }
      if (v["should"] + 0 == 0 || v["weight"] + 0 == 0) next
      filled = v["filled"] / v["should"]; if (filled > 1) filled = 1
      right = v["filled"] > 0 ? 1 - v["wrong"] / v["filled"] : 1
      if (100 * filled * right - v["score"] > 1e-9 || v["score"] - 100 * filled * right > 1e-9) exit 1
      all += v["weight"]; sum += v["weight"] * filled * right }
    END { if (all > 0) printf "%.9f\n", 100 * sum / all }'
}
told() { "$dealcast" check "$@" --format json 2>/dev/null | sed -n 's/^"score":\([0-9.]*\),*$/\1/p' | awk '{ printf "%.9f\n", $1 }'; }

a=$(recomputed "$deals")
b=$(told "$deals")
[ -n "$a" ] && [ "$a" = "$b" ]
report $? "the score of a dirty export, $b, is what its fields give, $a"
a=$(recomputed "$sample/deals.csv" --history "$sample/history.csv.gz")
b=$(told "$sample/deals.csv" --history "$sample/history.csv.gz")
[ -n "$a" ] && [ "$a" = "$b" ]
report $? "the score of the sample with its history, $b, is what its fields give, $a"
a=$(recomputed --history "$sample/history.csv.gz")
b=$(told --history "$sample/history.csv.gz")
[ -n "$a" ] && [ "$a" = "$b" ]
report $? "the score of a history alone, $b, is what its fields give, $a"
[ "$(told "$sample/deals.csv" --config datasets/dealcast.ini)" = "$(told "$sample/deals.csv")" ]
report $? "the documented INI file holds the default weights"

# One owner alone scores as the whole does, where every column has a role.
awk -F, 'BEGIN { OFS = "," } /"/ { next } NR > 1 { $3 = "Ann" } { print $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 }' \
  "$sample/deals.csv" >"$work/one.csv"
whole=$(told "$work/one.csv")
one=$("$dealcast" check "$work/one.csv" --format ndjson --table owners | sed -n 's/.*"score":\([0-9.]*\).*/\1/p' | awk '{ printf "%.9f\n", $1 }')
[ "$whole" = "$one" ]
report $? "the only owner's score, $one, is the whole's, $whole"
"$dealcast" check "$sample/deals.csv" | grep -q 'score = 100 x sum(weight x completeness x accuracy)'
report $? "the terminal shows the formula"

# A weight of 0 leaves a field out; the score then is the mean of the others.
printf '[weights]\nexpected_close = 0\ncreated = 0\nother = 0\nrows = 0\n' >"$work/weights.ini"
[ "$(told "$work/one.csv" --config "$work/weights.ini")" = 100.000000000 ]
report $? "fields without weight do not count"

# Standards: what is required from a stage on, what is allowed, the order of stages, the currency.
cat >"$work/deals.csv" <<END
Deal ID,Stage,Region,Amount,Created,Closed,Currency,Contract
1,Prospecting,North,,2025-01-10,,EUR,
2,Proposal,north,,2025-01-11,,EUR,
3,Proposal,South,300,2025-01-12,,EUR,C3
4,Negotiation,South,,2025-01-13,,USD,
5,Pondering,Mars,500,2025-01-14,,EUR,
6,Won,South,600,2025-01-15,2025-02-01,EUR,
7,Lost,South,700,2025-01-16,2025-02-02,EUR,
END
cat >"$work/standard.ini" <<END
[stages]
order = Prospecting, Proposal, Negotiation, Won
[required]
Proposal = amount, contract
[allowed]
region = North, South
[currency]
code = EUR
END
"$dealcast" check "$work/deals.csv" --config "$work/standard.ini" --format ndjson --table defects 2>/dev/null |
  sed -n 's/.*"defect":"\([^"]*\)","kind":"standard".*"column":\("[^"]*"\|null\),.*"count":\([0-9]*\),"of":\([0-9]*\),.*/\1|\2|\3|\4/p' |
  tr -d '"' | LC_ALL=C sort >"$work/found"
cat >"$work/wanted" <<END
other currency|Currency|1|7
required field missing|Amount|2|7
required field missing|Contract|3|7
stage not in order|Stage|1|5
value not allowed|Region|2|7
END
diff "$work/wanted" "$work/found"
report $? "standards: required fields, allowed values, order of stages, currency"
"$dealcast" check "$work/deals.csv" --config "$work/standard.ini" --fixes "$work/fixes.csv" >/dev/null 2>&1
grep -q '^2,,,Region,north,.*value not allowed.*,North,' "$work/fixes.csv"
report $? "standards: the nearest allowed value is proposed"
closing
