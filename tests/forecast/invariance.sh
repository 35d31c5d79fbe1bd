#!/bin/sh
# The same bytes for any number of threads, and for any order of the rows: tests/forecast/invariance.sh BUILD.
set -u
. tests/report "$1"
here=$(pwd)/tests/forecast

threads() { # folder with deals.csv, history.csv, accounts.csv; what; options
  folder=$1
  what=$2
  shift 2
  for n in 1 2 7; do
    "$dealcast" forecast "$folder/deals.csv" --history "$folder/history.csv" --accounts "$folder/accounts.csv" "$@" \
      --threads $n --format json -o "$work/threads.$n" || report 1 "$what: $n threads failed"
  done
  [ "$(wc -c <"$work/threads.1")" -gt 10000 ] && cmp -s "$work/threads.1" "$work/threads.2" &&
    cmp -s "$work/threads.1" "$work/threads.7"
  report $? "$what: the same bytes for 1, 2 and 7 threads"
}

tables() { # folder, where the tables go, options
  folder=$1
  to=$2
  shift 2
  rm -rf "$to"
  "$dealcast" forecast "$folder/deals.csv" --history "$folder/history.csv" --accounts "$folder/accounts.csv" "$@" \
    --threads 1 --out-dir "$to"
}

shuffle() { # files (of deals history accounts) to shuffle, seed
  mkdir -p "$work/shuffled"
  for name in deals history accounts; do
    case " $1 " in
      *" $name "*) awk -f "$here/change.awk" shuffle=1 seed="$2" "$work/set/$name.csv" >"$work/shuffled/$name.csv" ;;
      *) cp "$work/set/$name.csv" "$work/shuffled/$name.csv" ;;
    esac
  done
}

# Rejects are told at the first line they were met at: that line may differ, and what stood there.
without_lines() { sed -e 's/"first_line":[0-9]*//' -e 's/"first_value":"[^"]*"//' "$1"; }

rows() { # what, the lists of files to shuffle, options
  what=$1
  lists=$2
  shift 2
  tables "$work/set" "$work/a" "$@" || report 1 "$what: the program failed"
  names=$(cd "$work/a" && ls ./*.json | grep -v 'run\.json$')
  [ "$(echo "$names" | wc -l)" -ge 7 ]
  report $? "$what: there are tables"
  for list in $lists; do
    files=$(echo "$list" | tr + ' ')
    shuffle "$files" 11
    for name in $files; do cmp -s "$work/set/$name.csv" "$work/shuffled/$name.csv" && report 1 "$name.csv was not shuffled"; done
    tables "$work/shuffled" "$work/b" "$@" || report 1 "$what: the program failed on shuffled $files"
    wrong=
    for name in $names; do
      without_lines "$work/a/$name" >"$work/x"
      without_lines "$work/b/$name" | cmp -s "$work/x" - || wrong="$wrong $name"
    done
    [ -z "$wrong" ]
    report $? "$what: rows of $files in another order${wrong:+: changed$wrong}"
  done
}

mkdir "$work/set"
gzip -dc "$sample/history.csv.gz" >"$work/set/history.csv" || exit 1
cp "$sample/deals.csv" "$sample/accounts.csv" "$work/set"
threads "$work/set" "sample" --period quarter --as-of 2025-06-30 --origins 6
rows "sample" deals+history+accounts --as-of 2025-06-30 --origins 2

# A smaller set of another seed, with rows that are rejected, doubled or in conflict.
"$generate" --deals 2000 --seed 5 --truth-paths 0 --out-dir "$work/set" || exit 1
awk 'NR == 20 || NR == 300 { doubled = doubled $0 "\n" }
  NR == 40 || NR == 41 { sub(/,[0-9]+,20/, ",-5,20") }
  NR == 50 { other = $0; sub(/Closed Won|Closed Lost/, "Qualification", other); doubled = doubled other "\n" }
  { print }
  END { printf "%s", doubled }' "$work/set/deals.csv" >"$work/deals" && mv "$work/deals" "$work/set/deals.csv"
awk '{ print } NR % 500 == 0 { print } # the same row twice
  NR % 501 == 0 { sub(/Prospecting|Qualification|Proposal|Negotiation/, "Discovery"); print } # two rows of one instant' \
  "$work/set/history.csv" >"$work/history" && mv "$work/history" "$work/set/history.csv"
threads "$work/set" "generated" --origins 2
rows "generated" 'deals history accounts deals+history+accounts' --origins 1 --period quarter
awk '/"negative amount"/ { negative = 1 } /"rows that differ for one id"/ { conflict = 1 } END { exit !(negative && conflict) }' \
  "$work/a/rejects.json"
report $? "generated: rows are rejected and in conflict"

closing
