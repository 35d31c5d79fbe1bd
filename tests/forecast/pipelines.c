#include "tests/forecast/pipelines.h"

#include "engine/base/random.h"
#include "tests/check.h"

double uniform(rng *r) { return dc_random_uniform(r->seed, 1, r->draw++); }

double normal(rng *r)
{
  double u = uniform(r), v = uniform(r);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

pipeline *random_pipeline(size_t n, size_t n_new, double spread, double log_sd, double low, double high)
{
  pipeline *p = calloc(1, sizeof *p);
  assert_non_null(p);
  rng r = {n * 31 + n_new, 0};
  p->n = n;
  p->n_new = n_new;
  for (size_t i = 0; i < n; i++) {
    p->p[i] = low + (high - low) * uniform(&r);
    p->amount[i] = 1000 * exp(spread * normal(&r));
    p->log_sd[i] = log_sd;
  }
  for (size_t j = 0; j < n_new; j++) {
    p->rate[j] = 2 * uniform(&r) * (0.05 * (double)n + 1) / (double)n_new;
    p->new_amount[j] = 1000 * exp(spread * normal(&r));
    p->new_log_sd[j] = log_sd;
  }
  return p;
}

dc_bookings_input input_of(const pipeline *p, double phi, double new_variance, double fixed)
{
  return (dc_bookings_input){p->n,          p->p,          p->amount,    p->log_sd, p->n_new, p->rate,
                             p->new_amount, p->new_log_sd, new_variance, fixed,     phi};
}

dc_bookings *made(const dc_bookings_input *in)
{
  dc_bookings *b = NULL;
  dc_error error;
  check_ok(dc_bookings_new(in, &b, &error), &error);
  assert_non_null(b);
  return b;
}
