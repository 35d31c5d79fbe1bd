#!/bin/sh
# Least squares of 900,000 x 31 beside R's lm and .lm.fit on the same rows, in one run; coefficients must be equal to 1e-6.
#
# bench/peers_linear.sh BENCH_LINEAR FOLDER [ROUNDS]
#   BENCH_LINEAR  the program built from bench_linear.c
#   FOLDER        for the data and the generator
#
# The generator is in $DEALCAST_PEERS. R's BLAS gets two threads and the instructions that the processor has (OPENBLAS_CORETYPE,
# default SkylakeX; its own guess is wrong here). Handicaps that favour us: R makes its matrix of doubles from the columns in
# lm, so .lm.fit alone, with the matrix made before, stands beside it; .lm.fit gives no standard errors, ours are in our time.
set -eu
bench=$1 folder=$2 rounds=${3:-5}
peers=${DEALCAST_PEERS:-../shared/peers}
if ! [ -f "$peers/gen_deals.c" ]; then
  echo "skipped: no generator of the peers; set DEALCAST_PEERS to their folder" >&2
  exit 0
fi
if ! command -v Rscript >/dev/null; then
  echo "skipped: no Rscript (r-base-core)" >&2
  exit 0
fi
mkdir -p "$folder"
file=$folder/peers_1000000.csv frame=$folder/linear_frame.csv
if ! [ -x "$folder/gen_deals" ]; then ${CC:-cc} -O2 "$peers/gen_deals.c" -o "$folder/gen_deals" -lm; fi
if ! [ -f "$file" ]; then
  "$folder/gen_deals" 1000000 >"$file.new"
  mv "$file.new" "$file"
fi
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive} "$bench" "$file" "$rounds" "$frame" >>"$lines"
cat >"$folder/lm.R" <<'R'
a <- commandArgs(TRUE)
d <- read.csv(a[1], colClasses = c(rep("numeric", 5), rep("factor", 4), "numeric"))
took <- function(n, f) { t <- numeric(n); for (k in 1:n) { gc(FALSE); t[k] <- system.time(f(), gcFirst = FALSE)[3] }; median(t) }
f <- outcome ~ log_amount + disc + nodisc + activities + days_in_stage + region + product + industry + source
m <- NULL
cat("lm", took(3, function() m <<- lm(f, d)), "\n")
cat("summary.lm", took(1, function() s <<- summary(m)), "\n")
x <- model.matrix(f, d)
cat(".lm.fit", took(3, function() .lm.fit(x, d$outcome)), "\n")
cat("r_coefficients", sprintf("%.12g", coef(m)), "\n")
cat("r_errors", sprintf("%.12g", s$coefficients[, 2]), "\n")
R
OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-SkylakeX} OPENBLAS_NUM_THREADS=2 Rscript "$folder/lm.R" "$frame" >>"$lines"

awk '
  function worst(a, b, n,   k, off, most) {
    for (k = 1; k <= n; k++) { off = a[k] / b[k] - 1; if (off < 0) off = -off; if (off > most) most = off }
    return most
  }
  NR == 1 { print }
  $1 == "linear" { own[$2] = $4 }
  $1 == "coefficients" { n = NF - 1; for (k = 1; k <= n; k++) c[k] = $(k + 1) }
  $1 == "errors" { for (k = 1; k <= n; k++) e[k] = $(k + 1) }
  $1 == "r_coefficients" { for (k = 1; k <= n; k++) rc[k] = $(k + 1) }
  $1 == "r_errors" { for (k = 1; k <= n; k++) re[k] = $(k + 1) }
  $1 ~ /^(lm|summary.lm|.lm.fit)$/ { r[$1] = $2 }
  END {
    printf "ours              T1 %.4f s   T2 %.4f s\n", own["T1"], own["T2"]
    printf "R lm              %.3f s, %.0f times ours at T2\n", r["lm"], r["lm"] / own["T2"]
    printf "R lm and summary  %.3f s, %.0f times\n", r["lm"] + r["summary.lm"], (r["lm"] + r["summary.lm"]) / own["T2"]
    printf "R .lm.fit         %.3f s, %.0f times\n", r[".lm.fit"], r[".lm.fit"] / own["T2"]
    printf "coefficients equal to %.1e, errors to %.1e\n", worst(c, rc, n), worst(e, re, n)
    if (n != 31 || worst(c, rc, n) > 1e-6) { print "coefficients differ"; exit 1 }
    if (own["T2"] > r["lm"] / 10) { print "not 10 times as fast as lm"; exit 1 }
  }' "$lines"
