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

# What the quirks need beside the names: footers below a report, days as Excel's serials, 12-hour clocks, other encodings.
footers=1 clock=12 twins="GBK UTF-16LE UTF-16BE" forms="plain shuffled upper underscores prefixed serials"

# check FOLDER NN NAME: reads NN.csv (with NN.history.csv), says what is not as in NN.expect
check() {
  set -- "$1" "$2" "$1/$2.csv" "$3" "$1/$2.expect"
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
  right=$((right + $(sed -n 's/.*: \([0-9]*\) of [0-9]* roles.*/\1/p' "$work/found")))
  roles=$((roles + $(sed -n 's/.*: [0-9]* of \([0-9]*\) roles.*/\1/p' "$work/found")))
  files=$((files + 1))
}

files=0 right=0 roles=0
for form in $forms; do
  mkdir "$work/$form"
  made=$(awk -v out="$work/$form" -v form=$form -v footers=$footers -v serial="$([ $form = serials ] && echo 1)" -v clock=$clock -f tests/deals/exports.awk tests/deals/exports.roles "$list")
  report $((made == 0)) "$form: $made exports rebuilt"
  for expect in "$work/$form"/*.expect; do
    check "$work/$form" "$(basename "$expect" .expect)" $form
  done
done

# The same files in other encodings are read the same.
for twin in $twins; do
  mkdir "$work/$twin"
  for file in "$work/plain"/*.csv; do
    case $twin in
      UTF-16LE) printf '\377\376' ;;
      UTF-16BE) printf '\376\377' ;;
    esac >"$work/$twin/$(basename "$file")"
    # GBK has no copyright sign.
    sed 's/©/(c)/' "$file" | iconv -f UTF-8 -t $twin >>"$work/$twin/$(basename "$file")" || report 1 "$twin: $(basename "$file") cannot be written"
  done
  for expect in "$work/plain"/*.expect; do
    cp "$expect" "$work/$twin/"
    check "$work/$twin" "$(basename "$expect" .expect)" $twin
  done
done
echo "exports read: $files, roles right: $right of $roles"
closing
