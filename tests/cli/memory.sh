#!/bin/sh
# Little memory: tests/cli/memory.sh BUILD. With any limit the forecast is done, or there is one line and exit code 5.
set -u
dealcast=$(pwd)/$1/dealcast
sample=$(pwd)/datasets/sample
[ -x "$dealcast" ] || { echo "FAIL no program at $dealcast"; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# A sanitizer reserves terabytes, and some systems have no such limit.
if ! (ulimit -v 2000000 && "$dealcast" version) >/dev/null 2>&1; then
  echo "skipped: memory cannot be limited here"
  echo "0 passed, 0 failed"
  exit 0
fi

short=0
limited() { # KiB, arguments...
  limit=$1
  shift
  (ulimit -v "$limit" && exec "$dealcast" "$@") >"$work/out" 2>"$work/messages"
  code=$?
  lines=$(grep -c '' "$work/messages")
  if [ $code -eq 0 ] && [ "$lines" -eq 0 ]; then
    passed=$((passed + 1))
  elif [ $code -eq 5 ] && [ "$lines" -eq 1 ] && grep -q '^dealcast: .*out of memory' "$work/messages"; then
    passed=$((passed + 1))
    short=$((short + 1))
  elif [ $code -eq 127 ] && [ "$lines" -gt 0 ] && grep -q 'shared' "$work/messages"; then
    : # too little for the loader, which is before us
  else
    echo "FAIL with $limit KiB: exit code $code: $(cat "$work/messages")"
    failed=$((failed + 1))
  fi
}

for limit in 9000 11000 13000 15000 17000 19000 21000 23000 25000 27000 30000 40000 60000; do
  limited $limit forecast "$sample/deals.csv" --no-backtest --format json -o "$work/forecast.json"
done
for limit in 12000 18000 24000 30000 40000 80000; do
  limited $limit forecast "$sample/deals.csv" --history "$sample/history.csv.gz" --accounts "$sample/accounts.csv" \
    --threads 4 --no-backtest
done
[ $short -gt 3 ] || { echo "FAIL memory was short $short times only"; failed=$((failed + 1)); }
[ "$(ls -A "$work" | grep -c tmp)" -eq 0 ] || { echo "FAIL temporary files are left"; failed=$((failed + 1)); }

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
