#!/bin/sh
# Stopped from outside: tests/cli/signals.sh BUILD. A signal ends the program within a second with 128+n, without a word,
# the old output untouched and no temporary file left; a closed pipe ends it quietly.
set -u
. tests/report "$1"
deals=$sample/deals.csv

# The program waits for a standard input that never comes.
stopped_by() { # signal, expected exit code
  mkfifo "$work/input"
  echo old >"$work/out.json"
  "$dealcast" forecast - --format json -o "$work/out.json" <"$work/input" 2>"$work/messages" &
  pid=$!
  exec 9>"$work/input" # opens the pipe, so that the program starts to read
  sleep 0.3
  kill "-$1" $pid
  tries=0
  while kill -0 $pid 2>/dev/null && [ $tries -lt 20 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  [ $tries -lt 10 ]
  report $? "$1: stops within a second"
  exec 9>&-
  wait $pid
  [ $? -eq "$2" ]
  report $? "$1: exit code $2"
  [ ! -s "$work/messages" ]
  report $? "$1: says nothing"
  [ "$(cat "$work/out.json")" = old ] && [ "$(ls -A "$work" | wc -l)" -eq 3 ]
  report $? "$1: the old output is there, and nothing else"
  rm -f "$work/input" "$work/out.json" "$work/messages"
}

# While it reckons. A shell lets its background jobs ignore SIGINT, so timeout sends it.
stopped_at_work() { # signal, expected exit code, seconds
  echo old >"$work/out.json"
  timeout --preserve-status -s "$1" "$3" "$dealcast" forecast "$deals" --origins 120 --format json -o "$work/out.json" \
    2>"$work/messages"
  [ $? -eq "$2" ]
  report $? "$1 while it reckons: exit code $2"
  [ ! -s "$work/messages" ] && [ "$(cat "$work/out.json")" = old ] && [ "$(ls -A "$work" | wc -l)" -eq 2 ]
  report $? "$1 while it reckons: says nothing, the old output is there, and nothing else"
  rm -f "$work/out.json" "$work/messages"
}

stopped_by TERM 143
stopped_by HUP 129
if timeout --preserve-status 1 true 2>/dev/null; then
  for seconds in 0.03 0.1 0.3; do
    stopped_at_work INT 130 $seconds
    stopped_at_work TERM 143 $seconds
  done
else
  echo "skipped: no GNU timeout to send a signal by"
fi

{ "$dealcast" forecast "$deals" --no-backtest --format json 2>"$work/messages"; echo $? >"$work/code"; } | head -1 >/dev/null
[ "$(cat "$work/code")" -eq 141 ] && [ ! -s "$work/messages" ]
report $? "a closed pipe: exit code 141, no message"

closing
