#!/bin/sh
# Every model through fit and predict: the same bytes for 1, 2 and 7 threads; the same tables for shuffled rows with --id; what
# predict says from the model file is what the fit said; a file that was changed is refused: tests/verbs/fit.sh BUILD
set -u
. tests/report "$1"

# Rows with numbers, words, a binary outcome, counts, three categories, times; some cells empty. No two ids are the same.
awk 'BEGIN {
  print "id,amount,days,region,product,rep,won,count,end,time"
  seed = 7
  for (i = 1; i <= 3000; i++) {
    for (k = 0; k < 6; k++) { seed = (seed * 16807) % 2147483647; u[k] = seed / 2147483647 }
    region = substr("NSEW", 1 + int(4 * u[0]), 1)
    rep = sprintf("R%02d", 1 + int(20 * u[1]))
    amount = int(exp(6 + 2 * u[2]) * 100) / 100
    chance = 1 / (1 + exp(-(-0.5 + (region == "N") + 0.02 * int(20 * u[1]) - u[2])))
    end = u[4] < 0.3 ? "open" : u[4] < 0.6 ? "won" : "lost"
    printf "D%05d,%s,%d,%s,%s,%s,%s,%d,%s,%d\n", i, i % 97 ? amount : "", 1 + int(90 * u[3]), region,
      u[5] < 0.5 ? "small" : "large", rep, u[4] < chance ? "yes" : "no", int(5 * u[3] * u[5]), end, 1 + int(6 * u[5])
  }
}' >"$work/rows.csv"
{ head -1 "$work/rows.csv"; tail -n +2 "$work/rows.csv" | awk '{ print (NR * 7919) % 3001 " " $0 }' | sort -n | cut -d' ' -f2-; } \
  >"$work/shuffled.csv"

fit() { # file, model options ...
  file=$1
  shift
  "$dealcast" fit "$work/$file" "$@" 2>>"$work/messages"
}

tables="terms,tests,fit,effects,levels"
check() { # name, options ...
  name=$1
  shift
  fit rows.csv "$@" --id id --format json --threads 1 --save "$work/$name.json" --predict >"$work/$name.1"
  report $? "$name: fits"
  same=0
  for threads in 2 7; do
    fit rows.csv "$@" --id id --format json --threads $threads --save "$work/$name.again" --predict >"$work/$name.2" &&
      cmp "$work/$name.1" "$work/$name.2" && cmp "$work/$name.json" "$work/$name.again" || same=1
  done
  report $same "$name: the same bytes for 1, 2 and 7 threads"
  fit rows.csv "$@" --id id --format ndjson --table $tables >"$work/ordered" &&
    fit shuffled.csv "$@" --id id --format ndjson --table $tables >"$work/mixed" && [ -s "$work/mixed" ] &&
    cmp "$work/ordered" "$work/mixed"
  report $? "$name: the same tables for shuffled rows"
  fit rows.csv "$@" --id id --format csv --table predictions --predict >"$work/said" &&
    "$dealcast" predict "$work/rows.csv" --fit "$work/$name.json" --id id --format csv --threads 2 >"$work/says" 2>>"$work/messages" &&
    [ "$(wc -l <"$work/says")" -gt 3000 ] && cmp "$work/said" "$work/says"
  report $? "$name: the file predicts what the fit said"
}

check mean --model mean --target amount
check linear --model linear --target 'log(amount)' --terms 'log(days) + region * product + days:region'
check logistic --model logistic --target won --terms 'log1p(amount) + region[ref=S] + product'
check glm --model glm --target count --family poisson --terms 'days + region'
check mixed --model mixed --target amount --terms 'product + s(days, 8) + (1 | rep)'
check multinomial --model multinomial --target end --terms 'days + product'
check boost --model boost --target won --terms 'amount + days + region + product + rep' --trees 60
check hazard --model hazard --target 'end[ref=open]' --time time --terms 'product'

# Each model of the registry was there.
"$dealcast" fit --help | sed -n '/^Models/,/^$/s/^  \([a-z]*\) .*/\1/p' >"$work/models"
missing=0
while read -r model; do [ -s "$work/$model.json" ] || { echo "not tested: $model"; missing=1; }; done <"$work/models"
report $missing "every model of the registry is tested here: $(tr '\n' ' ' <"$work/models")"

# One byte more, one less, another digit: refused with exit code 3.
for change in 's/0\./1./' '$d' '$s/$/ /'; do
  sed "$change" "$work/linear.json" >"$work/changed.json"
  "$dealcast" predict "$work/rows.csv" --fit "$work/changed.json" >"$work/out" 2>"$work/error"
  [ $? -eq 3 ] && [ ! -s "$work/out" ] && grep -q 'model file' "$work/error"
  report $? "a model file after sed '$change' is refused"
done

# A decimal comma proven when the model was fitted is one where a single row proves nothing.
printf 'y;x\n1;1,5\n2;2,25\n3,5;1.234,5\n3;4,125\n4;5,5\n' >"$work/comma.csv"
printf 'x\n1,234\n' | sed 's/^x$/x;z/; s/^1,234$/1,234;0/' >"$work/one.csv"
fit comma.csv --model linear --target y --terms x --save "$work/comma.json" >/dev/null &&
  "$dealcast" predict "$work/one.csv" --fit "$work/comma.json" --format csv --table columns >"$work/columns" 2>/dev/null &&
  grep -q 'as the fit says' "$work/columns"
report $? "a decimal mark is read as it was for the fit"

fit rows.csv --model linear --target amount --terms '.' | LC_ALL=C tr -d '\200-\277' |
  awk 'length($0) > 100 { print; bad = 1 } END { exit bad || NR < 20 }'
report $? "the terminal view fits 100 columns"
closing
