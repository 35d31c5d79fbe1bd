#!/bin/sh
# Every export of crm-headers/crm_headers.csv, rebuilt as a small file in its own quirks and read without an option: each column's
# role and the outcomes; then with its columns shuffled and its names spelt otherwise. tests/deals/exports.sh BUILD. Needs
# $DEALCAST_DATASETS; nothing of the list is kept here.
set -u
. tests/report "$1"
list=${DEALCAST_DATASETS:-}/crm-headers/crm_headers.csv
if [ ! -f "$list" ]; then
  if [ "${DEALCAST_REQUIRE_DATA:-}" = 1 ]; then
    report 1 "\$DEALCAST_DATASETS/crm-headers is missing"
  else
    echo "skipped: \$DEALCAST_DATASETS not set"
  fi
  closing
fi

# check FOLDER NN FILE NAME: reads FILE (beside NN.expect, with NN.history.csv), says what is not as expected
check() {
  expect=$1/$2.expect
  set -- "$1" "$2" "$3" "$4" "$expect"
  history=
  [ -f "$1/$2.history.csv" ] && history="--history $1/$2.history.csv"
  # shellcheck disable=SC2086
  if ! "$dealcast" forecast "$3" $history --no-backtest --table columns --format csv >"$work/columns" 2>"$work/messages" ||
    ! "$dealcast" forecast "$3" $history --no-backtest --format json >"$work/json" 2>>"$work/messages"; then
    report 1 "$4: $(grep '^title' "$5" | cut -f2): $(head -1 "$work/messages")"
    return
  fi
  tr -d '\n' <"$work/json" | sed 's/.*"deals_open": *\([0-9]*\),.*"deals_won": *\([0-9]*\),.*"deals_lost": *\([0-9]*\),.*/\1 \2 \3/' >"$work/counts"
  awk -v columns="$work/columns" -v counts="$work/counts" -v form="$4" -f tests/deals/exports_check.awk "$5" >"$work/found"
  report $? "$4: $(head -1 "$work/found")"
  sed 1d "$work/found"
  demanded=$((demanded + $(awk '/^title/ { print $1 }' "$work/found" | wc -l)))
  right=$((right + $(sed -n 's/.*: \([0-9]*\) of [0-9]* roles.*/\1/p' "$work/found")))
  roles=$((roles + $(sed -n 's/.*: [0-9]* of \([0-9]*\) roles.*/\1/p' "$work/found")))
  files=$((files + 1))
}

files=0 right=0 roles=0 demanded=0
for form in plain shuffled upper underscores prefixed; do
  mkdir "$work/$form"
  made=$(awk -v out="$work/$form" -v form=$form -v footers=0 -v serial=0 -v clock=24 -f tests/deals/exports.awk tests/deals/exports.roles "$list")
  report $((made == 0)) "$form: $made exports rebuilt"
  for expect in "$work/$form"/*.expect; do
    number=$(basename "$expect" .expect)
    check "$work/$form" "$number" "$work/$form/$number.csv" $form
  done
done
echo "exports read: $files, roles right: $right of $roles"
closing
