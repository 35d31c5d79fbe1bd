/* Weighted least squares by a merged Householder QR: one pass makes R and Q'y, one (seldom more) refines the coefficients
 * by residuals in twice the digits. X'X is never formed. */
#include "models/linear.h"

#include <math.h>
#include <string.h>

/* make tune, 200,000 rows, seconds with 1 and 2 threads: 2^12 .0156 .0091, 2^14 .0153 .0090, 2^15 .0153 .0088, 2^16 .0153 .0107 */
enum { BLOCK_ROWS = 1 << 14, MOST_COLUMNS = 5000 };

/* R, then a tile. */
static dc_status take_block(void *context, size_t first, size_t last, void *partial)
{
  const linear *m = context;
  size_t n = m->n + 1;
  double *r = partial, *tile = dc_qr_tile(r, n);
  for (; first < last; first += QR_ROWS) {
    size_t rows = linear_fill(m, first, first + QR_ROWS < last ? first + QR_ROWS : last, true, tile);
    dc_qr_take(r, n, tile, rows, 0);
  }
  return DC_OK;
}

static void merge_blocks(void *context, void *into, const void *from)
{
  const linear *m = context;
  size_t n = m->n + 1;
  double *r = into;
  dc_qr_merge(r, from, n, dc_qr_tile(r, n));
}

static dc_status decompose(linear *m, dc_error *error)
{
  size_t n = m->n + 1, size = dc_qr_size(n);
  double *r = dc_arena_alloc(m->task->arena, size, sizeof *r);
  if (!r) return dc_fail_memory(error, "fitting linear");
  dc_status status = dc_task_fold(m->task, m->design->n_rows, BLOCK_ROWS, size * sizeof *r, take_block, merge_blocks, m,
                                  r, error);
  return status == DC_OK ? linear_keep(m, r, error) : status;
}

/* As R's lm says them. */
static dc_status add_figures(linear *m, double f_of_all, dc_error *error)
{
  dc_fit *fit = m->fit;
  double unit = m->y_scale * m->y_scale * m->weight_scale, rss = m->residual_squares / unit,
         all = m->total_squares / unit;
  double explained = m->model_squares / unit, n = (double)m->used, k = (double)m->rank, df = n - k;
  double base = fit->intercept ? 1 : 0,
         sigma = df > 0 ? sqrt(m->residual_squares / m->weight_scale / df) / m->y_scale : (double)NAN,
         r2 = explained / (explained + rss);
  double likelihood = .5 * (m->log_weights - n * (log(2 * acos(-1)) + 1 - log(n) + log(rss)));
  bool plain = !m->design->cluster && dc_task_option(&dc_model_linear, m->task, "robust") == 0;
  if (k <= base) r2 = 0;
  const dc_figure figures[] = {
      {"n", "rows of weight above 0", n},
      {"df_residual", "rows less coefficients", df},
      {"sigma", "standard deviation of a row of weight 1", sigma},
      {"r2", "share of the squares that is explained", r2},
      {"adjusted_r2", "the same for what coefficients explain by chance", 1 - (1 - r2) * ((n - base) / df)},
      {"f_statistic", "F of all coefficients but the intercept",
       k <= base ? (double)NAN
       : plain   ? explained / (k - base) / (rss / df)
                 : f_of_all},
      {"deviance", "sum of squares of residuals", rss},
      {"null_deviance", "sum of squares without terms", all},
      {"log_likelihood", "of normal errors", likelihood},
      {"aic", "Akaike's criterion", 2 * (k + 1) - 2 * likelihood},
      {"bic", "Schwarz's criterion", log(n) * (k + 1) - 2 * likelihood},
  };
  dc_status status = DC_OK;
  for (size_t f = 0; f < sizeof figures / sizeof *figures && status == DC_OK; f++)
    status = dc_fit_add_figure(fit, figures[f].name, figures[f].meaning, figures[f].value, error);
  return status;
}

static dc_status add_notes(linear *m, dc_error *error)
{
  static const char *const names[] = {"", "HC0", "HC1", "HC2", "HC3"};
  int robust = (int)dc_task_option(&dc_model_linear, m->task, "robust");
  dc_status status = DC_OK;
  if (m->used <= m->rank)
    return dc_fit_add_note(m->fit, error, "as many coefficients as rows: nothing is left to judge errors by");
  if (m->residual_squares <= 1e-28 * m->total_squares)
    status = dc_fit_add_note(m->fit, error, "the fit is all but exact: errors and tests say little");
  bool lost = false;
  for (size_t a = 0; a < m->rank; a++) lost = lost || isnan(m->fit->coefficients[m->kept[a]].error);
  if (status == DC_OK && (lost || isinf(dc_fit_figure(m->fit, "deviance"))))
    status = dc_fit_add_note(m->fit, error, "squares of numbers so large or small are no numbers: errors are missing");
  if (status == DC_OK && m->design->cluster)
    status = dc_fit_add_note(m->fit, error, "errors are by cluster (CR1)%s",
                             robust ? "; robust errors are not used" : "");
  else if (status == DC_OK && robust)
    status = dc_fit_add_note(m->fit, error, "errors are robust (%s)", names[robust]);
  return status;
}

static dc_status fit_linear(const dc_task *task, dc_fit *fit, dc_error *error)
{
  linear m = {.task = task, .design = task->design, .y = task->response->y, .fit = fit};
  m.tolerance = dc_task_option(&dc_model_linear, task, "tolerance");
  dc_status status = dc_fit_lay_out(fit, task->design, task->response->name, 1, NULL, error);
  if (status != DC_OK) return status;
  fit->family = "gaussian";
  fit->link = DC_LINK_IDENTITY;
  m.n = fit->n_columns;
  if (m.n == 0) return dc_fail(error, DC_E_USAGE, "model linear needs an intercept or a term");
  if (m.n > MOST_COLUMNS)
    return dc_fail(error, DC_E_INPUT, "%zu columns are too many for model linear, which takes %d", m.n, MOST_COLUMNS);
  const double *factor = NULL;
  double df = 0, f_of_all = 0;
  status = linear_scale(&m, error);
  if (status == DC_OK) status = decompose(&m, error);
  if (status == DC_OK) status = linear_refine(&m, error);
  for (size_t a = 0; a < m.rank && status == DC_OK; a++) {
    size_t j = m.kept[a];
    fit->coefficients[j].estimate = pair_value(m.beta[j]) * (m.scale[j] / m.y_scale);
  }
  if (status == DC_OK) status = linear_errors(&m, &factor, &df, error);
  if (status == DC_OK) status = linear_judge(&m, factor, df, &f_of_all, error);
  if (status == DC_OK) status = add_figures(&m, f_of_all, error);
  return status == DC_OK ? add_notes(&m, error) : status;
}

static const char *const robust[] = {"none", "hc0", "hc1", "hc2", "hc3", NULL};

static const dc_model_option options[] = {
    {"robust", DC_OPTION_CHOICE, 0, 0, 4, robust, "errors that hold when the spread differs from row to row"},
    {"tolerance", DC_OPTION_NUMBER, 1e-13, 0, .1, NULL,
     "a column is left out when less than this share of it is its own"},
};

const dc_model dc_model_linear = {.name = "linear",
                                  .summary = "least squares: a number from numbers and categories",
                                  .source = "Demmel, Grigori, Hoemmen and Langou 2012, algorithm 1; Bjorck 1987",
                                  .responses = DC_TAKES_NUMBER,
                                  .block_rows = BLOCK_ROWS,
                                  .options = options,
                                  .n_options = sizeof options / sizeof *options,
                                  .fit = fit_linear};
