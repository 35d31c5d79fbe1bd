#!/bin/sh
# Public data as their owners exported them, with no mapping option: tests/forecast/real.sh BUILD. Needs $DEALCAST_DATASETS.
set -u
. tests/report "$1"
data=${DEALCAST_DATASETS:-}
if [ ! -d "$data/maven-crm" ]; then
  if [ "${DEALCAST_REQUIRE_DATA:-}" = 1 ]; then
    report 1 "\$DEALCAST_DATASETS/maven-crm is missing"
  else
    echo "skipped: \$DEALCAST_DATASETS not set"
  fi
  closing
fi

# run NAME OPTIONS...: tables as CSV files, run.json, in $work/NAME
run() {
  name=$1
  shift
  "$dealcast" forecast "$@" --out-dir "$work/$name" >"$work/$name.out" 2>&1
  report $? "$name runs"
  for table in columns rejects deals forecast; do
    "$dealcast" forecast "$@" --no-backtest --format csv --table $table >"$work/$name.$table.csv" 2>/dev/null
  done
}
counted() { grep -q "\"deals_open\": *$2,.*\"deals_won\": *$3,.*\"deals_lost\": *$4," "$work/$1.flat"; report $? "$1: $2 open, $3 won, $4 lost"; }
flat() { tr -d '\n' <"$work/$1/run.json" >"$work/$1.flat"; }
warned() { grep -q "$2" "$work/$1.flat"; report $? "$1 says: $2"; }
line() { grep -q "$3" "$work/$1.$2.csv"; report $? "$1: $2 has $3"; }

maven=$data/maven-crm
run maven "$maven/sales_pipeline.csv" --accounts "$maven/accounts.csv"
flat maven
counted maven 2089 4238 2473
line maven columns '^sales_pipeline.csv,account,account,category,,1425,dropped,'
line maven columns '^sales_pipeline.csv,close_value,amount,number,.*,dropped,'
# The 500 prospects have no date: open at the end, absent on a past day.
run maven_past "$maven/sales_pipeline.csv" --accounts "$maven/accounts.csv" --as-of 2017-09-30
flat maven_past
counted maven_past 2409 3042 1684
report "$(awk -F, '$4 == "Prospecting" { n++ } END { print (n != 500) }' "$work/maven.deals.csv")" "maven: 500 prospects are open at the end"
report "$(awk -F, '$5 == "" { n++ } END { print (n > 0) }' "$work/maven_past.deals.csv")" "maven_past: no deal without a date"

cat >"$work/chip.ini" <<'INI'
[stages]
won = Stage 4, Stage 9
lost = Stage 1, Stage 8
ignore = Stage 7
[outcome]
booked_at = first
INI
chip=$data/chip-pipeline/opportunity_stage_transitions.csv.gz
run chip --history "$chip" --config "$work/chip.ini" --as-of 2016-04-30
flat chip
line chip rejects '^opportunity_stage_transitions.csv.gz,impossible date,cell,Decision Date,2,'
line chip forecast '^2016-05-01,2016-05-31,all,,count,total,'
grep -q ',amount,' "$work/chip.forecast.csv"
report $((! $?)) "chip: counts and no amounts"
# "NA" is missing, not a word; wins by the first entry of stage 4 or 9, counted from the file itself.
grep -q '"NA"' "$work/chip/deals.json"
report $((! $?)) "chip: NA is missing"
wins=$(gzip -dc "$chip" | awk -F, 'NR > 1 && ($2 == "Stage 4" || $2 == "Stage 9") { day = substr($3, 1, 10)
  if (!($1 in first) || day < first[$1]) first[$1] = day } END { for (k in first) n += first[k] <= "2016-04-30"; print n }')
grep -q "\"deals_won\": *$wins," "$work/chip.flat"
report $? "chip: $wins deals had entered a won stage"

force=$data/salesforce-demo
run salesforce "$force/Opportunity.csv" --history "$force/OpportunityHistory.csv" --accounts "$force/Account.csv"
flat salesforce
counted salesforce 13 18 0
line salesforce rejects ',close before created,cell,CreatedDate,18,'
closing
