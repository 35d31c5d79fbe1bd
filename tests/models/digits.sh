#!/bin/sh
# tests/models/digits.sh BUILD: the README's table of digits is what the tests of the models print. Rows and columns must be
# the same, a figure at most half a digit below (another mathematical library may round otherwise). UPDATE=1 writes it anew.
set -u
. tests/report "$1"
. tests/readme_block
programs=$1/tests/models
suites=${DEALCAST_SUITES:-}
if [ ! -d "$suites" ]; then
  [ "${DEALCAST_REQUIRE_DATA:-}" = 1 ] && { echo "FAIL data is required, but \$DEALCAST_SUITES is not there"; exit 1; }
  echo "skipped: \$DEALCAST_SUITES is not set"
  echo "0 passed, 0 failed"
  exit 0
fi

say() { "$programs/$1" 2>/dev/null | grep -v '^\['; }

# Of the NIST sets the least digits over data whole and in 2, 3 and 8 parts.
nist() {
  say test_nist | awk '
    $1 == "set" { part++; next }
    $(NF - 1) == "in" {
      if (!(($1, part) in order)) { order[$1, part] = ++n[part]; name[part, n[part]] = $1 }
      for (i = 2; i <= 4; i++) if (!(($1, part, i) in least) || $i < least[$1, part, i]) least[$1, part, i] = $i }
    function row(s, p, last,    i, text) {
      text = sprintf("  %-17s", s)
      for (i = 2; i <= last; i++) text = text sprintf("%14.1f", least[s, p, i])
      print text
    }
    function head(what, a, b, c) { printf "%-19s%14s%14s%14s\n", what, a, b, c }
    END {
      head("NIST, linear", "coefficients", "errors", "sigma")
      for (k = 1; k <= n[1]; k++) row(name[1, k], 1, 4)
      head("NIST, ANOVA", "F", "between", "within")
      for (k = 1; k <= n[2]; k++) row(name[2, k], 2, 4)
      head("NIST, univariate", "mean", "sd", "lag 1")
      for (k = 1; k <= n[3]; k++) row(name[3, k], 3, name[3, k] == "Meixner" ? 3 : 4) # its lag is not certified
    }'
}

table() {
  nist
  printf '%-19s%14s%14s%14s\n' 'R, glm' coefficients errors deviance
  say test_rglm | awk '/digits:/ { gsub(",", ""); printf "  %-17s%14.1f%14.1f%14.1f\n", $1, $4, $6, $8 }'
  printf '%s\n' 'others'
  one() { awk -v what="$1" -v digits="$2" 'BEGIN { printf "  %-45s%16.1f\n", what, digits }'; }
  one 'glmnet, lasso of birthwt' "$(say test_path | sed -n 's/^lasso birthwt: \([0-9.]*\) .*/\1/p')"
  one 'log-F(1,1) of birthwt, by augmentation' "$(say test_logf | sed -n 's/^birthwt, log-F.*: \([0-9.]*\) digits/\1/p')"
  one 'R, profile limits of birthwt' "$(say test_profile | sed -n 's/^[^ ]*: .*, \([0-9.]*\) digits$/\1/p' | sort -n | head -1)"
  one 'multinomial deviance of iris, at its infimum' "$(say test_multinomial | sed -n 's/^iris: .*, \([0-9.]*\) digits.*/\1/p')"
  one 'lme4, sleepstudy REML criterion' "$(say test_mixed | sed -n 's/^sleepstudy.*: \([0-9.]*\) digits.*/\1/p')"
  one 'cbpp log likelihood (Laplace), at its maximum' "$(say test_mixed | sed -n 's/^cbpp.*: \([0-9.]*\) digits.*/\1/p')"
}

table >"$work/new"
[ "${UPDATE:-}" = 1 ] && block_write digits "$work/new" "$work"
block_read digits >"$work/old"

[ "$(wc -l <"$work/new")" -ge 50 ]
report $? "the tests print digits of all sets"
awk '
  function number(x) { return x ~ /^[0-9.]+$/ }
  NR == FNR { old[FNR] = $0; n = FNR; next }
  { count = split(old[FNR], was)
    good = count == NF
    for (i = 1; i <= NF && good; i++) good = number($i) && number(was[i]) ? $i >= was[i] - .5 : $i == was[i]
    if (!good) { print "README: " old[FNR]; print "now:    " $0; bad = 1 } }
  END { exit bad || FNR != n }' "$work/old" "$work/new"
report $? "the table of digits in the README is what they print"
closing
