#!/bin/sh
# A logistic regression of the closed ones among ROWS generated deals (5 numbers, 4 categorical columns, 31 coefficients) with
# two threads: ours and its peers, in turns, in one run.
#
# bench/peers_models.sh BENCH_LOGISTIC FOLDER ROWS RESULTS [BENCH_MIXED]
#   BENCH_LOGISTIC  the program built from bench_logistic.c
#   FOLDER          for the data and the generator
#   RESULTS         this run's lines
#   BENCH_MIXED     the program built from bench_mixed.c: a shrunken effect of 2,000 levels beside as many columns, 900,000 other
#                   rows, against R's glm on the same rows without the effect
#
# The peers' scripts are in $DEALCAST_PEERS. Each runs $PEER_ROUNDS (3) times in a process of its own; what counts is the
# median of the times of the fit that its script tells; ours is the median of the medians of nine fits, from typed columns
# to a judged fit. numpy and scikit-learn are given a dense design whose making (0.35 s) does not count; R's glm makes its own.
# All must have the same coefficients to 1e-6. OpenBLAS is told the machine that it takes for an old one.
set -eu
bench=$1 folder=$2 rows=$3 results=$4 mixed=${5:-}
peers=${DEALCAST_PEERS:-../shared/peers}
if ! [ -f "$peers/logit_py.py" ]; then
  echo "skipped: no peers' scripts; set DEALCAST_PEERS to their folder" >&2
  exit 0
fi
peers=$(cd "$peers" && pwd)
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
export OPENBLAS_CORETYPE="${OPENBLAS_CORETYPE:-SkylakeX}" OPENBLAS_NUM_THREADS=2 OMP_NUM_THREADS=2
python=/usr/bin/python3
features=$folder/features_$rows

if ! [ -x "$folder/gen_deals" ]; then ${CC:-cc} -O2 "$peers/gen_deals.c" -o "$folder/gen_deals" -lm; fi
if ! [ -f "$folder/peers_$rows.csv" ]; then
  "$folder/gen_deals" "$rows" >"$folder/peers_$rows.new"
  mv "$folder/peers_$rows.new" "$folder/peers_$rows.csv"
fi
if ! [ -f "${features}_frame.csv" ]; then
  if ! $python -c 'import numpy, pandas' 2>/dev/null; then
    echo "skipped: apt-get install python3-numpy python3-pandas, which make the features" >&2
    exit 0
  fi
  $python "$peers/prep_features.py" "$folder/peers_$rows.csv" "$features" frame >/dev/null
fi

lines=$(mktemp)
trap 'rm -f "$lines" "$lines.once"' EXIT

# peer NAME FIELD COMMAND...: the seconds behind the word FIELD of its line, then its coefficients (the last 31 numbers)
peer() {
  name=$1 field=$2
  shift 2
  if ! timeout 600 "$@" >"$lines.once" 2>/dev/null; then
    echo "$name failed: $*" >&2
    return 0
  fi
  awk -v name="$name" -v field="$field" '
    { for (i = 1; i < NF; i++) if ($i == field && seconds == "") seconds = $(i + 1)
      for (i = 1; i <= NF; i++) if ($i ~ /^-?[0-9]+\.[0-9]+$/ && length($i) - index($i, ".") == 10) found[++n] = $i }
    END { printf "%s %s", name, seconds; for (i = n - 30; i <= n; i++) printf " %s", found[i]; print "" }' \
    "$lines.once" >>"$lines"
}

cat >"$folder/glm.R" <<'R'
suppressMessages(library(data.table))
d <- fread(commandArgs(TRUE)[1], showProgress = FALSE)
d[, rep := NULL]
for (f in paste0("f", 1:4)) set(d, j = f, value = factor(d[[f]]))
took <- system.time(m <- glm(y ~ ., binomial, d))[3]
cat("glm", took, "\n", sprintf("%.10f", coef(m)), "\n")
R

round=0
while [ $round -lt "${PEER_ROUNDS:-3}" ]; do
  round=$((round + 1))
  OMP_WAIT_POLICY=passive "$bench" "$features.bin" 9 >"$lines.once"
  awk '/^logistic/ { time[$2] = $4 } /^coefficients/ { sub(/^coefficients/, ""); b = $0 }
    END { print "ours_T1", time["T1:"]; print "ours_T2", time["T2:"] b }' "$lines.once" >>"$lines"
  if $python -c 'import numpy' 2>/dev/null; then
    peer numpy_irls fit $python "$peers/logit_py.py" "$features.npz" numpy 2
  fi
  if $python -c 'import sklearn' 2>/dev/null; then
    peer sklearn_newton_cholesky fit $python "$peers/logit_py.py" "$features.npz" sk_newton 2
  elif [ $round = 1 ]; then
    echo "skipped sklearn: apt-get install python3-sklearn" >&2
  fi
  if command -v Rscript >/dev/null && Rscript -e 'library(data.table)' >/dev/null 2>&1; then
    peer r_glm glm Rscript "$peers/logit_R.R" "${features}_frame.csv" glm
    if [ -n "$mixed" ]; then
      OMP_WAIT_POLICY=passive "$mixed" none 9 "$folder/mixed_rows.csv" >"$lines.once"
      awk '/^effect T/ { print "ours_effect_" substr($2, 1, 2), $4 } /^fixed T2/ { seconds = $4 }
        /^coefficients/ { sub(/^coefficients/, ""); print "ours_fixed_T2", seconds $0 }' "$lines.once" >>"$lines"
      peer r_glm_fixed glm Rscript "$folder/glm.R" "$folder/mixed_rows.csv"
    fi
  elif [ $round = 1 ]; then
    echo "skipped R: apt-get install r-base-core r-cran-data.table" >&2
  fi
done

awk -v rows="$rows" -v day="$(date +%Y-%m-%d)" '
  function median(list, n,    i, j, x) {
    for (i = 2; i <= n; i++)
      for (j = i; j > 1 && list[j - 1] > list[j]; j--) { x = list[j]; list[j] = list[j - 1]; list[j - 1] = x }
    return list[int((n + 1) / 2)]
  }
  { if (!($1 in count)) order[++n] = $1
    time[$1, ++count[$1]] = $2 + 0
    for (i = 3; i <= NF; i++) b[$1, i] = $i + 0
    if (NF > 2) has[$1] = NF }
  END {
    base["ours_fixed_T2"] = base["r_glm_fixed"] = base["ours_effect_T1"] = base["ours_effect_T2"] = "ours_effect_T2"
    twin["r_glm_fixed"] = twin["ours_fixed_T2"] = "ours_fixed_T2"; bar["r_glm_fixed"] = 1 / 50
    bar["numpy_irls"] = 1 / 25; bar["sklearn_newton_cholesky"] = 1 / 40; bar["r_glm"] = 1 / 100
    print "date,rows,system,seconds,ours_over_it,bar,met,coefficients_differ_by"
    for (k = 1; k <= n; k++) {
      for (i = 1; i <= count[order[k]]; i++) list[i] = time[order[k], i]
      seconds[order[k]] = median(list, count[order[k]])
    }
    for (k = 1; k <= n; k++) {
      s = order[k]; most = 0
      for (i = 3; i <= has[s]; i++) { away = b[s, i] - b[s in twin ? twin[s] : "ours_T2", i]; if (away < 0) away = -away; if (away > most) most = away }
      share = seconds[s in base ? base[s] : "ours_T2"] / seconds[s]
      printf "%s,%d,%s,%.4f,%.4f,", day, rows, s, seconds[s], share
      if (s in bar) printf "%.4f,%s,%.1e\n", bar[s], share <= bar[s] && has[s] == 33 && most <= 1e-6 ? "yes" : "no", most
      else print ",,"
    }
  }' "$lines" >"$results.new"
mv "$results.new" "$results"
awk -F, '{ printf "%-26s %9s %14s %8s %5s %s\n", $3, $4, $5, $6, $7, $8 }' "$results"
