#!/bin/sh
# tests/reliability/data_sets.sh BUILD: public deals through every verb; in each output what was read is what was used,
# rejected, duplicate, after the day, excluded, blank and preamble, in rows and in amount.
set -u
. tests/report "$1"
. tests/reliability/balance
data=${DEALCAST_DATASETS:-}
if [ ! -d "$data" ]; then
  [ "${DEALCAST_REQUIRE_DATA:-}" = 1 ] && { echo "FAIL data is required, but \$DEALCAST_DATASETS is not there"; exit 1; }
  echo "skipped: \$DEALCAST_DATASETS is not set"
  echo "0 passed, 0 failed"
  exit 0
fi
cd "$work" || exit 1

through() { # name, arguments...
  name=$1
  shift
  for verb in forecast check; do
    more=
    [ $verb = forecast ] && more="--no-backtest $quotas"
    rm -f out.json rejects.csv
    "$dealcast" $verb "$@" $more --format json --rejects rejects.csv >out.json 2>messages
    code=$?
    [ $code -eq 0 ] || cat messages
    [ $code -eq 0 ] && balances
    report $? "$verb $name: rows and amounts balance"
    told=$(tr '{' '\n' <out.json | sed -n 's/^"name":.*"rejected":\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }')
    # A record may hold line ends, so that lines say little: the places do.
    kept=$(grep -c -E '^[^,"]*,[0-9]+,[0-9]*,' rejects.csv)
    [ "$told" -eq "$kept" ] || echo "$told rejected rows, $kept kept"
    [ "$told" -eq "$kept" ]
    report $? "$verb $name: every rejected row is kept"
  done
}

quotas=
first() { for file; do [ -f "$file" ] && { echo "$file"; return; }; done; }
cat >chip.ini <<'INI'
[stages]
won = Stage 4, Stage 9
lost = Stage 1, Stage 8
ignore = Stage 7
INI
maven=$(first "$data"/maven-crm/sales_pipeline.csv "$data"/maven-crm/*pipeline*.csv*)
through maven "$maven"
through maven-accounts "$maven" --accounts "$(first "$data"/maven-crm/accounts.csv "$data"/maven-crm/accounts*)"
through chip --history "$data"/chip-pipeline/opportunity_stage_transitions.csv.gz --config chip.ini
through salesforce "$(first "$data"/salesforce-demo/[Oo]pportunit*.csv*)"
quotas="--quotas $sample/quotas.csv"
through sample "$sample"/deals.csv --history "$sample"/history.csv.gz --accounts "$sample"/accounts.csv
closing
