#include "engine/forecast/calibrate.h"

#include <math.h>
#include <stdlib.h>

/* How biased a raw forecast is believed to be (sd of the ratio), how much single targets scatter about it, and for how
 * many targets that belief counts; older targets count less. */
static const double BIAS_SD = 0.25, SCATTER_SD = 0.2, SCATTER_TARGETS = 3, FADE = 0.93;
/* The common shock before any evidence (a standard deviation of 17 %), and what is added a horizon. */
static const double PHI_PRIOR = 0.03, PHI_TARGETS = 6, PHI_GROWTH = 1.15, PHI_LEAST = 0.004, PHI_MOST = 2;
static const double FACTOR_LEAST = 0.2, FACTOR_MOST = 5;

const char *dc_measure_name(dc_measure measure)
{
  static const char *const names[DC_MEASURES] = {"amount", "count"};
  return names[measure];
}

const char *dc_component_name(dc_component component)
{
  static const char *const names[DC_COMPONENTS] = {"won", "open", "new", "total"};
  return names[component];
}

static bool counts(const dc_evidence *e, int32_t known, int horizon, dc_measure m)
{
  return e->period_end <= known && e->horizon == horizon && e->raw[m] > 0;
}

static double clamp(double x, double least, double most) { return x < least ? least : x > most ? most : x; }

/* Ratio of actual to raw around `prior`, by credibility. */
static double credible_factor(const dc_evidence *evidence, size_t n, int32_t known, int horizon, dc_measure m,
                              double prior)
{
  double targets = 0, weight = 0, raw = 0, actual = 0, scatter = SCATTER_TARGETS * SCATTER_SD * SCATTER_SD, w = 1;
  for (size_t k = n; k-- > 0;) {
    if (!counts(&evidence[k], known, horizon, m)) continue;
    raw += w * evidence[k].raw[m] * prior;
    actual += w * evidence[k].actual[m];
    weight += w;
    targets++;
    w *= FADE;
  }
  if (targets == 0) return prior;
  double ratio = actual / raw;
  for (size_t k = 0; k < n; k++) {
    if (!counts(&evidence[k], known, horizon, m)) continue;
    double off = evidence[k].actual[m] / (evidence[k].raw[m] * prior) - ratio;
    scatter += off * off;
  }
  double variance = scatter / (SCATTER_TARGETS + (targets > 1 ? targets - 1 : 0));
  double pull = variance / (BIAS_SD * BIAS_SD), typical = raw / weight;
  return clamp(prior * (pull * typical + actual) / (pull * typical + raw), FACTOR_LEAST, FACTOR_MOST);
}

static double credible_phi(const dc_evidence *evidence, size_t n, int32_t known, int horizon, dc_measure m, double prior)
{
  double sum = PHI_TARGETS * prior, targets = PHI_TARGETS;
  for (size_t k = 0; k < n; k++) {
    const dc_evidence *e = &evidence[k];
    if (!counts(e, known, horizon, m)) continue;
    double off = e->actual[m] - e->mean[m];
    sum += clamp((off * off - e->variance[m]) / (e->mean[m] * e->mean[m]), -prior, PHI_MOST);
    targets++;
  }
  return clamp(sum / targets, PHI_LEAST, PHI_MOST);
}

void dc_calibrate(const dc_evidence *evidence, size_t n, int32_t known, int horizons, dc_calibration *c)
{
  c->horizons = horizons;
  for (int h = 0; h < DC_MAX_PERIODS; h++) c->n[h] = 0;
  for (size_t k = 0; k < n; k++)
    if (evidence[k].period_end <= known) c->n[evidence[k].horizon]++;
  for (int m = 0; m < DC_MEASURES; m++) {
    double factor = 1, phi = PHI_PRIOR / PHI_GROWTH;
    for (int h = 1; h < DC_MAX_PERIODS; h++) {
      if (h <= horizons) factor = credible_factor(evidence, n, known, h, (dc_measure)m, factor);
      phi = h <= horizons ? credible_phi(evidence, n, known, h, (dc_measure)m, phi * PHI_GROWTH) : phi;
      c->factor[m][h] = factor;
      c->phi[m][h] = phi;
    }
  }
}

/* On the odds, so that it stays a probability. */
double dc_calibrated_p(const dc_calibration *c, int period, double p)
{
  double factor = c->factor[DC_COUNT][period + 1];
  return p * factor / (1 - p + p * factor);
}

/* Amounts carry what is left of the amounts' factor after the count's. */
static double amount_scale(const dc_calibration *c, int period)
{
  return c->factor[DC_AMOUNT][period + 1] / c->factor[DC_COUNT][period + 1];
}

typedef struct inputs {
  double *p, *amount, *log_sd, *rate, *new_amount, *new_log_sd;
  size_t n, n_new;
} inputs;

static void inputs_free(inputs *in)
{
  free(in->p);
  free(in->amount);
  free(in->log_sd);
  free(in->rate);
  free(in->new_amount);
  free(in->new_log_sd);
}

static bool inputs_new(size_t n_open, size_t n_kinds, inputs *in)
{
  *in = (inputs){0};
  in->p = malloc((n_open + 1) * sizeof *in->p);
  in->amount = malloc((n_open + 1) * sizeof *in->amount);
  in->log_sd = malloc((n_open + 1) * sizeof *in->log_sd);
  in->rate = malloc((n_kinds + 1) * sizeof *in->rate);
  in->new_amount = malloc((n_kinds + 1) * sizeof *in->new_amount);
  in->new_log_sd = malloc((n_kinds + 1) * sizeof *in->new_log_sd);
  return in->p && in->amount && in->log_sd && in->rate && in->new_amount && in->new_log_sd;
}

static void take_open(const dc_projection *p, const dc_calibration *c, int period, dc_measure m, const dc_part *part,
                      inputs *in)
{
  double scale = m == DC_AMOUNT ? amount_scale(c, period) : 1;
  in->n = part ? part->n_open : p->n_open;
  for (size_t j = 0; j < in->n; j++) {
    size_t i = part ? part->open[j] : j;
    in->p[j] = dc_calibrated_p(c, period, p->p_win[i * (size_t)p->periods.n + (size_t)period]);
    in->amount[j] = m == DC_AMOUNT ? p->amount[i] * scale : 1;
    in->log_sd[j] = m == DC_AMOUNT ? p->log_sd[i] : 0;
  }
}

static void take_new(const dc_projection *p, const dc_calibration *c, int period, dc_measure m, const dc_part *part,
                     inputs *in)
{
  double scale = m == DC_AMOUNT ? amount_scale(c, period) : 1;
  in->n_new = part ? part->n_kinds : p->n_new;
  for (size_t j = 0; j < in->n_new; j++) {
    size_t k = part ? part->kind[j] : j;
    double rate = p->rate[k * (size_t)p->periods.n + (size_t)period] * (part ? part->share[j] : 1);
    in->rate[j] = rate * c->factor[DC_COUNT][period + 1];
    in->new_amount[j] = m == DC_AMOUNT ? p->new_amount[k] * scale : 1;
    in->new_log_sd[j] = m == DC_AMOUNT ? p->new_log_sd[k] : 0;
  }
}

dc_status dc_distribution(const dc_projection *p, const dc_calibration *c, int period, dc_measure m,
                          dc_component component, const dc_part *part, dc_bookings **out, dc_error *error)
{
  inputs in;
  if (!inputs_new(part ? part->n_open : p->n_open, part ? part->n_kinds : p->n_new, &in)) {
    inputs_free(&in);
    return dc_fail_memory(error, "adding up deals");
  }
  bool all = component == DC_TOTAL;
  if (all || component == DC_FROM_OPEN) take_open(p, c, period, m, part, &in);
  if (all || component == DC_FROM_NEW) take_new(p, c, period, m, part, &in);
  dc_sum booked = part ? part->booked : p->booked[period];
  dc_bookings_input input = {.n = in.n, .p = in.p, .amount = in.amount, .log_sd = in.log_sd, .n_new = in.n_new,
                             .rate = in.rate, .new_amount = in.new_amount, .new_log_sd = in.new_log_sd,
                             .new_variance = p->new_variance, .phi = c->phi[m][period + 1]};
  if (all || component == DC_WON_SO_FAR) input.fixed = m == DC_AMOUNT ? booked.amount : booked.count;
  dc_status status = dc_bookings_new(&input, out, error);
  inputs_free(&in);
  return status;
}

void dc_future_moments(const dc_projection *p, const dc_calibration *c, int period, dc_measure m, double *mean,
                       double *variance)
{
  double scale = m == DC_AMOUNT ? amount_scale(c, period) : 1, sum = 0, square = 0, fresh = 0;
  size_t n = (size_t)p->periods.n, at = (size_t)period;
  for (size_t i = 0; i < p->n_open; i++) {
    double q = dc_calibrated_p(c, period, p->p_win[i * n + at]);
    double a = m == DC_AMOUNT ? p->amount[i] * scale : 1, s = m == DC_AMOUNT ? p->log_sd[i] : 0;
    sum += q * a;
    square += q * a * a * (exp(s * s) - q);
  }
  for (size_t k = 0; k < p->n_new; k++) {
    double rate = p->rate[k * n + at] * c->factor[DC_COUNT][period + 1];
    double a = m == DC_AMOUNT ? p->new_amount[k] * scale : 1, s = m == DC_AMOUNT ? p->new_log_sd[k] : 0;
    fresh += rate * a;
    square += rate * a * a * exp(s * s);
  }
  *mean = sum + fresh;
  *variance = square + fresh * fresh * p->new_variance;
}
