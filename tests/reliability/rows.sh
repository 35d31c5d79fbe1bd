#!/bin/sh
# tests/reliability/rows.sh BUILD: what dealcast promises when things go wrong, row by row of the contract's table. A row
# NAME is the function row_NAME in one of the files beside this; a row without one is a failure, and so is a row of the
# contract (where its file is at hand) that is not in this list.
set -u
build=$1
. tests/report "$1"
repo=$(pwd)
rows='short_or_long_row            short or long row
unclosed_quote               unclosed quote
preamble_and_footers         preamble, footers
duplicate_or_blank_header    duplicate or blank header
no_header                    no header
nul_and_control              NUL byte; control characters
bom_and_utf16                BOM; UTF-16 with BOM
encodings                    GBK, GB18030, Big5
dialects                     `;` tab
number_styles                1,234.50 / 1.234,50
amount_digits                amount digits
day_or_month_first           DD/MM vs MM/DD
dates_of_many_kinds          Excel serials
ids_stay_text                ids of 19 digits
huge_fields_rows_columns     a field > 1 MiB
duplicate_id                 duplicate id
close_before_created         close before created
amount_stage_as_of           negative amount
mixed_currencies             mixed currencies
won_lost_separated           all won, all lost
constant_and_collinear       constant, collinear
few_deals                    0 or 1 deal
million_categories           10^6 categories
not_finite                   NaN, Inf
changing_file                a file that changes
full_disk                    disk full
killed                       killed at any moment
signals                      SIGINT, SIGTERM
out_of_memory                out of memory
corrupted_model              corrupted model file
hostile_names                hostile names
personal_data                personal data'
. "$repo/tests/reliability/balance"
. "$repo/tests/reliability/rows_reading"
. "$repo/tests/reliability/rows_values"
. "$repo/tests/reliability/rows_deals"
. "$repo/tests/reliability/rows_system"

# golden NAME...: golden cases of tests/cli that hold a part of the row.
golden() {
  said=$(cd "$repo" && sh tests/cli/run.sh "$build" "$@")
  code=$?
  [ "$(echo "$said" | grep -c '^ok ')" -eq $# ] || code=1
  [ $code -eq 0 ] || echo "$said"
  report $code "$row: golden $*"
}

# forecast ARGUMENTS...: as JSON to out.json, messages to messages; sets $code.
forecast() {
  "$dealcast" forecast "$@" --no-backtest --format json >out.json 2>messages
  code=$?
}

# input FIELD [FILE]: of run.inputs; of the first file without a name.
input() {
  grep -o "{\"name\":\"${2:-[^\"]*}\",[^}]*}" out.json | head -1 | grep -o "\"$1\":[^,}]*" | cut -d: -f2 | tr -d '"'
}

# deals STATE: how many are "open", "won", "lost".
deals() { grep -o "\"deals_$1\":[0-9]*" out.json | cut -d: -f2; }

check() { # what, command...
  what=$1
  shift
  "$@"
  report $? "$row: $what"
}
is() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; sed 's/^/  /' messages; return 1; }; }
says() { grep -q -e "$1" messages || { echo "no '$1' in:"; cat messages; return 1; }; }
warns() { grep -q -e "$1" out.json || { echo "no '$1' in:"; grep -A99 '^"warnings"' out.json; return 1; }; }
stops() { # code, pattern of the message; nothing on standard output
  is "$code" "$1" && says "$2" && [ ! -s out.json ]
}
dozen() { cat "$repo/tests/cli/deals.csv"; }
rest() { dozen | sed 1d; }

old=$IFS
IFS='
'
for line in $rows; do
  IFS=$old
  row=${line%% *}
  if ! command -v "row_$row" >/dev/null 2>&1; then
    report 1 "$row: there is no test of this row"
    continue
  fi
  mkdir "$work/$row"
  cd "$work/$row" || exit 1
  before=$((passed + failed))
  "row_$row"
  [ $((passed + failed)) -gt $before ] || report 1 "$row: nothing was checked"
  cd "$repo" || exit 1
done

contract=${DEALCAST_SUITES:-/nowhere}/../RELIABILITY.md
if [ -f "$contract" ]; then
  missing=$(sed -n '/^|---/,/^$/p' "$contract" | sed 1d | grep '^|' | sed 's/^| *//' | while read -r begin; do
    echo "$rows" | sed 's/^[a-z_0-9]* *//' | { while read -r text; do
      case $begin in "$text"*) exit 0 ;; esac
    done; exit 1; } || echo "$begin"
  done)
  [ -z "$missing" ] || echo "$missing"
  [ -z "$missing" ]
  report $? "every row of the contract has a test here"
else
  echo "skipped: the contract is not at hand"
fi
closing
