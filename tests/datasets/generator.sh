#!/bin/sh
# Checks what the data generator promises: sh generator.sh path/to/dealcast-generate, or the build folder with it.
# One line per check, then "N passed, N failed"; non-zero exit when one fails. POSIX sh and awk only.

generator=${1:?usage: generator.sh path/to/dealcast-generate}
[ -d "$generator" ] && generator=$generator/dealcast-generate
[ -x "$generator" ] || { echo "not ok - no generator at $generator"; exit 1; }
work=$(mktemp -d) || exit 5
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

report() { # status, name
    if [ "$1" -eq 0 ]; then
        echo "ok - $2"
        passed=$((passed + 1))
    else
        echo "not ok - $2"
        failed=$((failed + 1))
    fi
}

generate() { # folder, options...
    folder=$1
    shift
    "$generator" --out-dir "$work/$folder" "$@"
}

same() { # the files of two folders are equal
    for file in deals history accounts orders quotas; do
        cmp -s "$work/$1/$file.csv" "$work/$2/$file.csv" || return 1
    done
    cmp -s "$work/$1/truth.json" "$work/$2/truth.json"
}

# A CSV record a line, cells separated by \001: quoted commas, doubled quotes and line breaks are dealt with here once.
records() {
    awk '{
        text = (open_quote ? text "\\n" : "") $0
        line = text
        open_quote = gsub(/"/, "", line) % 2
        if (open_quote) next
        record = ""; inside = 0
        n = length(text)
        if (index(text, "\"") == 0) { record = text; gsub(/,/, "\001", record) }
        else for (i = 1; i <= n; i++) {
            c = substr(text, i, 1)
            if (c == "\"" && inside && substr(text, i + 1, 1) == "\"") { record = record c; i++ }
            else if (c == "\"") inside = !inside
            else record = record (c == "," && !inside ? "\001" : c)
        }
        print record; text = ""
    }' "$1"
}

generate a --deals 2000 --seed 11 --truth-paths 100
report $? "2,000 deals are made"
generate b --deals 2000 --seed 11 --truth-paths 100
same a b
report $? "the same seed gives the same bytes"
generate c --deals 2000 --seed 12 --truth-paths 100
cmp -s "$work/a/deals.csv" "$work/c/deals.csv"
[ $? -eq 1 ]
report $? "another seed gives other deals"
generate d --deals 2000 --seed 11 --truth-paths 100 --no-history
cmp -s "$work/a/deals.csv" "$work/d/deals.csv" && [ ! -e "$work/d/history.csv" ]
report $? "without history the deals are the same and no history is written"

records "$work/a/deals.csv" >"$work/deals"
records "$work/a/history.csv" >"$work/history"

awk -F'\001' 'NR > 1 { n++ } NF != 13 { bad = 1 } END { exit bad || n != 2000 }' "$work/deals"
report $? "exactly 2,000 rows of 13 columns"
awk -F'\001' 'NR > 1 && (seen[$1]++ || $1 !~ /^D[0-9]+$/) { bad = 1 } END { exit bad }' "$work/deals"
report $? "deal ids are unique"
awk -F'\001' 'function day(s) { return s ~ /^[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]$/ }
    NR > 1 {
        closed = $7 == "Closed Won" || $7 == "Closed Lost"
        if (!day($9) || !day($10) || $9 < "2023-01-01" || $9 > "2025-12-31") bad = 1
        if (closed != ($11 != "")) bad = 1
        if (closed && (!day($11) || $11 < $9 || $11 > "2025-12-31")) bad = 1
        if ($8 + 0 <= 0) bad = 1
    } END { exit bad }' "$work/deals"
report $? "created <= closed <= as-of, closed date just when closed, amounts positive"
awk -F'\001' 'NR > 1 { n++; won += $7 == "Closed Won"; lost += $7 == "Closed Lost" }
    END { open = 1 - (won + lost) / n; rate = won / (won + lost); exit !(open > 0.08 && open < 0.17 && rate > 0.3 && rate < 0.44) }' \
    "$work/deals"
report $? "8 to 17 % open, 30 to 44 % of the closed won"
awk 'NR > 1 { bytes += length($0) + 1; n++ } END { exit !(bytes / n > 80 && bytes / n < 130) }' "$work/a/deals.csv"
report $? "a row of deals.csv has about 100 bytes"

awk -F'\001' '
    FNR == 1 { file++; next }
    file == 1 { stage[$1] = $7; amount[$1] = $8; expected[$1] = $10; owner[$1] = $3; created[$1] = $9; closed[$1] = $11; next }
    {
        if (NF != 6 || !($1 in stage)) bad = 1
        if (!($1 in last)) { if (substr($2, 1, 10) != created[$1]) bad = 1 }
        else if ($2 <= last[$1] || s[$1] ~ /^Closed/) bad = 1
        if (substr($2, 1, 10) > "2025-12-31") bad = 1
        last[$1] = $2; s[$1] = $3; a[$1] = $4; e[$1] = $5; o[$1] = $6
    }
    END {
        for (id in stage) {
            if (s[id] != stage[id] || a[id] != amount[id] || e[id] != expected[id] || o[id] != owner[id]) bad = 1
            if (closed[id] != "" && substr(last[id], 1, 10) != closed[id]) bad = 1
        }
        exit bad
    }' "$work/deals" "$work/history"
report $? "history starts at creation, moves forward in time, ends as deals.csv says"
awk -F'\001' 'FNR == 1 { file++; next } file == 1 { known[$1] = 1; next } !($2 in known) { bad = 1 } END { exit bad }' \
    "$(records "$work/a/accounts.csv" >"$work/accounts"; echo "$work/accounts")" "$work/deals"
report $? "every account of the deals is in accounts.csv"
awk -F'\001' 'NR > 1 && seen[$1]++ { bad = 1 } END { exit bad || NR != 251 }' "$work/accounts"
report $? "250 accounts, no name twice"

# An open deal is one line of truth.json.
awk -F'\001' 'NR > 1 && $11 == "" { print $1 }' "$work/deals" | sort >"$work/open"
awk -F'"' '/^\{"deal_id"/ { print $4 }' "$work/a/truth.json" | sort | cmp -s - "$work/open"
report $? "truth.json lists the open deals, each once"
awk '/^\{"deal_id"/ {
        n++
        gsub(/"[a-z_]*":/, " "); gsub(/[][{},"]/, " ")
        # id p_win 3 months 4 quarters won close_date final_amount
        for (i = 2; i <= 9; i++) if ($i !~ /^[0-9.]+$/ || $i < 0 || $i > 1) bad = 1
        if ($3 + $4 + $5 > $2 + 0.0004 || $6 + $7 + $8 + $9 > $2 + 0.0004) bad = 1
        p += $2; won += $10 == "true"
        if ($10 == "true" && ($11 == "null" || $12 == "null")) bad = 1
    } END { exit bad || n == 0 || (p - won) * (p - won) > 9 * p }' "$work/a/truth.json"
report $? "probabilities are in [0, 1], periods within the whole, wins as many as expected"
awk '/^\{"period_start"/ {
        n++
        if (match($0, /"p05":[0-9]+/)) low = substr($0, RSTART + 6, RLENGTH - 6)
        if (match($0, /"p95":[0-9]+/)) high = substr($0, RSTART + 6, RLENGTH - 6)
        if (!(low + 0 > 0 && low + 0 < high + 0)) bad = 1
    } END { exit bad || n != 10 }' "$work/a/truth.json"
report $? "bookings of four quarters and six months have quantiles in order"
awk 'function number(key) { return match($0, "\"" key "\":[0-9.]+") ? substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) + 0 : -1 }
    /^\{"deal_id"/ { match($0, /"p_win_quarter":\[[0-9.]+/); wins += substr($0, RSTART + 17, RLENGTH - 17) }
    /^\{"period_start"/ {
        if (!quarter++) { gap = number("mean_count_from_open") - wins; if (gap < -0.1 || gap > 0.1) bad = 1 }
        if (number("mean_from_open") < 0 || number("mean_from_open") > number("mean")) bad = 1
        if (number("mean_count_from_open") < 0 || number("mean_count_from_open") > number("mean_count")) bad = 1
        if (number("mean_created") <= 0) bad = 1
    } END { exit bad || !quarter }' "$work/a/truth.json"
report $? "means of open deals are part of the whole, their wins the sum of the probabilities"

generate e --deals 2000 --seed 11 --truth-paths 100 --dirt
cmp -s "$work/a/truth.json" "$work/e/truth.json" && ! cmp -s "$work/a/deals.csv" "$work/e/deals.csv" &&
    [ "$(tail -n 1 "$work/e/deals.csv")" = "Total deals: 2000" ]
report $? "dirt changes the deals file, not the truth, and adds a footer"
awk 'NR == FNR { clean[$0] = 1; next } { n++; if (!($0 in clean)) dirty++ } END { exit !(dirty / n > 0.02 && dirty / n < 0.10) }' \
    "$work/a/deals.csv" "$work/e/deals.csv"
report $? "2 to 10 % of the rows are dirty"

generate f --deals 999 --seed 1 2>/dev/null
[ $? -eq 2 ] && { "$generator" --nonsense 2>/dev/null; [ $? -eq 2 ]; } && "$generator" --help | grep -q -- --truth-paths
report $? "bad options exit with 2, --help helps"

# The realised future must be one more draw of the paths' mechanism: over seeds it falls inside their 80 % interval as often
# as it should, and deals are won as often as their probabilities say, in each third of them.
seed=1
: >"$work/futures"
: >"$work/passages"
while [ "$seed" -le 40 ]; do
    generate h --deals 1000 --seed "$seed" --truth-paths 60 --no-history || break
    cat "$work/h/truth.json" >>"$work/futures"
    { awk -F'"' '/^\{"deal_id"/ && /"won":true,"close_date":"2026-0[123]/ { print "won\001" $4 }' "$work/h/truth.json"
      records "$work/h/deals.csv"; } >>"$work/passages"
    seed=$((seed + 1))
done
awk '/^"bookings_quarter"/ { quarters = 1 } /^"bookings_month"/ { quarters = 0 }
    function number(key) { return match($0, "\"" key "\":[0-9]+") ? substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) + 0 : -1 }
    quarters && /^\{"period_start"/ { n++; inside += number("realised") >= number("p10") && number("realised") <= number("p90") }
    END { exit !(n == 160 && inside / n >= 0.70 && inside / n <= 0.90) }' "$work/futures"
report $? "80 % intervals of 160 quarters hold the realised bookings 70 to 90 % of the time"
awk '/^\{"deal_id"/ {
        match($0, /"p_win":[0-9.]+/); p = substr($0, RSTART + 8, RLENGTH - 8) + 0
        third = p == 0 ? 0 : p < 0.35 ? 1 : p < 0.55 ? 2 : 3
        n[third]++; mean[third] += p; spread[third] += p * (1 - p); won[third] += index($0, "\"won\":true") > 0
    } END {
        for (k = 1; k <= 3; k++) if ((won[k] - mean[k]) ^ 2 > 9 * spread[k] || n[k] < 300) bad = 1
        exit bad || won[0] > 0.02 * n[0]
    }' "$work/futures"
report $? "open deals are won as often as their probabilities say"

# The past and the future run by the same law: of the deals of a year that are open at its end, as many are won in the
# next quarter when that quarter is past (2025) as when it is to come (2026). Both laws wrong alike would pass all else.
awk -F'\001' '
    $1 == "won" { future_win[$2] = 1; next }
    $1 == "deal_id" { next }
    $9 > "2023-12-31" && $9 <= "2024-12-31" && ($11 == "" || $11 > "2024-12-31") {
        before++; before_won += $7 == "Closed Won" && $11 <= "2025-03-31"
    }
    $9 > "2024-12-31" && $11 == "" { after++; after_won += $1 in future_win }
    { delete future_win[$1] }
    END { gap = after_won / after - before_won / before; exit !(after > 3000 && gap > -0.035 && gap < 0.035) }' "$work/passages"
report $? "open deals are won in the next quarter as often in the past as in the future"

if [ -c /dev/full ]; then
    mkdir "$work/g" && ln -s /dev/full "$work/g/orders.csv"
    generate g --deals 1000 --seed 1 2>/dev/null
    [ $? -eq 5 ]
    report $? "a full disk exits with 5"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
