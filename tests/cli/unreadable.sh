#!/bin/sh
# What may not be read or written: tests/cli/unreadable.sh BUILD. Root may everything, so as root the program runs as
# "nobody" where setpriv is there.
set -u
dealcast=$(pwd)/$1/dealcast
[ -x "$dealcast" ] || { echo "FAIL no program at $dealcast"; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
as=
if [ "$(id -u)" -eq 0 ]; then
  as="setpriv --reuid=65534 --regid=65534 --clear-groups"
  cp "$dealcast" "$work/dealcast"
  dealcast=$work/dealcast
  chmod 755 "$work" "$dealcast"
  if ! $as "$dealcast" version >/dev/null 2>&1; then
    echo "skipped: root may read and write everything, and setpriv is not there"
    echo "0 passed, 0 failed"
    exit 0
  fi
fi
passed=0
failed=0

fails_with() { # name, exit code, message, arguments...
  name=$1 expected=$2 message=$3
  shift 3
  said=$($as "$dealcast" "$@" 2>&1)
  code=$?
  if [ $code -eq "$expected" ] && [ "$said" = "dealcast: $message" ]; then
    echo "ok $name"
    passed=$((passed + 1))
  else
    echo "FAIL $name: exit code $code, expected $expected: $said"
    failed=$((failed + 1))
  fi
}

cd "$work" || exit 1
cp "$OLDPWD/tests/cli/deals.csv" deals.csv
cp deals.csv locked.csv
mkdir locked shut
cp deals.csv shut/deals.csv
echo old >locked/out.json
chmod 000 locked.csv shut
chmod 555 locked
fails_with "a file without permission" 3 "locked.csv: cannot be read: Permission denied" forecast locked.csv
fails_with "a file in a folder without permission" 3 "shut/deals.csv: cannot be read: Permission denied" \
  forecast shut/deals.csv
fails_with "output into a read-only folder" 5 "locked/new.json: its folder cannot be written to: Permission denied" \
  forecast deals.csv -o locked/new.json
fails_with "output over a file in a read-only folder" 5 "locked/out.json: cannot write there: Permission denied" \
  forecast deals.csv -o locked/out.json
fails_with "a folder in a read-only folder" 5 "locked/new: the folder cannot be made: Permission denied" \
  forecast deals.csv --out-dir locked/new
fails_with "tables into a read-only folder" 5 "locked: cannot write there: Permission denied" \
  forecast deals.csv --out-dir locked
chmod 755 locked shut
[ "$(cat locked/out.json)" = old ] && [ "$(ls -A locked)" = out.json ] || {
  echo "FAIL the read-only folder has changed"
  failed=$((failed + 1))
}

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
