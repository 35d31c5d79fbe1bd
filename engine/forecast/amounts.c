#include "engine/forecast/amounts.h"

#include "dealcast/model/model.h"
#include "engine/base/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The recorded amount of an open deal is believed to hold on the average until won deals say otherwise: worth this many
 * deals; closing amounts scatter around it by this much (log scale). */
static const double MOST_LOG_SD = 5; /* bookings takes no more; a factor of 150 either way */
static const double RATIO_DEALS = 20, RATIO_SD = 0.25;
/* Won amounts count half after a year; with no won deals at all amounts scatter like this. */
static const double HALF_LIFE_DAYS = 365, PRIOR_SIGMA = 1.0;
/* That scatter is believed as if so many won deals had told it; fewer deals than these tell nothing of attributes. */
static const double PRIOR_DEALS = 2;
static const size_t FEWEST_DEALS = 10;
static const double LARGEST_LOG_SMEAR = 700;

void dc_amounts_clear(dc_amounts *a)
{
  free(a->beta);
  memset(a, 0, sizeof *a);
}

typedef struct ratio_sums {
  double closing[2], current[2]; /* at mid-life, at creation */
  double log_square, n;
} ratio_sums;

static void add_ratio(ratio_sums *sums, int which, double closing, double current)
{
  if (!(current > 0)) return;
  sums->closing[which] += closing;
  sums->current[which] += current;
  if (!(closing > 0)) return; /* worth nothing: in the mean, not in the spread around it */
  double log_ratio = log(closing / current);
  sums->log_square += log_ratio * log_ratio;
  sums->n++;
}

/* Each won deal as it stood when it was created and half-way to its close. */
static void learn_ratios(const dc_snapshot *s, dc_amounts *a)
{
  const dc_deals *d = a->features->deals;
  ratio_sums sums = {{0, 0}, {0, 0}, 0, 0};
  double typical = 0, counted = 0;
  for (size_t k = 0; k < s->n_booked && d->history_has_amount; k++) {
    const dc_booking *b = &s->booked[k];
    const dc_spell *spell = &d->spells[d->spell_at[b->deal]];
    dc_view view;
    if (isnan(b->amount) || spell->start == DC_DATE_MISSING || spell->end != b->day) continue;
    typical += b->amount;
    counted++;
    dc_deals_first_view(d, b->deal, spell, s->day, &view);
    add_ratio(&sums, 1, b->amount, view.amount);
    int32_t middle = spell->start + (spell->end - spell->start) / 2;
    if (middle >= spell->end) continue;
    dc_deals_view(d, b->deal, middle, &view);
    add_ratio(&sums, 0, b->amount, view.amount);
  }
  double prior = counted > 0 ? RATIO_DEALS * typical / counted : 0;
  a->open_ratio = prior > 0 ? (sums.closing[0] + prior) / (sums.current[0] + prior) : 1;
  a->new_ratio = prior > 0 ? (sums.closing[1] + prior) / (sums.current[1] + prior) : 1;
  a->ratio_log_sd = sqrt((sums.log_square + RATIO_DEALS * RATIO_SD * RATIO_SD) / (sums.n + RATIO_DEALS));
}

/* Won deals with an amount above 0, the codes of their attributes in columns. */
typedef struct won_deals {
  size_t n, room;
  uint32_t *code;
  double *y, *weight;
  dc_term term[DC_MAX_FACTORS];
} won_deals;

static void won_deals_free(won_deals *w)
{
  free(w->code);
  free(w->y);
  free(w->weight);
}

static dc_status gather(const dc_snapshot *s, dc_amounts *a, won_deals *w, dc_error *error)
{
  const dc_features *f = a->features;
  size_t zero = 0;
  for (int k = DC_FEATURE_ATTRIBUTES; k < f->n; k++)
    if (f->factor[k].levels > 1) a->factor[a->n_factors++] = k;
  w->room = s->n_booked + 1;
  w->code = malloc((w->room * (size_t)a->n_factors + 1) * sizeof *w->code);
  w->y = malloc(w->room * sizeof *w->y);
  w->weight = malloc(w->room * sizeof *w->weight);
  if (!w->code || !w->y || !w->weight) return dc_fail_memory(error, "fitting amounts");
  for (size_t k = 0; k < s->n_booked; k++) {
    const dc_booking *b = &s->booked[k];
    if (isnan(b->amount)) continue;
    if (b->amount <= 0) {
      zero++;
      continue;
    }
    for (int j = 0; j < a->n_factors; j++)
      w->code[(size_t)j * w->room + w->n] = dc_features_attribute(f, a->factor[j], b->deal);
    w->y[w->n] = log(b->amount);
    w->weight[w->n++] = exp2(-(double)(s->day - b->day) / HALF_LIFE_DAYS);
  }
  for (int j = 0; j < a->n_factors; j++) {
    const dc_factor *of = &f->factor[a->factor[j]];
    w->term[j] = (dc_term){.name = of->name,
                           .kind = DC_TERM_EFFECT,
                           .codes = {w->code + (size_t)j * w->room, sizeof *w->code, of->levels, NULL}};
    a->offset[j + 1] = a->offset[j] + of->levels;
  }
  a->n_won = w->n;
  a->positive = w->n + zero ? (double)(w->n + 1) / (double)(w->n + zero + 1) : 1;
  a->none = w->n == 0 && !f->deals->has_amount;
  return DC_OK;
}

/* Effects of attributes; *fit stays NULL where there are too few deals, or they differ in nothing. */
static dc_status run_model(const dc_amounts *a, const won_deals *w, int threads, dc_fit **fit, dc_error *error)
{
  const dc_design design = {
      .n_rows = w->n, .intercept = true, .n_terms = (size_t)a->n_factors, .terms = w->term, .weight = w->weight};
  const dc_response response = {.name = "log amount", .y = w->y};
  dc_error own = {0};
  if (w->n < FEWEST_DEALS || !a->n_factors) return DC_OK;
  dc_arena *arena = dc_arena_new();
  if (!arena) return dc_fail_memory(error, "fitting amounts");
  const dc_task task = {
      .design = &design, .response = &response, .confidence = 0.95, .threads = threads, .arena = arena};
  dc_status status = dc_model_fit(dc_model_find("mixed"), &task, fit, &own);
  dc_arena_free(arena);
  if (status != DC_E_MEMORY && status != DC_E_CANCELLED) return DC_OK;
  if (error) *error = own;
  return status;
}

/* The estimates in one piece; degrees of freedom that they took. */
static dc_status take_estimates(const dc_fit *fit, const won_deals *w, dc_amounts *a, double *df, dc_error *error)
{
  double sum = 0, all = 0;
  for (size_t i = 0; i < w->n; i++) {
    sum += w->weight[i] * w->y[i];
    all += w->weight[i];
  }
  a->intercept = all > 0 ? sum / all : 0;
  *df = 1;
  if (!fit || !isfinite(fit->coefficients[0].estimate)) return DC_OK;
  a->beta = malloc((a->offset[a->n_factors] + 1) * sizeof *a->beta);
  if (!a->beta) return dc_fail_memory(error, "fitting amounts");
  a->intercept = fit->coefficients[0].estimate;
  for (size_t l = 0; l < a->offset[a->n_factors]; l++) {
    double estimate = fit->coefficients[1 + l].estimate;
    a->beta[l] = isfinite(estimate) ? estimate : 0;
  }
  for (size_t t = 0; t < fit->n_terms; t++) *df += isfinite(fit->terms[t].df) ? fit->terms[t].df : 0;
  return DC_OK;
}

/* Weights count deals; with none of them, what is believed before any data. */
static void set_scatter(const won_deals *w, double df, dc_amounts *a)
{
  double squares = 0, smear = 0, deals = 0;
  for (size_t i = 0; i < w->n; i++) {
    double residual = w->y[i] - a->intercept;
    for (int j = 0; j < a->n_factors && a->beta; j++)
      residual -= a->beta[a->offset[j] + w->code[(size_t)j * w->room + i]];
    squares += w->weight[i] * residual * residual;
    smear += w->weight[i] * exp(fmin(residual, LARGEST_LOG_SMEAR));
    deals += w->weight[i];
  }
  double prior = PRIOR_DEALS * PRIOR_SIGMA * PRIOR_SIGMA;
  a->sigma = sqrt((prior + squares) / (PRIOR_DEALS + deals - fmin(df, deals)));
  a->smear = deals > 0 ? fmin(smear / deals, exp(LARGEST_LOG_SMEAR)) : exp(0.5 * PRIOR_SIGMA * PRIOR_SIGMA);
}

static dc_status regress(const dc_snapshot *s, int threads, dc_amounts *a, dc_error *error)
{
  won_deals w = {0};
  dc_fit *fit = NULL;
  double df = 0;
  dc_status status = gather(s, a, &w, error);
  if (status == DC_OK) status = run_model(a, &w, threads, &fit, error);
  if (status == DC_OK) status = take_estimates(fit, &w, a, &df, error);
  if (status == DC_OK) set_scatter(&w, df, a);
  dc_fit_free(fit);
  won_deals_free(&w);
  return status;
}

dc_status dc_amounts_fit(const dc_features *features, const dc_snapshot *snapshot, int threads, dc_amounts *a,
                         dc_error *error)
{
  memset(a, 0, sizeof *a);
  a->features = features;
  learn_ratios(snapshot, a);
  dc_status status = regress(snapshot, threads, a, error);
  if (status != DC_OK) dc_amounts_clear(a);
  return status;
}

void dc_amounts_of(const dc_amounts *a, const dc_subject *subject, double current, bool is_new, double *mean,
                   double *log_sd)
{
  if (!isnan(current)) {
    *mean = current * (is_new ? a->new_ratio : a->open_ratio);
    *log_sd = fmin(a->ratio_log_sd, MOST_LOG_SD);
    return;
  }
  if (a->none || a->n_won == 0) {
    *mean = *log_sd = 0;
    return;
  }
  double log_amount = a->intercept;
  for (int k = 0; k < a->n_factors && a->beta; k++) log_amount += a->beta[a->offset[k] + subject->fixed[a->factor[k]]];
  *mean = exp(log_amount) * a->smear * a->positive;
  *log_sd = fmin(a->sigma, MOST_LOG_SD);
}
