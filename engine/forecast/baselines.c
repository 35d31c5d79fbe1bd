#include "engine/forecast/baselines.h"

#include "dealcast/model/ets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FULL = 260, MOST_AGE = 40, EMPIRICAL_FROM = 8, ERROR_GRID = 1024 };
/* Relative error of a naive forecast before any of its own is known, and for how many it counts. */
static const double ERROR_SD = 0.35, ERROR_TARGETS = 3;
/* A first period that misses at most this many days still counts as full. */
enum { GRACE_DAYS = 7 };

const char *dc_baseline_name(dc_baseline baseline)
{
  static const char *const names[DC_BASELINES] = {
      "last",   "run rate", "same last quarter", "same last year", "win rate x pipeline", "stage-weighted",
      "cohort", "AutoETS"};
  return names[baseline];
}

/* The full periods of the data up to the origin, oldest first, and what happened in them. */
typedef struct past {
  const dc_deals *deals;
  const dc_snapshot *snapshot;
  const dc_calendar *calendar;
  int n; /* full periods */
  int32_t start[MOST_FULL + 1];
  double booked[DC_MEASURES][MOST_FULL];
  double open_at, closed_within; /* deals at period starts; those closed in them */
  double exposed[MOST_AGE][DC_BACKTEST_HORIZONS], won[MOST_AGE][DC_BACKTEST_HORIZONS];
  double mean_won; /* mean amount of a won deal */
} past;

static void find_periods(past *p)
{
  int32_t origin = p->snapshot->day, first = p->deals->first_close;
  p->n = 0;
  if (first == DC_DATE_MISSING || first > origin) return;
  int32_t start = dc_period_start(p->calendar, first);
  if (first - start > GRACE_DAYS) start = dc_period_add(p->calendar, start, 1);
  int32_t current = dc_period_start(p->calendar, origin + 1);
  /* Only the latest periods where there are very many. */
  while (start < current) {
    if (p->n == MOST_FULL) {
      memmove(p->start, p->start + 1, (MOST_FULL - 1) * sizeof *p->start);
      p->n--;
    }
    p->start[p->n++] = start;
    start = dc_period_add(p->calendar, start, 1);
  }
  p->start[p->n] = start;
}

/* The full period that holds a day: n when later, -1 when earlier. */
static int period_of(const past *p, int32_t day)
{
  int low = 0, high = p->n;
  if (p->n == 0 || day < p->start[0]) return -1;
  if (day >= p->start[p->n]) return p->n;
  while (high - low > 1) {
    int middle = (low + high) / 2;
    if (p->start[middle] <= day)
      low = middle;
    else
      high = middle;
  }
  return low;
}

static void sum_bookings(past *p)
{
  double amounts = 0, known = 0;
  for (size_t k = 0; k < p->snapshot->n_booked; k++) {
    const dc_booking *b = &p->snapshot->booked[k];
    int at = period_of(p, b->day);
    if (!isnan(b->amount)) {
      amounts += b->amount;
      known++;
    }
    if (at < 0 || at >= p->n) continue;
    p->booked[DC_COUNT][at]++;
    if (!isnan(b->amount)) p->booked[DC_AMOUNT][at] += b->amount;
  }
  p->mean_won = known > 0 ? amounts / known : 0;
}

/* Ages are counted in periods between the one of creation and the one looked at. */
static int age_of(const past *p, int32_t since, int32_t start)
{
  double days = (double)(start - since) / (p->calendar->period == DC_WEEK    ? 7.0
                                           : p->calendar->period == DC_MONTH ? 30.4375
                                                                             : 91.3125);
  int age = (int)days;
  return age < 0 ? 0 : age >= MOST_AGE ? MOST_AGE - 1 : age;
}

static void follow_spell(past *p, const dc_spell *s)
{
  int32_t origin = p->snapshot->day;
  if (s->start == DC_DATE_MISSING || s->start > origin) return;
  bool closed = s->end != DC_DATE_MISSING && s->end <= origin;
  int end_at = closed ? period_of(p, s->end) : p->n + DC_BACKTEST_HORIZONS;
  int from = period_of(p, s->start) + 1;
  for (int k = from; k < p->n && k <= end_at; k++) {
    p->open_at++;
    if (end_at == k) p->closed_within++;
    int age = age_of(p, s->start, p->start[k]);
    for (int h = 0; h < DC_BACKTEST_HORIZONS && k + h < p->n; h++) {
      p->exposed[age][h]++;
      if (end_at == k + h && s->state == DC_STATE_WON) p->won[age][h]++;
    }
  }
}

static void follow_deals(past *p)
{
  const dc_deals *d = p->deals;
  for (size_t i = 0; i < d->n; i++) {
    if (d->known[i] > p->snapshot->day) continue;
    for (uint64_t k = d->spell_at[i]; k < d->spell_at[i + 1]; k++) follow_spell(p, &d->spells[k]);
  }
}

/* Bookings `back` periods before the target, and further back by the same step until that was a full period. */
static double seasonal(const past *p, dc_measure m, int horizon, int step)
{
  int at = p->n + horizon - 1 - step;
  while (at >= p->n) at -= step;
  return at >= 0 ? p->booked[m][at] : NAN;
}

static double run_rate(const past *p, dc_measure m)
{
  int n = p->n < 3 ? p->n : 3;
  double sum = 0;
  for (int k = 0; k < n; k++) sum += p->booked[m][p->n - 1 - k];
  return n ? sum / n : NAN;
}

/* What an open deal counts: 1, or its amount (unknown: the mean of won deals). */
static double open_value(const past *p, size_t i, dc_measure m)
{
  if (m == DC_COUNT) return 1;
  double amount = p->snapshot->view[i].amount;
  return isnan(amount) ? p->mean_won : amount;
}

/* Win rate of closed deals that were seen in each stage; [0] over all. */
static double *stage_win_rates(const past *p)
{
  const dc_deals *d = p->deals;
  double *won = calloc(2 * d->stages.n + 2, sizeof *won), *closed = won ? won + d->stages.n : NULL;
  if (!won) return NULL;
  for (size_t i = 0; i < d->n; i++) {
    dc_view view;
    if (d->known[i] > p->snapshot->day) continue;
    dc_deals_view(d, i, p->snapshot->day, &view);
    if (view.state == DC_STATE_OPEN || view.state == DC_STATE_ABSENT) continue;
    uint32_t before = 0;
    closed[0]++;
    won[0] += view.state == DC_STATE_WON;
    for (uint64_t e = d->event_at[i]; e < d->event_at[i + 1] && d->events[e].day <= view.closed; e++) {
      const dc_event *event = &d->events[e];
      if (event->meaning != DC_MEANING_OPEN || event->stage == before || event->stage == 0) continue;
      closed[event->stage]++;
      won[event->stage] += view.state == DC_STATE_WON;
      before = event->stage;
    }
  }
  double overall = (won[0] + 1) / (closed[0] + 2);
  for (size_t k = 0; k < d->stages.n; k++) won[k] = (won[k] + 2 * overall) / (closed[k] + 2);
  return won;
}

/* Share of the open deals that close h periods on when a part `left` of the current period is still to come. */
static double passing_in(double share, double left, int h)
{
  if (h > 0) return share * pow(1 - share, left + h - 1);
  return left < 1 ? 1 - pow(1 - share, left) : share;
}

/* The same of deals of that age that were won, from what whole periods showed. */
static double won_in(const past *p, int age, double left, int h)
{
  double here = p->exposed[age][h] > 0 ? p->won[age][h] / p->exposed[age][h] : 0;
  if (!(left < 1)) return here;
  double before = h > 0 && p->exposed[age][h - 1] > 0 ? p->won[age][h - 1] / p->exposed[age][h - 1] : 0;
  return left * here + (1 - left) * before;
}

/* The baselines that go deal by deal: pipeline, stage-weighted, cohort. */
static void by_deal(const past *p, const double *stage_rate, const dc_periods *periods, dc_baseline_means *means)
{
  double closed = (double)(p->snapshot->won + p->snapshot->lost);
  double win_rate = closed > 0 ? (double)p->snapshot->won / closed : NAN;
  double share = p->open_at > 0 ? p->closed_within / p->open_at : NAN;
  double left = (double)(periods->end[0] - p->snapshot->day) / (double)(periods->end[0] - periods->start[0] + 1);
  for (int m = 0; m < DC_MEASURES; m++) {
    for (int h = 0; h < DC_BACKTEST_HORIZONS && h < periods->n; h++) {
      dc_sum so_far = dc_snapshot_booked(p->snapshot, periods->start[h], p->snapshot->day);
      double base = m == DC_AMOUNT ? so_far.amount : so_far.count, value = 0, weighted = 0, cohort = 0;
      for (size_t i = 0; i < p->snapshot->n_open; i++) {
        double v = open_value(p, i, (dc_measure)m);
        const dc_view *view = &p->snapshot->view[i];
        value += v;
        if (stage_rate) weighted += v * stage_rate[view->stage];
        if (view->since == DC_DATE_MISSING) continue;
        int age = age_of(p, view->since, p->snapshot->day + 1);
        cohort += v * won_in(p, age, left, h);
      }
      double passing = passing_in(share, left, h);
      means->mean[DC_BASE_PIPELINE][m][h] = base + win_rate * value * passing;
      means->mean[DC_BASE_STAGE_WEIGHTED][m][h] = stage_rate ? base + weighted * passing : NAN;
      means->mean[DC_BASE_COHORT][m][h] = p->open_at > 0 ? base + cohort : NAN;
    }
  }
}

static dc_status by_series(const past *p, const dc_periods *periods, dc_baseline_means *means, dc_error *error)
{
  double mean[DC_BACKTEST_HORIZONS], sd[DC_BACKTEST_HORIZONS];
  char form[32];
  int year = dc_periods_per_year(p->calendar->period), quarter = dc_periods_per_quarter(p->calendar->period);
  size_t season = p->n >= 2 * year && year <= 12       ? (size_t)year
                  : p->n >= 3 * quarter && quarter > 1 ? (size_t)quarter
                                                       : 1;
  for (int m = 0; m < DC_MEASURES; m++) {
    dc_status status = dc_ets_forecast(p->booked[m], (size_t)p->n, season, DC_BACKTEST_HORIZONS, mean, sd, form, error);
    if (status != DC_OK && status != DC_W_MAXITER) return status;
    for (int h = 0; h < DC_BACKTEST_HORIZONS && h < periods->n; h++) {
      dc_sum so_far = dc_snapshot_booked(p->snapshot, periods->start[h], p->snapshot->day);
      double floor_value = m == DC_AMOUNT ? so_far.amount : so_far.count;
      const struct {
        dc_baseline which;
        double value;
      } found[] = {{DC_BASE_LAST, p->n ? p->booked[m][p->n - 1] : NAN},
                   {DC_BASE_RUN_RATE, run_rate(p, (dc_measure)m)},
                   {DC_BASE_LAST_QUARTER, seasonal(p, (dc_measure)m, h + 1, quarter)},
                   {DC_BASE_LAST_YEAR, seasonal(p, (dc_measure)m, h + 1, year)},
                   {DC_BASE_ETS, p->n ? mean[h] : NAN}};
      for (size_t k = 0; k < sizeof found / sizeof *found; k++)
        means->mean[found[k].which][m][h] = found[k].value < floor_value ? floor_value : found[k].value;
    }
  }
  return DC_OK;
}

dc_status dc_baselines_at(const dc_deals *deals, const dc_snapshot *snapshot, const dc_calendar *calendar,
                          const dc_periods *periods, dc_baseline_means *means, dc_error *error)
{
  past *p = calloc(1, sizeof *p);
  double *stage_rate = NULL;
  dc_status status = DC_OK;
  if (!p) return dc_fail_memory(error, "forming the baselines");
  for (int b = 0; b < DC_BASELINES; b++)
    for (int m = 0; m < DC_MEASURES; m++)
      for (int h = 0; h < DC_BACKTEST_HORIZONS; h++) means->mean[b][m][h] = NAN;
  p->deals = deals;
  p->snapshot = snapshot;
  p->calendar = calendar;
  find_periods(p);
  sum_bookings(p);
  follow_deals(p);
  if (deals->has_history && deals->has_stage && !(stage_rate = stage_win_rates(p)))
    status = dc_fail_memory(error, "forming the baselines");
  if (status == DC_OK) by_deal(p, stage_rate, periods, means);
  if (status == DC_OK) status = by_series(p, periods, means, error);
  free(stage_rate);
  free(p);
  return status;
}

static int compare_numbers(const void *left, const void *right)
{
  double a = *(const double *)left, b = *(const double *)right;
  return a < b ? -1 : a > b;
}

/* The errors' own distribution: straight lines between plotting positions, half a gap beyond the ends. */
static double error_cdf(const double *e, size_t n, double x)
{
  double low = e[0] - 0.5 * (e[1] - e[0]), high = e[n - 1] + 0.5 * (e[n - 1] - e[n - 2]), step = 1 / (double)n;
  if (x <= low) return 0;
  if (x >= high) return 1;
  if (x < e[0]) return 0.5 * step * (x - low) / (e[0] - low);
  if (x >= e[n - 1]) return high > e[n - 1] ? 1 - 0.5 * step * (high - x) / (high - e[n - 1]) : 1;
  size_t k = 0;
  while (k + 1 < n && e[k + 1] <= x) k++;
  double gap = e[k + 1] - e[k];
  return step * ((double)k + 0.5 + (gap > 0 ? (x - e[k]) / gap : 0));
}

static dc_status empirical(double mean, const double *errors, size_t n, dc_bookings **out, dc_error *error)
{
  double *e = malloc(n * sizeof *e);
  dc_bookings *b = calloc(1, sizeof *b);
  if (b) b->cdf = malloc(ERROR_GRID * sizeof *b->cdf);
  if (!e || !b || !b->cdf) {
    free(e);
    dc_bookings_free(b);
    return dc_fail_memory(error, "forming the baselines");
  }
  memcpy(e, errors, n * sizeof *e);
  qsort(e, n, sizeof *e, compare_numbers);
  double spread = e[n - 1] - e[0] + 1e-9, low = e[0] - spread / 2, sum = 0, square = 0;
  b->n = ERROR_GRID;
  b->origin = mean * (1 + low);
  b->step = mean * 2 * spread / (ERROR_GRID - 1);
  for (size_t i = 0; i < b->n; i++) b->cdf[i] = error_cdf(e, n, low + 2 * spread * (double)i / (ERROR_GRID - 1));
  b->cdf[b->n - 1] = 1;
  for (size_t k = 0; k < n; k++) sum += e[k];
  for (size_t k = 0; k < n; k++) square += (e[k] - sum / (double)n) * (e[k] - sum / (double)n);
  b->mean = mean;
  b->sd = mean * sqrt(square / (double)n);
  free(e);
  *out = b;
  return DC_OK;
}

dc_status dc_baseline_distribution(double mean, const double *errors, size_t n, dc_bookings **out, dc_error *error)
{
  double square = ERROR_TARGETS * ERROR_SD * ERROR_SD;
  if (n >= EMPIRICAL_FROM && mean > 0) return empirical(mean, errors, n, out, error);
  for (size_t k = 0; k < n; k++) square += errors[k] * errors[k];
  return dc_bookings_normal(mean, mean * sqrt(square / (ERROR_TARGETS + (double)n)), out, error);
}
