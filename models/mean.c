/* The mean of a number: the smallest model, and an example of how one is written.
 *
 * Two passes: deviations from the first value give the mean, deviations from the mean give the variance, corrected for what
 * rounding left in their sum (Chan, Golub and LeVeque 1983, The American Statistician 37, equation 1.7). */
#include "dealcast/model/model.h"
#include "models/pairs.h"

#include <math.h>

enum { BLOCK_ROWS = 1 << 14 };

typedef struct sums {
  double weight, square, next; /* next: of neighbours' products */
  pair first;
} sums;

typedef struct pass {
  const dc_task *task;
  double centre;
} pass;

static dc_status accumulate(void *context, size_t first, size_t last, void *partial)
{
  const pass *p = context;
  const double *y = p->task->response->y, *weight = p->task->design->weight;
  sums *s = partial;
  for (size_t i = first; i < last; i++) {
    double w = weight ? weight[i] : 1, away = y[i] - p->centre;
    s->weight += w;
    pair_add(&s->first, w * away, 0);
    s->square += w * away * away;
    if (i + 1 < p->task->design->n_rows) s->next += away * (y[i + 1] - p->centre);
  }
  return DC_OK;
}

static void merge(void *context, void *into, const void *from)
{
  (void)context;
  sums *a = into;
  const sums *b = from;
  a->weight += b->weight;
  pair_add(&a->first, b->first.high, b->first.low);
  a->square += b->square;
  a->next += b->next;
}

static dc_status fit_mean(const dc_task *task, dc_fit *fit, dc_error *error)
{
  size_t n = task->design->n_rows;
  pass p = {task, task->response->y[0]};
  sums s;
  if (task->design->n_terms || !task->design->intercept)
    return dc_fail(error, DC_E_USAGE, "the mean takes no terms; use model linear");
  dc_status status = dc_task_fold(task, n, BLOCK_ROWS, sizeof s, accumulate, merge, &p, &s, error);
  if (status != DC_OK) return status;
  p.centre += pair_value(s.first) / s.weight;
  status = dc_task_fold(task, n, BLOCK_ROWS, sizeof s, accumulate, merge, &p, &s, error);
  if (status == DC_OK) status = dc_fit_lay_out(fit, task->design, task->response->name, 1, NULL, error);
  if (status != DC_OK) return status;
  double df = (double)n - 1, first = pair_value(s.first), apart = first / s.weight;
  double variance = (s.square - first * apart) / df;
  fit->family = "gaussian";
  fit->coefficients[0].estimate = p.centre + apart;
  if (n < 2) return dc_fit_add_note(fit, error, "one row tells nothing about the spread");
  status = dc_fit_new_covariance(fit, error);
  if (status != DC_OK) return status;
  fit->covariance[0] = variance / s.weight;
  dc_fit_judge(fit, df, task->confidence);
  status = dc_fit_add_figure(fit, "sigma", "standard deviation of a row of weight 1", sqrt(variance), error);
  if (status != DC_OK || task->design->weight) return status;
  double end = task->response->y[n - 1] - p.centre, begin = task->response->y[0] - p.centre;
  double products = s.next - apart * (2 * first - begin - end) + ((double)n - 1) * apart * apart;
  return dc_fit_add_figure(fit, "autocorrelation", "of each row with the next", products / (variance * df), error);
}

const dc_model dc_model_mean = {.name = "mean",
                                .summary = "the mean of a number and its standard error",
                                .source = "Chan, Golub and LeVeque 1983",
                                .responses = DC_TAKES_NUMBER,
                                .block_rows = BLOCK_ROWS,
                                .fit = fit_mean};
