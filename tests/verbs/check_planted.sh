#!/bin/sh
# Defects planted by number are found by number, and nothing else is; the tables depend neither on threads nor on the order
# of rows: tests/verbs/check_planted.sh BUILD
set -u
. tests/report "$1"
awk=tests/verbs/check_planted.awk
"$generate" --deals 4000 --seed 7 --truth-paths 0 --no-history --out-dir "$work/made" >/dev/null 2>&1 || exit 1
awk -f $awk "$work/made/deals.csv" >"$work/clean.csv" || exit 1
awk -v plant=1 -v plan="$work/plan" -f $awk "$work/made/deals.csv" >"$work/planted.csv" || exit 1

check() { # file, options...
  file=$1
  shift
  "$dealcast" check "$work/$file" --as-of 2025-12-31 "$@" 2>/dev/null
}

# Rules that units break, as "defect|role|count"; findings about columns and notes are another test's.
broken() {
  check "$1" --format ndjson --table defects |
    sed -n 's/.*"defect":"\([^"]*\)","kind":"\([a-z]*\)".*"field":\("[a-z_]*"\|null\).*"count":\([0-9]*\),.*/\1|\2|\3|\4/p' |
    awk -F'|' '$1 != "missing values" && $2 != "column" && $2 != "needed" && $2 != "note" { gsub(/"|null/, "", $3); print $1 "|" $3 "|" $4 }' |
    LC_ALL=C sort
}

broken clean.csv >"$work/none"
[ ! -s "$work/none" ]
report $? "nothing is found in a clean file"
LC_ALL=C sort "$work/plan" >"$work/wanted"
broken planted.csv >"$work/found"
diff "$work/wanted" "$work/found"
report $? "$(grep -c . "$work/plan") rules find what was planted, to the number, and nothing else"

check planted.csv | LC_ALL=C tr -d '\200-\277' | awk 'length($0) > 80 { print; bad = 1 } END { exit bad || NR < 60 }'
report $? "the terminal view fits 80 columns"

# A joined table is how names should be spelt, and what it lacks is told.
printf 'product,price\nAnvil S.,1\nBeacon,2\n' >"$work/products.csv"
check clean.csv --join "$work/products.csv:product" --format ndjson --table defects >"$work/joined"
few=$(awk -F, '$5 == "Anvil S" { n++ } END { print n }' "$work/clean.csv")
rest=$(awk -F, 'NR > 1 && $5 != "Anvil S" && $5 != "Beacon" { n++ } END { print n }' "$work/clean.csv")
grep '"defect":"spelling"' "$work/joined" | grep -q "\"count\":$few,.*so it stands in products.csv" &&
  grep '"defect":"not in the joined table"' "$work/joined" | grep -q "\"count\":$rest,"
report $? "a joined table's spelling is proposed ($few deals), names that it lacks are told ($rest)"

# Line numbers aside, the tables are the same.
for table in score defects owners stages variants duplicates; do
  check planted.csv --format csv --table $table --threads 1 >"$work/1"
  for n in 2 7; do
    check planted.csv --format csv --table $table --threads $n >"$work/$n"
    cmp "$work/1" "$work/$n"
    report $? "$table: the same bytes for 1 and $n threads"
  done
done
(head -n 1 "$work/planted.csv" && tail -n +2 "$work/planted.csv" | LC_ALL=C sort -r) >"$work/turned.csv"
for table in score defects owners stages variants; do
  for file in planted turned; do
    check $file.csv --format ndjson --table $table |
      sed -e 's/"file":"[^"]*","line":[0-9]*/"place"/' -e 's/first is \\"[^"]*"/first is/' >"$work/$file.$table"
  done
  cmp "$work/planted.$table" "$work/turned.$table"
  report $? "$table: the same for rows in another order"
done

# --fixes: a line for each deal and field, the most money first, for nobody else to read.
check planted.csv --fixes "$work/fixes.csv" >/dev/null
report $? "--fixes is written"
[ "$(ls -l "$work/fixes.csv" | cut -c1-10)" = "-rw-------" ]
report $? "--fixes is readable by its owner only"
"$dealcast" check "$work/fixes.csv" --format csv --table rejects | tail -n +2 >"$work/rejected" 2>/dev/null
[ ! -s "$work/rejected" ]
report $? "--fixes is a clean CSV file"
awk -F, 'NR > 1 { n[$1 "," $4]++ } END { for (k in n) if (n[k] > 1 && k !~ /^,/ && k !~ /,$/) { print k, n[k]; bad = 1 } exit bad }' \
  "$work/fixes.csv"
report $? "--fixes has one line for each deal and field"
awk -F, '$4 == "owner" { n++ } END { exit n != 14 }' "$work/fixes.csv"
report $? "--fixes lists the 4 missing and 10 misspelt owners"
awk -F, '$4 == "owner" && $6 == "spelling" { n++; if (toupper($7) != toupper($5) || $7 == $5) bad = 1 } END { exit bad || n != 10 }' "$work/fixes.csv"
report $? "--fixes proposes the usual spelling"
awk -F, 'NR > 1 && !/"/ { m = $8 < 0 ? -$8 : $8; v = m * $9; if (n++ && v > last + 1e-6) bad = 1; last = v } END { exit bad || n < 100 }' "$work/fixes.csv"
report $? "--fixes is in order of money x severity"

# Names are hidden where that is asked for; people outside are never shown, be their mails spelt in two ways.
awk -F, 'BEGIN { OFS = "," } NR == 1 { print $0, "Contact Email"; next } { print $0, (NR % 2 ? "Jo.Doe@x.org" : "jo.doe@x.org") }' \
  "$work/planted.csv" >"$work/people.csv"
check people.csv --hide-names --format json --fixes "$work/hidden.csv" >"$work/hidden.json"
awk -F, 'NR > 1 && $4 != "" { print tolower($4) } NR > 1 && $3 != "" { print tolower($3) }' "$work/people.csv" | sort -u >"$work/names"
tr 'A-Z' 'a-z' <"$work/hidden.json" >"$work/lower"
tr 'A-Z' 'a-z' <"$work/hidden.csv" >>"$work/lower"
[ -s "$work/names" ] && ! grep -F -f "$work/names" "$work/lower" >/dev/null
report $? "--hide-names hides $(grep -c . "$work/names") names"
check people.csv --format json --fixes "$work/shown.csv" >"$work/shown.json"
! cat "$work/shown.json" "$work/shown.csv" | grep -i 'jo.doe' >/dev/null
report $? "mails of contacts are not shown"

# The gate.
score=$(check planted.csv --format json | sed -n 's/^"score":\([0-9]*\).*/\1/p')
check planted.csv --min-score "$score" >/dev/null
report $? "--min-score $score, the score itself, is reached"
"$dealcast" check "$work/planted.csv" --as-of 2025-12-31 --min-score $((score + 1)) >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && grep -q "the score is $score, below --min-score $((score + 1))" "$work/err" && [ -s "$work/out" ]
report $? "--min-score $((score + 1)) is not: exit 1, a message, and the output all the same"
closing
