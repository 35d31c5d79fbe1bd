#!/bin/sh
# What is wrong with the public data sets is named by `dealcast check`, with the figures that awk counts:
# tests/verbs/check_real.sh BUILD
set -u
data=${DEALCAST_DATASETS:-}
if [ ! -r "$data/maven-crm/sales_pipeline.csv" ]; then
  if [ "${DEALCAST_REQUIRE_DATA:-}" = 1 ]; then
    echo "data is required, but \$DEALCAST_DATASETS/maven-crm is not there"
    echo "0 passed, 1 failed"
    exit 1
  fi
  echo "skipped: \$DEALCAST_DATASETS/maven-crm is not there"
  exit 0
fi
. tests/report "$1"

# The defects of a check as lines "defect|column|count|what" in $work/found.
audit() {
  "$dealcast" check "$@" --format ndjson --table defects 2>"$work/said" |
    sed -n 's/.*"defect":"\([^"]*\)","kind".*"column":\(null\|"[^"]*"\),"severity":[0-9]*,"count":\([0-9]*\),.*"what":"\(.*\)","fix".*/\1|\2|\3|\4/p' |
    tr -d '"' >"$work/found"
  [ -s "$work/found" ]
  report $? "$name is audited"
}

named() { # defect, column or "null", count or "", words of the description
  awk -F'|' -v defect="$1" -v column="$2" -v count="$3" -v words="${4:-}" '
    $1 == defect && $2 == column && (count == "" || $3 == count) && index($4, words) { found = 1 } END { exit !found }' \
    "$work/found"
  report $? "$name: $1${2:+ ($2)}${3:+, $3}"
}

rows_but_first() { case $1 in *.gz) gzip -cd "$1" ;; *) cat "$1" ;; esac | tail -n +2; }

# Days since the epoch of YYYY-MM-DD, for awk programs (Hinnant 2013).
days='function days(t,  y, m, d, e) { y = substr(t, 1, 4) + 0; m = substr(t, 6, 2) + 0; d = substr(t, 9, 2) + 0
  y -= m <= 2; e = int(y / 400); y -= 400 * e
  return 146097 * e + 365 * y + int(y / 4) - int(y / 100) + int((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + d - 1 - 719468 }'

name=maven-crm
file=$data/maven-crm/sales_pipeline.csv
audit "$file" --join "$data/maven-crm/products.csv:product"
named spelling product "$(rows_but_first "$file" | awk -F, '$3 == "GTXPro" { n++ } END { print n }')" '\GTXPro\ and \GTX Pro\'
named "account missing" account "$(rows_but_first "$file" | awk -F, '$4 == "" { n++ } END { print n }')"
named leak account "" "empty in open deals only: 1425 of 2089 open"
named leak close_value "" "0 in 2473 of 2473 lost deals"
named "amount missing" close_value "$(rows_but_first "$file" | awk -F, '$8 == "" { n++ } END { print n }')"
rows_but_first "$file" | awk -F, "$days"' $6 != "" && $7 != "" { print days($7) - days($6) }' | sort -n >"$work/durations"
longest=$(awk '{ d[NR] = $1 } END { i = NR * .995; i = i == int(i) ? i : int(i) + 1; print d[i] }' "$work/durations")
named "open too long" engage_date "$(rows_but_first "$file" | awk -F, -v longest="$longest" "$days"'
  $7 == "" && $6 != "" && days("2017-12-31") - days($6) > longest { n++ } END { print n }')"

name=salvirt-b2b
file=$data/salvirt-b2b/Salvirt_B2B_ML_dataset.csv
audit "$file"
named "exact duplicate" null "$(rows_but_first "$file" | tr -d '\r' | sort | uniq -c | awk '{ n += $1 - 1 } END { print n }')"
named "exact duplicate" null 83
for column in Purch_dept Budgt_alloc Competitors Growth Source; do
  count=$(tr -d '"\r' <"$file" | awk -F';' -v column=$column '
    NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) at = i; next } $at == "Unknown" { n++ } END { print n }')
  named "unknown, in words" $column "$count" "counts as a value of its own, not as missing"
done
named "no created or closing date" null 448

name=ibm-win-loss
file=$data/ibm-win-loss/sales_win_loss.csv.gz
audit "$file"
surplus=$(rows_but_first "$file" | awk -F, 'seen[$1]++ { n++ } END { print n }')
copies=$(awk -F'|' '$1 == "exact duplicate" { print $3 }' "$work/found")
named "same id, other values" "Opportunity Number" "" ": $((surplus - copies)) rows too many"
[ "$surplus" -eq 196 ]
report $? "$name: 196 surplus ids, of which $copies are exact copies"
named "mislabelled ranges" "Deal Size Category (USD)" ""
for column in "Elapsed Days In Sales Stage" "Sales Stage Change Count" "Total Days Identified Through Closing" \
  "Total Days Identified Through Qualified" "Ratio Days Identified To Total Days" \
  "Ratio Days Validated To Total Days" "Ratio Days Qualified To Total Days"; do
  named "suspect leak" "$column" ""
done
named "no created or closing date" null ""

name=olist-funnel
leads=$data/olist-funnel/olist_marketing_qualified_leads_dataset.csv
deals=$data/olist-funnel/olist_closed_deals_dataset.csv
audit "$leads" --join "$deals:mql_id"
negative=$(awk -F, 'NR == FNR { first[$1] = $2; next } FNR > 1 && substr($5, 1, 10) < first[$1] { n++ } END { print n }' \
  "$leads" "$deals")
named "closed before created" first_contact_date "$negative"
[ "$negative" -eq 1 ]
report $? "$name: one negative duration"
audit "$deals"
named "missing values" business_segment "$(rows_but_first "$deals" | awk -F, '$6 == "" { n++ } END { print n }')"

name=xeducation-leads
audit "$data/xeducation-leads/Lead_Scoring_338_wholly_quoted_rows.csv"
named "wholly quoted rows" null 338
selects=$(awk -F'|' '$1 == "word for no value" && index($4, "Select") { n += $3 } END { print n }' "$work/found")
counted=$(awk '{ n += gsub(/,Select/, "") } END { print n }' "$data/xeducation-leads/Leads.csv")
[ "$selects" = "$counted" ]
report $? "$name: Select stands for no value $selects times, counted $counted"
for column in Magazine "Receive More Updates About Our Courses" "Update me on Supply Chain Content" \
  "Get updates on DM Content" "I agree to pay the amount through cheque"; do
  named "constant column" "$column" 9240
done
for column in Tags "Lead Quality" "Last Notable Activity" "Asymmetrique Activity Index" "Asymmetrique Profile Index" \
  "Asymmetrique Activity Score" "Asymmetrique Profile Score"; do
  named "suspect leak" "$column" ""
done

name=bank-marketing
file=$data/bank-marketing/bank-additional-full.csv.gz
audit "$file" --map outcome=y
named "number for no value" pdays "$(rows_but_first "$file" | awk -F';' '$13 == 999 { n++ } END { print n }')" "999 is a code"
named "suspect leak" duration "" "too well to be known before"
named "unknown, in words" default "$(rows_but_first "$file" | awk -F';' '$5 == "\"unknown\"" { n++ } END { print n }')"

name=online-retail
file=$data/online-retail/online_retail.csv.gz
audit "$file"
rows_but_first "$file" >"$work/retail"
named "account missing" CustomerID "$(awk -F, '$(NF - 1) == "" { n++ } END { print n }' "$work/retail")"
named "account missing" CustomerID 135080
named "marked numbers" InvoiceNo "$(grep -c '^"*C' "$work/retail")" "like a return or credit: Quantity is below 0 in 9288"
named "exact duplicate" null "$(sort "$work/retail" | uniq -c | awk '{ n += $1 - 1 } END { print n }')"
named "exact duplicate" null 5268
named "money of 0" UnitPrice "$(awk -F, '$(NF - 2) + 0 == 0 { n++ } END { print n }' "$work/retail")"

name=chip-pipeline
file=$data/chip-pipeline/opportunity_stage_transitions.csv.gz
audit --history "$file"
rows_but_first "$file" >"$work/chip"
named "impossible date" "Decision Date" "$(awk -F, 'substr($9, 1, 4) > 2100 { n++ } END { print n }' "$work/chip")" 2215
named "missing values" "Risk Status" "$(awk -F, '$7 == "NA" { n++ } END { print n }' "$work/chip")"
named "stage repeated" null "$(awk -F, '$2 == $4 { n++ } END { print n }' "$work/chip")"
named "unknown stage" "Transition To Stage" ""
named "no amount" null ""

name=salesforce-demo
audit "$data/salesforce-demo/Opportunity.csv" --history "$data/salesforce-demo/OpportunityHistory.csv"
named "word for no value" CampaignId 31 000000000000000AAA
"$dealcast" check "$data/salesforce-demo/Opportunity.csv" --format csv --table columns 2>/dev/null |
  grep -q 'CloseDate.*for open deals it is the expected close'
report $? "$name: CloseDate is both the expected and the actual date"
closing
