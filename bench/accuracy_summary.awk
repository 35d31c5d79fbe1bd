# Sums up accuracy_generator.sh: awk -f accuracy_summary.awk pairs seeds. Prints comment lines; exits 1 when the 80 %
# interval or the slope of P(win) is out of bounds.

function logit(p) {
  if (p < 1e-6) p = 1e-6
  if (p > 1 - 1e-6) p = 1 - 1e-6
  return log(p / (1 - p))
}
# True probability on the logit of ours, by cross-entropy (fractional response: Papke and Wooldridge 1996) and Newton's
# method, over deals from..to of a group ("" = all of them). Sets intercept, slope.
function regress(from, to, group, ours, truth, step, i, k, x, m, w, g0, g1, h00, h01, h11, det, move) {
  intercept = 0; slope = 1
  k = 0
  for (i = from; i <= to; i++) if (group == "" || group_of[i] == group) { k++; reg_x[k] = ours[i]; reg_y[k] = truth[i] }
  for (step = 0; step < 25; step++) {
    g0 = g1 = h00 = h01 = h11 = 0
    for (i = 1; i <= k; i++) {
      x = reg_x[i]
      m = 1 / (1 + exp(-intercept - slope * x))
      w = m * (1 - m)
      g0 += reg_y[i] - m; g1 += (reg_y[i] - m) * x
      h00 += w; h01 += w * x; h11 += w * x * x
    }
    det = h00 * h11 - h01 * h01
    if (!(det > 0)) return
    intercept += (h11 * g0 - h01 * g1) / det
    move = (h00 * g1 - h01 * g0) / det
    slope += move
    if (move < 1e-7 && move > -1e-7) return
  }
}
function correlation(a, b, i, ma, mb, ab, aa, bb) {
  for (i = 1; i <= n; i++) { ma += a[i] / n; mb += b[i] / n }
  for (i = 1; i <= n; i++) { ab += (a[i] - ma) * (b[i] - mb); aa += (a[i] - ma) ^ 2; bb += (b[i] - mb) ^ 2 }
  return ab / sqrt(aa * bb)
}
function tell(title, group, i, count, a, b, c, d) {
  for (i = 1; i <= n; i++) {
    if (group != "" && group_of[i] != group) continue
    count++; a += p[i]; b += true_p[i]; c += q[i]; d += true_q[i]
  }
  if (count == 0) return
  regress(1, n, group, logit_p, true_p)
  printf "#   %-22s %7d   ever: ours %.4f true %.4f intercept %+.3f slope %.3f", title, count, a / count, b / count, intercept, slope
  regress(1, n, group, logit_q, true_q)
  printf "   next: ours %.4f true %.4f intercept %+.3f slope %.3f\n", c / count, d / count, intercept, slope
}
# Smallest k with P(X <= k) >= tail, X binomial.
function binomial_low(size, share, tail, k, one, sum) {
  one = (1 - share) ^ size
  for (k = 0; k < size; k++) {
    sum += one
    if (sum >= tail) return k
    one *= (size - k) / (k + 1) * share / (1 - share)
  }
  return size
}
function sd(sum, square, count) { return count > 1 ? sqrt((square - sum * sum / count) / (count - 1)) : 0 }

FNR == 1 { file++ }
file == 1 {
  n++
  p[n] = $2; true_p[n] = $3; q[n] = $4; true_q[n] = $5; stage[n] = $6; age[n] = $7; of_seed[n] = $1
  logit_p[n] = logit($2); logit_q[n] = logit($4)
}
file == 2 {
  split($0, f, ",")
  if (f[1] == "seed") next
  seeds++
  ratio = f[2] / f[11]; bias += ratio - 1; bias_square += (ratio - 1) ^ 2
  position += f[15]; pit[int(f[16] * 5)]++
  in50 += f[17]; in80 += f[18]; in90 += f[19]; true80 += f[20]
  crps += f[21]; true_crps += f[22]
  width += f[8] - f[4]; true_width += f[14] - f[12]
  open += f[23]; true_open += f[24]; fresh += f[26]; true_fresh += f[27]
  count += f[28]; true_count += f[29]; count_open += f[30]; true_count_open += f[31]
  realised += f[10]; realised_count += f[32]; mean += f[2]; true_mean += f[11]
  absolute += f[2] > f[10] ? f[2] - f[10] : f[10] - f[2]
}
END {
  if (seeds == 0) { print "no seed was compared" >"/dev/stderr"; exit 3 }
  for (k = 1; k <= n; k = i) { # a seed's deals stand together
    for (i = k; i <= n && of_seed[i] == of_seed[k]; i++) continue
    regress(k, i - 1, "", logit_p, true_p)
    slopes += slope; slopes_square += slope * slope
  }
  slope_error = seeds > 1 ? sd(slopes, slopes_square, seeds) / sqrt(seeds) : 0.1
  printf "# seeds: %d\n", seeds
  printf "# coverage of the realised future: 50 %% %.3f, 80 %% %.3f, 90 %% %.3f; the true distribution's 80 %%: %.3f\n", \
    in50 / seeds, in80 / seeds, in90 / seeds, true80 / seeds
  printf "# 80 %% interval: mean width %.3f of the true one\n", width / true_width
  printf "# fifths of the realised future in our distribution:"
  for (k = 0; k < 5; k++) printf " %d", pit[k]
  printf "; mean level of our mean in the true one %.3f\n", position / seeds
  printf "# mean bias against the true mean: %+.4f, standard error %.4f, sd over seeds %.4f\n", bias / seeds, \
    sd(bias, bias_square, seeds) / sqrt(seeds), sd(bias, bias_square, seeds)
  printf "#   amounts: all %+.4f, open %+.4f, new %+.4f; wins: all %+.4f, open %+.4f, new %+.4f\n", mean / true_mean - 1, \
    open / true_open - 1, fresh / true_fresh - 1, count / true_count - 1, count_open / true_count_open - 1, \
    (count - count_open) / (true_count - true_count_open) - 1
  printf "#   against the realised: amounts %+.4f, wins %+.4f; WAPE %.4f\n", mean / realised - 1, count / realised_count - 1, absolute / realised
  printf "# CRPS %.0f, of the true distribution %.0f: ratio %.4f\n", crps / seeds, true_crps / seeds, crps / true_crps
  printf "# P(win) of open deals, correlation with the true ones: ever %.3f, next quarter %.3f; slope: mean over seeds %.3f, standard error %.4f\n", \
    correlation(p, true_p), correlation(q, true_q), slopes / seeds, slope_error
  tell("all", "")
  split("Prospecting Qualification Proposal Negotiation", stages, " ")
  for (i = 1; i <= n; i++) group_of[i] = stage[i]
  for (k = 1; k <= 4; k++) tell(stages[k], stages[k])
  split("0 14 30 60 90 120 180 270 365 545", ages, " ")
  for (i = 1; i <= n; i++) { group_of[i] = 1; for (k = 2; k <= 10; k++) if (age[i] >= ages[k]) group_of[i] = k }
  for (k = 1; k <= 10; k++) tell("age from " ages[k] " days", k)
  for (i = 1; i <= n; i++) group_of[i] = 1 + int(p[i] * 10)
  for (k = 1; k <= 10; k++) tell("P(win) from " (k - 1) / 10, k)

  # What a correct program passes in 999 of 1,000 runs, where few seeds allow less than the plain bounds.
  low = binomial_low(seeds, 0.8, 0.0005) / seeds
  high = 1 - binomial_low(seeds, 0.2, 0.0005) / seeds
  if (low > 0.7) low = 0.7
  if (high < 0.9) high = 0.9
  spread = slope_error * 3.3 > 0.1 ? slope_error * 3.3 : 0.1
  regress(1, n, "", logit_p, true_p)
  bad_cover = in80 / seeds < low || in80 / seeds > high
  bad_slope = slope < 1 - spread || slope > 1 + spread
  printf "# bounds: 80 %% interval %.3f in [%.3f, %.3f]%s; pooled slope %.3f in [%.3f, %.3f]%s\n", in80 / seeds, low, high, \
    bad_cover ? " FAILED" : "", slope, 1 - spread, 1 + spread, bad_slope ? " FAILED" : ""
  exit bad_cover || bad_slope
}
