#include "engine/forecast/amounts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The recorded amount of an open deal is believed to hold on the average until won deals say otherwise: worth this many
 * deals; closing amounts scatter around it by this much (log scale). */
static const double MOST_LOG_SD = 5; /* bookings takes no more; a factor of 150 either way */
static const double RATIO_DEALS = 20, RATIO_SD = 0.25;
/* Won amounts count half after a year; with no won deals at all amounts scatter like this. */
static const double HALF_LIFE_DAYS = 365, PRIOR_SIGMA = 1.0;

void dc_amounts_clear(dc_amounts *a)
{
  dc_linear_free(a->fit);
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

static void choose_regressors(dc_amounts *a, dc_factor *factors)
{
  const dc_features *f = a->features;
  for (int k = DC_FEATURE_ATTRIBUTES; k < f->n; k++) {
    factors[a->n_factors] = f->factor[k];
    factors[a->n_factors].prior_sd = 0.5;
    a->factor[a->n_factors++] = k;
  }
}

static dc_status regress(const dc_snapshot *s, int threads, dc_amounts *a, dc_error *error)
{
  dc_factor factors[DC_MAX_FACTORS];
  const dc_deals *d = a->features->deals;
  choose_regressors(a, factors);
  size_t width = (size_t)a->n_factors, n = 0, zero = 0;
  uint32_t *code = malloc((s->n_booked * width + 1) * sizeof *code);
  double *y = malloc((s->n_booked + 1) * sizeof *y), *weight = malloc((s->n_booked + 1) * sizeof *weight);
  dc_status status = code && y && weight ? DC_OK : dc_fail_memory(error, "fitting amounts");
  for (size_t k = 0; k < s->n_booked && status == DC_OK; k++) {
    const dc_booking *b = &s->booked[k];
    if (isnan(b->amount)) continue;
    if (b->amount <= 0) {
      zero++;
      continue;
    }
    for (size_t j = 0; j < width; j++) code[n * width + j] = dc_features_attribute(a->features, a->factor[j], b->deal);
    y[n] = log(b->amount);
    weight[n++] = exp2(-(double)(s->day - b->day) / HALF_LIFE_DAYS);
  }
  a->positive = n + zero ? (double)(n + 1) / (double)(n + zero + 1) : 1;
  a->none = n == 0 && !d->has_amount;
  if (status == DC_OK) {
    dc_linear_rows rows = {n, a->n_factors, factors, code, y, weight};
    status = dc_linear_fit(&rows, PRIOR_SIGMA, threads, &a->fit, error);
    if (status == DC_W_MAXITER) status = DC_OK;
  }
  free(code);
  free(y);
  free(weight);
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
  uint32_t code[DC_MAX_FACTORS];
  if (!isnan(current)) {
    *mean = current * (is_new ? a->new_ratio : a->open_ratio);
    *log_sd = fmin(a->ratio_log_sd, MOST_LOG_SD);
    return;
  }
  if (a->none || a->fit->n_rows == 0) {
    *mean = *log_sd = 0;
    return;
  }
  for (int k = 0; k < a->n_factors; k++) code[k] = subject->fixed[a->factor[k]];
  *mean = exp(dc_linear_eta(a->fit, code)) * a->fit->smear * a->positive;
  *log_sd = fmin(a->fit->sigma, MOST_LOG_SD);
}
