#include "engine/forecast/conversion.h"

#include "engine/base/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is believed before any data: one deal in sixteen closes in a week, worth this many weeks of exposure. */
static const double PRIOR_HAZARD = 0.06, PRIOR_WEEKS = 20, PRIOR_SD = 1.0;
/* Variances closer than this, on the log scale, give the same forecast to three digits. */
static const double TOLERANCE = 0.05;
static const int ROUNDS = 12;
/* The stage, pushes, ... of few closed deals say little: factors enter as closed deals allow (features.c). */
static const int64_t rung_floor[] = {0, 10, 50, 300};

const char *dc_rung_name(dc_rung rung)
{
  static const char *const names[] = {"prior-dominated", "pooled", "ridge", "full"};
  return names[rung];
}

dc_rung dc_rung_of(int64_t closed)
{
  int rung = DC_RUNG_FULL;
  while (closed < rung_floor[rung]) rung--;
  return (dc_rung)rung;
}

void dc_conversion_free(dc_conversion *c)
{
  if (!c) return;
  dc_fit_free(c->fit);
  free(c->offset);
  for (int risk = 0; risk < DC_RISKS; risk++) free(c->beta[risk]);
  free(c);
}

static void count_closed(dc_conversion *c)
{
  const dc_deals *d = c->features->deals;
  for (size_t i = 0; i < d->n; i++) {
    if (d->known[i] > c->origin) continue;
    for (uint64_t k = d->spell_at[i]; k < d->spell_at[i + 1]; k++) {
      const dc_spell *s = &d->spells[k];
      if (s->end == DC_DATE_MISSING || s->end > c->origin) continue;
      if (s->state == DC_STATE_WON)
        c->won++;
      else
        c->lost++;
    }
  }
}

static void choose_factors(dc_conversion *c)
{
  const dc_features *f = c->features;
  int64_t closed = c->won + c->lost;
  for (int k = 0; k < f->n; k++) {
    c->position[k] = -1;
    if (f->factor[k].levels < 2 || closed < f->min_closed[k]) continue;
    c->position[k] = c->n_fitted;
    c->fitted[c->n_fitted] = k;
    c->factor[c->n_fitted++] = f->factor[k];
  }
}

/* The age bin after the oldest in which a deal closed. */
static void find_stale(dc_conversion *c, const dc_rows *rows)
{
  c->stale_from = 0;
  for (size_t r = 0; r < rows->n; r++) {
    uint32_t bin = rows->code[r * (size_t)rows->n_factors + DC_FEATURE_AGE];
    if (rows->count[3 * r] + rows->count[3 * r + 1] > 0 && bin >= c->stale_from) c->stale_from = bin + 1;
  }
}

static uint32_t age_level(const dc_conversion *c, uint32_t bin) { return bin < c->stale_from ? bin : dc_age_bins(); }

/* What the model takes: rows in columns, counts in the order open, won, lost. */
typedef struct fit_data {
  size_t n;
  uint32_t *code; /* a column for each factor */
  double *log_length, *counts;
  dc_term term[DC_MAX_FACTORS];
  double prior[DC_RISKS];
} fit_data;

enum { OPEN, COUNTS = DC_RISKS + 1 };

static double count_of(const fit_data *d, size_t row, int risk) { return d->counts[COUNTS * row + 1 + (size_t)risk]; }

static void fit_data_free(fit_data *d)
{
  free(d->code);
  free(d->log_length);
  free(d->counts);
}

/* Row by row: the rows' codes are read once. */
static void gather_codes(const dc_conversion *c, const dc_rows *rows, fit_data *d)
{
  for (size_t r = 0; r < rows->n; r++) {
    const uint32_t *from = rows->code + r * (size_t)rows->n_factors;
    for (int k = 0; k < c->n_fitted; k++) {
      uint32_t level = from[c->fitted[k]];
      d->code[(size_t)k * d->n + r] = c->fitted[k] == DC_FEATURE_AGE ? age_level(c, level) : level;
    }
  }
}

/* Without any row there is one that counts nothing: the prior decides. */
static dc_status gather(const dc_conversion *c, const dc_rows *rows, fit_data *d, dc_error *error)
{
  d->n = rows->n ? rows->n : 1;
  d->code = calloc(d->n * (size_t)c->n_fitted + 1, sizeof *d->code);
  d->log_length = calloc(d->n, sizeof *d->log_length);
  d->counts = calloc(COUNTS * d->n, sizeof *d->counts);
  if (!d->code || !d->log_length || !d->counts) return dc_fail_memory(error, "fitting the hazards");
  gather_codes(c, rows, d);
  for (int k = 0; k < c->n_fitted; k++) {
    const dc_factor *f = &c->factor[k];
    const uint32_t *code = d->code + (size_t)k * d->n;
    d->term[k] = (dc_term){.name = f->name,
                           .kind = f->penalty == DC_PENALTY_SMOOTH ? DC_TERM_SMOOTH : DC_TERM_EFFECT,
                           .codes = {.code = code, .bytes = sizeof *code, .levels = f->levels},
                           .prior_sd = f->prior_sd,
                           .prior_weight = f->prior_weight};
  }
  for (size_t r = 0; r < rows->n; r++) {
    d->log_length[r] = log((double)rows->days[r] / DC_UNIT_DAYS);
    for (size_t j = 0; j < COUNTS; j++)
      d->counts[COUNTS * r + (j + 1) % COUNTS] = (double)rows->count[COUNTS * r + j] / DC_ROW_UNITS;
  }
  return DC_OK;
}

/* Prior centre of the intercepts: the overall closing rate, split by the beta-binomial win rate of the closed deals that
 * no row tells of, as their creation is not known. (What the rows tell is the likelihood's.) */
static void set_prior(const dc_conversion *c, fit_data *d)
{
  double told[DC_RISKS] = {0, 0}, weeks = 0;
  for (size_t r = 0; r < d->n; r++) {
    double closed = count_of(d, r, DC_WON) + count_of(d, r, DC_LOST);
    told[DC_WON] += count_of(d, r, DC_WON);
    told[DC_LOST] += count_of(d, r, DC_LOST);
    weeks += (closed + d->counts[COUNTS * r + OPEN]) * exp(d->log_length[r]);
  }
  double won = fmax((double)c->won - told[DC_WON], 0), lost = fmax((double)c->lost - told[DC_LOST], 0);
  double hazard = (told[DC_WON] + told[DC_LOST] + PRIOR_HAZARD * PRIOR_WEEKS) / (weeks + PRIOR_WEEKS);
  double win_rate = (won + 1) / (won + lost + 2);
  if (hazard > 0.9) hazard = 0.9;
  d->prior[DC_WON] = log(hazard * win_rate / (1 - hazard));
  d->prior[DC_LOST] = log(hazard * (1 - win_rate) / (1 - hazard));
}

/* The estimates in one piece, for the deals to come. */
static dc_status take_estimates(dc_conversion *c, dc_error *error)
{
  const size_t first = c->fit->intercept, levels = c->fit->n_columns - first;
  c->offset = calloc((size_t)c->n_fitted + 1, sizeof *c->offset);
  if (!c->offset) return dc_fail_memory(error, "fitting the hazards");
  for (int k = 0; k < c->n_fitted; k++) c->offset[k + 1] = c->offset[k] + c->factor[k].levels;
  for (size_t risk = 0; risk < DC_RISKS; risk++) {
    const dc_coefficient *of = c->fit->coefficients + risk * c->fit->n_columns;
    c->beta[risk] = malloc((levels + 1) * sizeof *c->beta[risk]);
    if (!c->beta[risk]) return dc_fail_memory(error, "fitting the hazards");
    c->intercept[risk] = of[0].estimate;
    for (size_t l = 0; l < levels; l++) c->beta[risk][l] = of[first + l].estimate;
  }
  return DC_OK;
}

static dc_status run_model(dc_conversion *c, const fit_data *d, int threads, const dc_fit *start, dc_error *error)
{
  static const char *const names[COUNTS] = {"open", "won", "lost"};
  const dc_model *model = dc_model_find("hazard");
  double option[DC_MOST_OPTIONS];
  const dc_codes state = {.levels = COUNTS, .names = names};
  const dc_design design = {.n_rows = d->n,
                            .intercept = true,
                            .n_terms = (size_t)c->n_fitted,
                            .terms = d->term,
                            .offset = d->log_length,
                            .intercept_mean = d->prior,
                            .intercept_sd = PRIOR_SD};
  const dc_response response = {.name = "state", .category = &state, .counts = d->counts};
  dc_arena *arena = dc_arena_new();
  if (!arena) return dc_fail_memory(error, "fitting the hazards");
  dc_model_defaults(model, option);
  dc_model_set(model, option, "tolerance", TOLERANCE);
  dc_model_set(model, option, "rounds", ROUNDS);
  const dc_task task = {.design = &design,
                        .response = &response,
                        .option = option,
                        .confidence = 0.95,
                        .threads = threads,
                        .arena = arena,
                        .start = start};
  dc_status status = dc_model_fit(model, &task, &c->fit, error);
  dc_arena_free(arena);
  return status == DC_W_MAXITER ? DC_OK : status;
}

/* Mean age effect over the exposure, for deals without a creation day. */
static void average_age(dc_conversion *c, const fit_data *d)
{
  int at = c->position[DC_FEATURE_AGE];
  double total = 0;
  if (at < 0) return;
  const uint32_t *code = d->code + (size_t)at * d->n;
  for (size_t r = 0; r < d->n; r++) {
    double w = count_of(d, r, DC_WON) + count_of(d, r, DC_LOST) + d->counts[COUNTS * r + OPEN];
    for (int risk = 0; risk < DC_RISKS; risk++) c->age_mean[risk] += w * c->beta[risk][c->offset[at] + code[r]];
    total += w;
  }
  for (int risk = 0; risk < DC_RISKS && total > 0; risk++) c->age_mean[risk] /= total;
}

static bool same_factors(const dc_conversion *a, const dc_conversion *b)
{
  return a->n_fitted == b->n_fitted && memcmp(a->fitted, b->fitted, (size_t)a->n_fitted * sizeof *a->fitted) == 0;
}

dc_status dc_conversion_fit(const dc_features *features, const dc_rows *rows, int32_t origin, int threads,
                            const dc_conversion *start, dc_conversion **out, dc_error *error)
{
  dc_conversion *c = calloc(1, sizeof *c);
  fit_data d = {0};
  if (!c) return dc_fail_memory(error, "fitting the hazards");
  c->features = features;
  c->origin = origin;
  count_closed(c);
  c->rung = dc_rung_of(c->won + c->lost);
  c->epoch_limit = features->grid->epoch[dc_time_cell(features->grid, origin)];
  choose_factors(c);
  find_stale(c, rows);
  dc_status status = gather(c, rows, &d, error);
  if (status == DC_OK) {
    set_prior(c, &d);
    status = run_model(c, &d, threads, start && same_factors(start, c) ? start->fit : NULL, error);
  }
  if (status == DC_OK) status = take_estimates(c, error);
  if (status == DC_OK) {
    average_age(c, &d);
    *out = c;
  } else {
    dc_conversion_free(c);
  }
  fit_data_free(&d);
  return status;
}

/* Hazards of one cell from linear predictors without its length. */
static void hazards(const double eta[DC_RISKS], double log_length, double h[DC_RISKS])
{
  double e0 = eta[DC_WON] + log_length, e1 = eta[DC_LOST] + log_length, top = fmax(0, fmax(e0, e1));
  double won = exp(e0 - top), lost = exp(e1 - top), all = won + lost + exp(-top);
  h[DC_WON] = won / all;
  h[DC_LOST] = lost / all;
}

/* The part of the linear predictors that does not change from cell to cell. */
static void fixed_eta(const dc_conversion *c, const dc_subject *s, double eta[DC_RISKS])
{
  for (int risk = 0; risk < DC_RISKS; risk++) {
    eta[risk] = c->intercept[risk];
    for (int k = 0; k < c->n_fitted; k++)
      if (c->fitted[k] >= DC_FEATURE_FIXED) eta[risk] += c->beta[risk][c->offset[k] + s->fixed[c->fitted[k]]];
  }
}

static void cell_hazards(const dc_conversion *c, const dc_subject *s, const double base[DC_RISKS], int32_t cell,
                         int32_t first, int32_t last, double share, double h[DC_RISKS])
{
  uint32_t code[DC_FEATURE_FIXED];
  double eta[DC_RISKS] = {base[0], base[1]};
  dc_features_cell(c->features, s, cell, first, last, c->epoch_limit, code);
  code[DC_FEATURE_AGE] = age_level(c, code[DC_FEATURE_AGE]);
  for (int k = 0; k < DC_FEATURE_FIXED; k++) {
    int at = c->position[k];
    if (at < 0) continue;
    if (k == DC_FEATURE_AGE && s->since == DC_DATE_MISSING) {
      for (int risk = 0; risk < DC_RISKS; risk++) eta[risk] += c->age_mean[risk];
      continue;
    }
    uint32_t b = c->offset[at] + code[k];
    for (int risk = 0; risk < DC_RISKS; risk++) eta[risk] += c->beta[risk][b];
  }
  hazards(eta, log((double)(last - first + 1) * share / DC_UNIT_DAYS), h);
}

static int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }

void dc_conversion_periods(const dc_conversion *c, const dc_subject *s, const dc_periods *periods, double first_share,
                           double *won, double *lost)
{
  const dc_time_grid *grid = c->features->grid;
  double base[DC_RISKS], stay = 1, share = first_share;
  int32_t day = periods->first_day;
  fixed_eta(c, s, base);
  for (int p = 0; p < periods->n; p++) {
    won[p] = lost[p] = 0;
    while (day <= periods->end[p]) {
      double h[DC_RISKS];
      int32_t cell = dc_time_cell(grid, day), last = least(grid->start[cell + 1] - 1, periods->end[p]);
      cell_hazards(c, s, base, cell, day, last, share, h);
      won[p] += stay * h[DC_WON];
      lost[p] += stay * h[DC_LOST];
      stay *= 1 - h[DC_WON] - h[DC_LOST];
      share = 1;
      day = last + 1;
    }
  }
}

/* Two passes over the same path: the total, then the day on which half of it is reached. */
void dc_conversion_outlook(const dc_conversion *c, const dc_subject *s, int32_t first_day, dc_outlook *outlook)
{
  const dc_time_grid *grid = c->features->grid;
  double base[DC_RISKS], won[256], stay = 1, lost = 0, total = 0;
  int32_t ends[256], day = first_day;
  int n = 0;
  fixed_eta(c, s, base);
  while (day < first_day + DC_EVER_DAYS && stay > 1e-5 && n < 256) {
    double h[DC_RISKS];
    int32_t cell = dc_time_cell(grid, day), last = grid->start[cell + 1] - 1;
    if (last < day) break;
    cell_hazards(c, s, base, cell, day, last, 1, h);
    won[n] = stay * h[DC_WON];
    lost += stay * h[DC_LOST];
    stay *= 1 - h[DC_WON] - h[DC_LOST];
    total += won[n];
    ends[n++] = last;
    day = last + 1;
  }
  outlook->p_win = total;
  outlook->p_lost = lost;
  outlook->expected_close = DC_DATE_MISSING;
  double sum = 0;
  for (int k = 0; k < n && total > 0; k++) {
    sum += won[k];
    if (sum < total / 2) continue;
    outlook->expected_close = ends[k];
    break;
  }
}
