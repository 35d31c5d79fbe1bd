#include "engine/forecast/backtest.h"

#include "engine/base/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Kinds of new deals at an origin, the least time of watching before the first origin, its least closed deals. */
enum { KINDS = 128, WATCH_DAYS = 27, LEAST_CLOSED = 10, MOST_ORIGINS = 120 };
/* Probabilities are scored within these bounds, so that one surprise does not decide everything. */
static const double LEAST_P = 1e-6;

const double dc_backtest_levels[DC_BACKTEST_QUANTILES] = {.025, .05, .10, .25, .50, .75, .90, .95, .975};

const char *dc_method_name(int method)
{
  return method == DC_METHOD_OURS ? "dealcast" : dc_baseline_name((dc_baseline)method);
}

void dc_backtest_free(dc_backtest *b)
{
  if (!b) return;
  free(b->rows);
  free(b->evidence);
  free(b->deals);
  free(b);
}

/* What one origin needs while it is worked on. */
typedef struct origin_work {
  const dc_backtest_request *request;
  dc_backtest *out;
  int32_t origin;
  dc_periods periods;
  dc_conversion *conversion;
  dc_snapshot snapshot;
  dc_amounts amounts;
  dc_projection *projection;
  dc_calibration calibration;
  dc_baseline_means baselines;
  int over;               /* periods that were over on the as-of day */
  int32_t *won;           /* per deal: the day of its booking, DC_DATE_MISSING = none */
  dc_deal_scores *scores; /* scratch */
} origin_work;

static void origin_clear(origin_work *w)
{
  dc_projection_free(w->projection);
  dc_amounts_clear(&w->amounts);
  dc_snapshot_clear(&w->snapshot);
  free(w->won);
  free(w->scores);
  w->projection = NULL;
}

static dc_backtest_row *add_row(dc_backtest *b)
{
  if (b->n_rows == b->row_capacity) {
    size_t capacity = b->row_capacity ? 2 * b->row_capacity : 256;
    dc_backtest_row *grown = realloc(b->rows, capacity * sizeof *grown);
    if (!grown) return NULL;
    b->rows = grown;
    b->row_capacity = capacity;
  }
  return &b->rows[b->n_rows++];
}

static dc_past_forecast *add_evidence(dc_backtest *b)
{
  if (b->n_evidence == b->evidence_capacity) {
    size_t capacity = b->evidence_capacity ? 2 * b->evidence_capacity : 64;
    dc_past_forecast *grown = realloc(b->evidence, capacity * sizeof *grown);
    if (!grown) return NULL;
    b->evidence = grown;
    b->evidence_capacity = capacity;
  }
  return &b->evidence[b->n_evidence++];
}

static dc_status describe(origin_work *w, int p, int method, dc_measure m, const dc_bookings *b, dc_error *error)
{
  dc_backtest_row *row = add_row(w->out);
  if (!row) return dc_fail_memory(error, "backtesting");
  dc_sum actual = dc_snapshot_booked(w->request->now, w->periods.start[p], w->periods.end[p]);
  *row = (dc_backtest_row){.origin = w->origin,
                           .period_start = w->periods.start[p],
                           .horizon = p + 1,
                           .method = method,
                           .measure = m,
                           .mean = b->mean,
                           .actual = m == DC_AMOUNT ? actual.amount : actual.count};
  row->crps = dc_bookings_crps(b, row->actual);
  for (int q = 0; q < DC_BACKTEST_QUANTILES; q++) row->quantile[q] = dc_bookings_quantile(b, dc_backtest_levels[q]);
  return DC_OK;
}

/* A baseline's relative errors at earlier origins whose target was over by now. */
static size_t past_errors(const origin_work *w, int method, int horizon, dc_measure m, double *errors)
{
  const dc_calendar *calendar = w->request->calendar;
  size_t n = 0;
  for (size_t r = 0; r < w->out->n_rows && n < MOST_ORIGINS; r++) {
    const dc_backtest_row *row = &w->out->rows[r];
    if (row->method != method || row->horizon != horizon || row->measure != m || !(row->mean > 0)) continue;
    if (dc_period_add(calendar, row->period_start, 1) - 1 > w->origin) continue;
    errors[n++] = row->actual / row->mean - 1;
  }
  return n;
}

static dc_status score_method(origin_work *w, int p, int method, dc_measure m, dc_error *error)
{
  dc_bookings *b = NULL;
  dc_status status;
  if (method == DC_METHOD_OURS) {
    status = dc_distribution(w->projection, &w->calibration, p, m, DC_TOTAL, NULL, &b, error);
  } else {
    double errors[MOST_ORIGINS], mean = w->baselines.mean[method][m][p];
    if (isnan(mean)) return DC_OK;
    status = dc_baseline_distribution(mean, errors, past_errors(w, method, p + 1, m, errors), &b, error);
  }
  if (status == DC_OK) status = describe(w, p, method, m, b, error);
  dc_bookings_free(b);
  return status;
}

/* Open deals of the origin against what became of them in period p. */
static void score_deals(const origin_work *w, int p, dc_deal_scores *s)
{
  for (size_t i = 0; i < w->snapshot.n_open; i++) {
    int32_t day = w->won[w->snapshot.open[i]];
    double odds, q = w->projection->p_win[i * (size_t)w->periods.n + (size_t)p], edge = log(1 / LEAST_P);
    int y = day >= w->periods.start[p] && day > w->origin && day <= w->periods.end[p];
    q = q < LEAST_P ? LEAST_P : q > 1 - LEAST_P ? 1 - LEAST_P : q;
    odds = log(q / (1 - q));
    int bin = (int)((odds + edge) / (2 * edge) * (DC_SCORE_BINS - 1));
    s->n++;
    s->won += y;
    s->log_loss -= y ? log(q) : log1p(-q);
    s->brier += (q - y) * (q - y);
    s->bin_n[bin]++;
    s->bin_won[bin] += y;
    s->bin_p[bin] += q;
  }
}

/* How the raw forecast of each period that is over compares with what came. */
static dc_status keep_evidence(origin_work *w, dc_error *error)
{
  for (int p = 0; p < w->over; p++) {
    dc_past_forecast *e = add_evidence(w->out);
    if (!e) return dc_fail_memory(error, "backtesting");
    dc_sum raw = dc_projection_future(w->projection, p);
    int32_t first = w->periods.start[p] > w->origin ? w->periods.start[p] : w->origin + 1;
    dc_sum came = dc_snapshot_booked(w->request->now, first, w->periods.end[p]);
    *e = (dc_past_forecast){.origin = w->origin,
                            .period_end = w->periods.end[p],
                            .horizon = p + 1,
                            .closed = (double)(w->snapshot.won + w->snapshot.lost),
                            .raw = {raw.amount, raw.count},
                            .actual = {came.amount, came.count}};
    memset(w->scores, 0, sizeof *w->scores);
    score_deals(w, p, w->scores);
    e->slope = dc_deal_slope(w->scores, &e->slope_variance);
  }
  return DC_OK;
}

/* The calibrated forecast of each period that is over, beside the baselines. */
static dc_status score_origin(origin_work *w, dc_error *error)
{
  bool has_amount = w->request->features->deals->has_amount;
  dc_status status = DC_OK;
  for (int p = 0; p < w->over && status == DC_OK; p++) {
    dc_past_forecast *e = &w->out->evidence[w->out->n_evidence - (size_t)(w->over - p)];
    for (int m = 0; m < DC_MEASURES; m++)
      dc_future_moments(w->projection, p, (dc_measure)m, &e->mean[m], &e->variance[m]);
    for (int m = has_amount ? DC_AMOUNT : DC_COUNT; m < DC_MEASURES; m++)
      for (int method = 0; method < DC_METHODS && status == DC_OK; method++)
        status = score_method(w, p, method, (dc_measure)m, error);
  }
  if (w->over > 0) score_deals(w, 0, w->out->deals);
  return status;
}

/* What became of the origin's deals: the day on which each was booked, and which periods are over. */
static dc_status look_back(origin_work *w, dc_error *error)
{
  const dc_snapshot *now = w->request->now;
  size_t n = w->request->features->deals->n;
  w->won = malloc((n + 1) * sizeof *w->won);
  w->scores = malloc(sizeof *w->scores);
  if (!w->won || !w->scores) return dc_fail_memory(error, "backtesting");
  for (size_t i = 0; i < n; i++) w->won[i] = DC_DATE_MISSING;
  for (size_t k = 0; k < now->n_booked; k++) w->won[now->booked[k].deal] = now->booked[k].day;
  while (w->over < w->periods.n && w->periods.end[w->over] <= now->day) w->over++;
  return DC_OK;
}

/* Fits, projects and scores one origin; warm: the fit of the origin before, replaced by this one's. */
static dc_status run_origin(origin_work *w, int32_t after, dc_conversion **warm, dc_error *error)
{
  const dc_backtest_request *q = w->request;
  dc_status status = dc_rows_extend(q->rows, q->features, after, w->origin, error);
  if (status == DC_OK)
    status = dc_conversion_fit(q->features, q->rows, w->origin, q->threads, *warm, &w->conversion, error);
  if (status != DC_OK) return status;
  dc_conversion_free(*warm);
  *warm = w->conversion;
  status = dc_snapshot_take(q->features->deals, w->origin, &w->snapshot, error);
  if (status == DC_OK) status = dc_amounts_fit(q->features, &w->snapshot, q->threads, &w->amounts, error);
  if (status != DC_OK) return status;
  dc_periods_from(q->calendar, w->origin, q->horizons, &w->periods);
  dc_projection_request request = {w->conversion, &w->amounts, &w->snapshot, q->calendar,
                                   &w->periods,   KINDS,       q->threads};
  status = dc_projection_new(&request, &w->projection, error);
  if (status == DC_OK)
    status = dc_baselines_at(q->features->deals, &w->snapshot, q->calendar, &w->periods, &w->baselines, error);
  if (status != DC_OK) return status;
  dc_calibrate(w->out->evidence, w->out->n_evidence, w->origin, q->horizons, &w->calibration);
  status = look_back(w, error);
  if (status == DC_OK) status = keep_evidence(w, error);
  if (status == DC_OK) status = dc_calibration_apply(&w->calibration, w->projection, error);
  return status == DC_OK ? score_origin(w, error) : status;
}

/* Closed deals known on a day. */
static int64_t closed_by(const dc_deals *deals, int32_t day)
{
  int64_t n = 0;
  for (uint64_t k = 0; k < deals->spell_at[deals->n]; k++)
    n += deals->spells[k].end != DC_DATE_MISSING && deals->spells[k].end <= day;
  return n;
}

/* How many of the origins before the as-of day have enough behind them. */
static int usable_origins(const dc_backtest_request *q)
{
  const dc_deals *deals = q->features->deals;
  int n = 0;
  if (deals->first_close == DC_DATE_MISSING) return 0;
  while (n < q->origins && n < MOST_ORIGINS) {
    int32_t origin = dc_origin_before(q->calendar, q->now->day, n + 1);
    if (origin < deals->first_close + WATCH_DAYS || closed_by(deals, origin) < LEAST_CLOSED) break;
    n++;
  }
  return n;
}

dc_status dc_backtest_run(const dc_backtest_request *q, dc_backtest **out, dc_conversion **conversion,
                          int32_t *last_origin, dc_error *error)
{
  dc_backtest *b = calloc(1, sizeof *b);
  dc_conversion *warm = NULL;
  dc_status status = DC_OK;
  int32_t after = INT32_MIN / 2;
  if (b) b->deals = calloc(1, sizeof *b->deals);
  if (!b || !b->deals) {
    dc_backtest_free(b);
    return dc_fail_memory(error, "backtesting");
  }
  b->n_origins = usable_origins(q);
  for (int k = b->n_origins; k > 0 && status == DC_OK; k--) {
    origin_work w = {.request = q, .out = b, .origin = dc_origin_before(q->calendar, q->now->day, k)};
    dc_progress("backtesting", 1 - (double)k / b->n_origins);
    if (dc_cancelled()) status = dc_fail(error, DC_E_CANCELLED, "cancelled");
    if (status == DC_OK) status = run_origin(&w, after, &warm, error);
    after = w.origin;
    origin_clear(&w);
  }
  if (status != DC_OK) {
    dc_conversion_free(warm);
    dc_backtest_free(b);
    return status;
  }
  *out = b;
  *conversion = warm;
  *last_origin = after;
  return DC_OK;
}
