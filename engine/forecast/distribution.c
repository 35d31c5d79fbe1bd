/* A calibrated projection as a distribution of bookings. */
#include "engine/forecast/calibrate.h"

#include <math.h>
#include <stdlib.h>

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

static void take_open(const dc_projection *p, int period, dc_measure m, const dc_part *part, inputs *in)
{
  double scale = m == DC_AMOUNT ? p->amount_scale[period] : 1;
  in->n = part ? part->n_open : p->n_open;
  for (size_t j = 0; j < in->n; j++) {
    size_t i = part ? part->open[j] : j;
    in->p[j] = p->p_win[i * (size_t)p->periods.n + (size_t)period];
    in->amount[j] = m == DC_AMOUNT ? p->amount[i] * scale : 1;
    in->log_sd[j] = m == DC_AMOUNT ? p->log_sd[i] : 0;
  }
}

static void take_new(const dc_projection *p, int period, dc_measure m, const dc_part *part, inputs *in)
{
  double scale = m == DC_AMOUNT ? p->amount_scale[period] : 1;
  in->n_new = part ? part->n_kinds : p->n_new;
  for (size_t j = 0; j < in->n_new; j++) {
    size_t k = part ? part->kind[j] : j;
    in->rate[j] = p->rate[k * (size_t)p->periods.n + (size_t)period] * (part ? part->share[j] : 1);
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
  if (all || component == DC_FROM_OPEN) take_open(p, period, m, part, &in);
  if (all || component == DC_FROM_NEW) take_new(p, period, m, part, &in);
  dc_sum booked = part ? part->booked : p->booked[period];
  dc_bookings_input input = {.n = in.n,
                             .p = in.p,
                             .amount = in.amount,
                             .log_sd = in.log_sd,
                             .n_new = in.n_new,
                             .rate = in.rate,
                             .new_amount = in.new_amount,
                             .new_log_sd = in.new_log_sd,
                             .new_variance = p->new_variance,
                             .phi = c->phi[m][period + 1]};
  if (all || component == DC_WON_SO_FAR) input.fixed = m == DC_AMOUNT ? booked.amount : booked.count;
  dc_status status = dc_bookings_new(&input, out, error);
  inputs_free(&in);
  return status;
}

void dc_future_moments(const dc_projection *p, int period, dc_measure m, double *mean, double *variance)
{
  double scale = m == DC_AMOUNT ? p->amount_scale[period] : 1, sum = 0, square = 0, fresh = 0;
  size_t n = (size_t)p->periods.n, at = (size_t)period;
  for (size_t i = 0; i < p->n_open; i++) {
    double q = p->p_win[i * n + at];
    double a = m == DC_AMOUNT ? p->amount[i] * scale : 1, s = m == DC_AMOUNT ? p->log_sd[i] : 0;
    sum += q * a;
    square += q * a * a * (exp(s * s) - q);
  }
  for (size_t k = 0; k < p->n_new; k++) {
    double rate = p->rate[k * n + at];
    double a = m == DC_AMOUNT ? p->new_amount[k] * scale : 1, s = m == DC_AMOUNT ? p->new_log_sd[k] : 0;
    fresh += rate * a;
    square += rate * a * a * exp(s * s);
  }
  *mean = sum + fresh;
  *variance = square + fresh * fresh * p->new_variance;
}
