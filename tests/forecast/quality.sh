#!/bin/sh
# The proof that a forecast carries, counted again from its own rows and from the deals file: tests/forecast/quality.sh BUILD.
set -u
. tests/report "$1"

table() { # name, options
  name=$1
  shift
  "$dealcast" forecast "$sample/deals.csv" "$@" --format csv --table "$name" >"$work/$name.csv"
}

# Columns by name, and what two numbers may differ by.
lib='
  function names(   c) { for (c = 1; c <= NF; c++) at[$c] = c }
  function get(name) { if (!(name in at)) { print "no column " name; bad = 1 } return $(at[name]) }
  function near(a, b, what) {
    if (a - b <= 1e-9 * (b < 0 ? -b : b) + 1e-12 && b - a <= 1e-9 * (b < 0 ? -b : b) + 1e-12) return
    printf "%s is %.17g, counted again %.17g\n", what, a, b
    bad = 1
  }
  function size(x) { return x < 0 ? -x : x }
'

check_quality() { # what, rows at least, options
  what=$1
  least=$2
  shift 2
  table backtest "$@" && table quality "$@" && table forecast "$@"
  report $? "$what: tables are written"
  awk -F, "$lib"'
    FNR == 1 { file++; delete at; names(); next }
    file == 1 {
      key = get("method") "," get("horizon") "," get("measure")
      a = get("actual"); m = get("mean")
      n[key]++
      crps[key] += get("crps")
      off[key] += m - a
      far[key] += size(m - a)
      sum[key] += size(a)
      in50[key] += a >= get("p25") && a <= get("p75")
      in80[key] += a >= get("p10") && a <= get("p90")
      in95[key] += a >= get("p025") && a <= get("p975")
      next
    }
    get("measure") == "deals" { deals++; next }
    {
      key = get("method") "," get("horizon") "," get("measure")
      if (!(key in n)) { print key " has no rows in the backtest"; bad = 1; next }
      near(get("n"), n[key], key " n")
      near(get("crps"), crps[key] / n[key], key " crps")
      near(get("wape"), far[key] / sum[key], key " wape")
      near(get("bias"), off[key] / sum[key], key " bias")
      near(get("coverage_50"), in50[key] / n[key], key " coverage_50")
      near(get("coverage_80"), in80[key] / n[key], key " coverage_80")
      near(get("coverage_95"), in95[key] / n[key], key " coverage_95")
      told[key] = 1
      rows++
    }
    END {
      for (key in n) if (!(key in told)) { print key " is not in the quality table"; bad = 1 }
      if (rows < '"$least"') { print "only " rows " rows"; bad = 1 }
      if (deals != 1) { print "the scores of single deals are missing"; bad = 1 }
      exit bad
    }' "$work/backtest.csv" "$work/quality.csv"
  report $? "$what: the quality table follows from the backtest"

  # What came is what the deals file says; quantiles are in order; a target is never behind its origin.
  awk -F, -v period="$period" "$lib"'
    function span(day,   y, m) { # the period that holds a day, by its first month
      y = substr(day, 1, 4); m = substr(day, 6, 2) + 0
      if (period == "quarter") m = m - (m - 1) % 3
      return sprintf("%s-%02d", y, m)
    }
    FNR == 1 { file++; delete at; names(); next }
    file == 1 {
      if (!match($0, /,Closed Won,/)) next
      split(substr($0, RSTART + RLENGTH), cell, ",") # amount, created, expected, closed
      won[span(cell[4])] += cell[1]
      number[span(cell[4])]++
      next
    }
    {
      key = get("origin") " " get("method") " " get("horizon") " " get("measure")
      if (seen[key]++) { print key " is there twice"; bad = 1 }
      near(get("actual"), get("measure") == "amount" ? won[span(get("period_start"))] : number[span(get("period_start"))], key " actual")
      before = -1
      for (c = at["p025"]; c <= at["p975"]; c++) {
        if ($c < before) { print key ": quantiles out of order"; bad = 1 }
        before = $c
      }
      if (get("crps") < 0) { print key ": negative crps"; bad = 1 }
      if (span(get("origin")) > span(get("period_start"))) { print key ": origin behind its target"; bad = 1 }
      rows++
    }
    END { if (rows < 100) { print "only " rows " rows"; bad = 1 } exit bad }' "$sample/deals.csv" "$work/backtest.csv"
  report $? "$what: what came is what the deals file says"

  # The naive methods that need nothing but closed deals, at origins on which a period ended.
  if [ "$period" = month ]; then
    awk -F, "$lib"'
    function back(day, n,   y, m) { y = substr(day, 1, 4) + 0; m = substr(day, 6, 2) - 1 - n + 12 * y; return sprintf("%04d-%02d", int(m / 12), m % 12 + 1) }
    FNR == 1 { file++; delete at; names(); next }
    file == 1 {
      if (!match($0, /,Closed Won,/)) next
      split(substr($0, RSTART + RLENGTH), cell, ",")
      number[substr(cell[4], 1, 7)]++
      next
    }
    get("measure") == "count" {
      o = get("origin"); h = get("horizon")
      if (get("method") == "last") near(get("mean"), number[substr(o, 1, 7)], o " last")
      if (get("method") == "run rate") near(get("mean"), (number[back(o, 0)] + number[back(o, 1)] + number[back(o, 2)]) / 3, o " run rate")
      if (get("method") == "same last quarter") near(get("mean"), number[back(get("period_start"), 3)], o " same last quarter")
      if (get("method") == "same last year") near(get("mean"), number[back(get("period_start"), 12)], o " same last year")
      if (get("method") ~ /^(last|run rate|same last)/) rows++
    }
    END { if (rows < 100) { print "only " rows " rows"; bad = 1 } exit bad }' "$sample/deals.csv" "$work/backtest.csv"
    report $? "$what: naive forecasts are what closed deals say"
  fi

  # Components add up, and quantiles are in order.
  awk -F, "$lib"'
    FNR == 1 { names(); next }
    {
      key = get("period_start") " " get("measure")
      if (get("component") == "total") total[key] = get("mean")
      else parts[key] += get("mean")
      for (c = at["p05"]; c < at["p95"]; c++) if ($c > $(c + 1)) { print key ": quantiles out of order"; bad = 1 }
      rows++
    }
    END {
      for (key in total) near(total[key], parts[key], key " total")
      if (rows != 24) { print rows " rows, expected 24"; bad = 1 }
      exit bad
    }' "$work/forecast.csv"
  report $? "$what: won + open + new = total"
}

# A deal that is won in one of the periods is won: P(win) is not below what the periods add up to.
check_chances() { # what, options
  what=$1
  shift
  table deals "$@" && table deal_periods "$@"
  report $? "$what: tables are written"
  awk -F, "$lib"'
    FNR == 1 { file++; delete at; names(); columns = NF; next }
    file == 1 { within[get("deal_id")] += get("p_win_in_period"); next }
    {
      id = get("deal_id"); p = $(NF - columns + at["p_win"]) # names before it may hold commas
      if (p < within[id] * (1 - 1e-12) || p > 1) { printf "%s: P(win) %.17g, in the periods %.17g\n", id, p, within[id]; bad = 1 }
      rows++
    }
    END { if (rows < 100) { print "only " rows " deals"; bad = 1 } exit bad }' "$work/deal_periods.csv" "$work/deals.csv"
  report $? "$what: P(win) covers the periods"
}

# The backtest says what the forecast of that day would have said. They differ in how many patterns of new deals they take.
check_origin() { # as-of day, an origin before it, how many origins lie between, how many behind
  day=$1
  origin=$2
  table backtest --history "$work/history.csv" --as-of "$day" --origins $(($3 + $4)) &&
    table forecast --history "$work/history.csv" --as-of "$origin" --origins "$4"
  report $? "as of $origin: tables are written"
  awk -F, -v origin="$origin" "$lib"'
    FNR == 1 { file++; delete at; names(); next }
    file == 1 { if (get("origin") == origin && get("method") == "dealcast") then[get("period_start") " " get("measure")] = get("mean"); next }
    get("component") == "total" {
      key = get("period_start") " " get("measure")
      if (!(key in then)) { print key " is not in the backtest"; bad = 1; next }
      limit = get("measure") == "amount" ? 0.06 : 0.03
      ratio = get("mean") / then[key]
      if (ratio < 1 - limit || ratio > 1 + limit) { printf "%s: %g then, %g now\n", key, then[key], get("mean"); bad = 1 }
      rows++
    }
    END { if (rows != 6) { print rows " rows"; bad = 1 } exit bad }' "$work/backtest.csv" "$work/forecast.csv"
  report $? "as of $origin: the backtest of $day said so"
}

period=month
gzip -dc "$sample/history.csv.gz" >"$work/history.csv" || exit 1
check_quality "with history" 50 --history "$work/history.csv"
check_quality "deals alone" 44
check_chances "with history" --history "$work/history.csv"
check_chances "over years" --period quarter --horizon 20
check_origin 2025-06-30 2025-03-31 3 3
period=quarter
check_quality "deals alone, quarters" 40 --period quarter

closing
