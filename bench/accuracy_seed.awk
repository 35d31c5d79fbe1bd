# Compares one forecast with the truth: awk -v seed=S -v pairs=FILE -f accuracy_seed.awk truth.json forecast.json
# deal_periods.json deals.json. Each of these files has one object a line. Prints the seed's line (accuracy_generator.sh
# has the names); appends "seed p_win true_p_win p_next true_p_next stage age" of each open deal to the file of pairs.

function number(key, at) {
  at = index($0, "\"" key "\":")
  return at ? substr($0, at + length(key) + 3) + 0 : "missing"
}
function text(key, at, rest) {
  at = index($0, "\"" key "\":\"")
  if (!at) return ""
  rest = substr($0, at + length(key) + 4)
  return substr(rest, 1, index(rest, "\"") - 1)
}
function quantiles(into, k) { for (k = 1; k <= 7; k++) into[k] = number(name[k]) }

# Level of x in a distribution known by its quantiles: linear between them, 0.02 and 0.98 beyond the last.
function level_of(q, x, k) {
  if (x < q[1]) return 0.02
  for (k = 2; k <= 7; k++) if (x < q[k]) return level[k - 1] + (level[k] - level[k - 1]) * (x - q[k - 1]) / (q[k] - q[k - 1])
  return 0.98
}
# Twice the pinball loss, integrated over the levels at which both sides have quantiles (Gneiting and Raftery 2007).
function crps(q, x, k, sum) {
  sum = 0
  for (k = 1; k <= 7; k++) sum += 2 * width[k] * (x < q[k] ? (1 - level[k]) * (q[k] - x) : level[k] * (x - q[k]))
  return sum
}

BEGIN {
  split("p05 p10 p25 p50 p75 p90 p95", name, " ")
  split("0.05 0.10 0.25 0.50 0.75 0.90 0.95", level, " ")
  split("0.075 0.10 0.20 0.25 0.20 0.10 0.075", width, " ")
}
FNR == 1 { file++ }
file == 1 && /^\{"deal_id"/ {
  id = text("deal_id")
  true_p[id] = number("p_win")
  match($0, /"p_win_quarter":\[[0-9.]+/)
  true_next[id] = substr($0, RSTART + 17, RLENGTH - 17) + 0
  n_true++
}
file == 1 && /^"bookings_quarter"/ { quarters = 1; next }
file == 1 && quarters == 1 {
  quarters = 2
  quantiles(truth)
  period = text("period_start")
  true_mean = number("mean"); true_open = number("mean_from_open")
  true_count = number("mean_count"); true_count_open = number("mean_count_from_open")
  realised = number("realised"); realised_open = number("realised_from_open"); realised_count = number("realised_count")
}
file == 2 && /"component":"total"/ && /"measure":"amount"/ {
  if (text("period_start") != period) bad = "another period than the truth's"
  quantiles(ours)
  mean = number("mean")
}
file == 2 && /"component":"total"/ && /"measure":"count"/ { count = number("mean") }
file == 2 && /"component":"open"/ { if (/"measure":"amount"/) open = number("mean"); else count_open = number("mean") }
file == 3 && /^\{"deal_id"/ && text("period_start") == period { next_p[text("deal_id")] = number("p_win_in_period") }
file == 4 && /^\{"deal_id"/ {
  id = text("deal_id")
  if (!(id in true_p)) { bad = "deal " id " is not open in the truth"; next }
  p = number("p_win")
  print seed, p, true_p[id], next_p[id], true_next[id], text("stage"), number("age_days") >> pairs
  sum_p += p; sum_true += true_p[id]; n++
}
END {
  if (!bad && (n == 0 || n != n_true)) bad = n + 0 " open deals, " n_true + 0 " in the truth"
  if (bad) { print "seed " seed ": " bad >"/dev/stderr"; exit 3 }
  printf "%d,%.0f", seed, mean
  for (k = 1; k <= 7; k++) printf ",%.0f", ours[k]
  printf ",%.0f,%.0f,%.0f,%.0f,%.0f", realised, true_mean, truth[2], truth[4], truth[6]
  printf ",%.3f,%.3f", level_of(truth, mean), level_of(ours, realised)
  for (k = 1; k <= 3; k++) { # 50, 80, 90 %: quartiles, tenths, twentieths
    low = k == 1 ? 3 : k == 2 ? 2 : 1
    printf ",%d", (realised >= ours[low] && realised <= ours[8 - low])
  }
  printf ",%d,%.0f,%.0f", (realised >= truth[2] && realised <= truth[6]), crps(ours, realised), crps(truth, realised)
  printf ",%.0f,%.0f,%.0f,%.0f,%.0f", open, true_open, realised_open, mean - open, true_mean - true_open
  printf ",%.1f,%.1f,%.1f,%.1f,%d", count, true_count, count_open, true_count_open, realised_count
  printf ",%d,%.4f,%.4f\n", n, sum_p / n, sum_true / n
}
