#!/bin/sh
# What the README shows is what the program prints: readme.sh BUILD. Each fenced block under <!-- NAME --> is compared word by
# word, numbers to 1 % (another mathematical library may round otherwise). UPDATE=1 writes the blocks anew.
set -u
. tests/readme_block
build=${1:?usage: readme.sh BUILD}
dealcast=$build/dealcast
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
sample=datasets/sample
failed=0
passed=0

show() {
  case $1 in
    demo) "$dealcast" forecast $sample/deals.csv --history $sample/history.csv.gz --accounts $sample/accounts.csv \
      --quotas $sample/quotas.csv --period quarter --horizon 3 ;;
    check) "$dealcast" check $sample/deals.csv --history $sample/history.csv.gz --top 3 ;;
    fit) "$dealcast" fit $sample/deals.csv --model linear --target 'log(amount)' --terms 'product + region' ;;
    quality) "$dealcast" forecast $sample/deals.csv --history $sample/history.csv.gz --format csv --table quality | head -4 ;;
  esac
}

for name in demo check fit quality; do
  separator=' '
  [ $name = quality ] && separator=,
  show $name >"$folder/new" 2>"$folder/messages"
  [ "${UPDATE:-}" = 1 ] && block_write $name "$folder/new" "$folder"
  block_read $name >"$folder/old"
  if [ -s "$folder/old" ] && awk '
    function number(text) { gsub(/,/, "", text); return text }
    NR == FNR { for (i = 1; i <= NF; i++) word[++n] = $i; next }
    { for (i = 1; i <= NF; i++) {
        m++
        a = number(word[m]); b = number($i)
        if (word[m] == $i) continue
        if (a ~ /^-?[0-9.]+$/ && b ~ /^-?[0-9.]+$/ && (a - b) ^ 2 <= 1e-4 * b ^ 2) continue
        print "README: " word[m] "\nnow:    " $i; bad = 1; exit } }
    END { exit bad || n != m }' FS="$separator" "$folder/old" "$folder/new"; then
    passed=$((passed + 1))
  else
    echo "FAIL README.md does not show what is printed: $name (UPDATE=1 sh tests/cli/readme.sh $build)"
    diff "$folder/old" "$folder/new" | head -20
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
