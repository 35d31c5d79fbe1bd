/* Gradient boosted trees: boost.h says how. */
#include "models/boost.h"

#include "engine/base/arena.h"
#include "models/family.h"

#include <math.h>
#include <string.h>

extern const dc_model dc_model_boost;

static const char *const losses[] = {"squared", "quantile", NULL};
static const char *const orders[] = {"none", "time", NULL};

static const dc_model_option options[] = {
    {"trees", DC_OPTION_INTEGER, 2000, 1, 100000, NULL, "at most so many rounds of trees"},
    {"leaves", DC_OPTION_INTEGER, 0, 0, 1024, NULL, "of a tree; 0 = so many as rows held out like best"},
    {"rate", DC_OPTION_NUMBER, 0.05, 1e-4, 1, NULL, "share of its step that each tree takes"},
    {"folds", DC_OPTION_INTEGER, 5, 0, 100, NULL, "rows held out to find how many trees, in turn; 0 = all the trees"},
    {"order", DC_OPTION_CHOICE, 0, 0, 1, orders, "time: rows are in order of it, and the last ones are held out"},
    {"l2", DC_OPTION_NUMBER, 1, 0, 1e9, NULL, "penalty on squared values of leaves"},
    {"least-curvature", DC_OPTION_NUMBER, 1, 0, 1e9, NULL, "of a leaf: its sum of p(1 - p), or of weights"},
    {"columns", DC_OPTION_NUMBER, 0.8, 0.01, 1, NULL, "share of the columns that each tree may use"},
    {"loss", DC_OPTION_CHOICE, 0, 0, 1, losses, "of numbers: the mean or a quantile is fitted"},
    {"quantile", DC_OPTION_NUMBER, 0.5, 0.001, 0.999, NULL, "which one"},
    {"seed", DC_OPTION_INTEGER, 1, 0, 1e9, NULL, "of the columns that trees may use"}};

enum { MOST_CATEGORIES = 64 };

static double option(const dc_task *task, const char *name) { return dc_task_option(&dc_model_boost, task, name); }

/* Is every response 0 to 1, or a share of trials? */
static bool is_chance(const dc_task *task)
{
  const dc_response *r = task->response;
  for (size_t i = 0; i < task->design->n_rows; i++)
    if (!(r->y[i] >= 0 && r->y[i] <= (r->trials ? r->trials[i] : 1))) return false;
  return true;
}

static dc_status read_categories(const dc_task *task, boost_target *t, dc_error *error)
{
  const dc_codes *c = task->response->category;
  size_t n = task->design->n_rows;
  int32_t *kind = dc_arena_alloc(task->arena, n + 1, sizeof *kind);
  if (!kind) return dc_fail_memory(error, "boosting");
  if (c->levels < 2) return dc_fail(error, DC_E_INPUT, "the response has one category only");
  if (c->levels > MOST_CATEGORIES)
    return dc_fail(error, DC_E_USAGE, "the response has %u categories; %d can be boosted", (unsigned)c->levels,
                   MOST_CATEGORIES);
  for (size_t i = 0; i < n; i++) kind[i] = (int32_t)dc_codes_at(c, i) - 1;
  t->kind = kind;
  t->equations = c->levels - 1;
  return DC_OK;
}

static dc_status set_target(const dc_task *task, boost_target *t, dc_error *error)
{
  const dc_response *r = task->response;
  *t = (boost_target){.equations = 1,
                      .quantile = option(task, "quantile"),
                      .y = r->y,
                      .weight = task->design->weight,
                      .trials = r->trials,
                      .offset = task->design->offset};
  t->loss = !r->y ? BOOST_SOFTMAX : is_chance(task) ? BOOST_LOGISTIC : BOOST_SQUARED;
  if (option(task, "loss") > 0) {
    if (!r->y || r->trials) return dc_fail(error, DC_E_USAGE, "--loss quantile is for numbers");
    t->loss = BOOST_QUANTILE;
  }
  return t->loss == BOOST_SOFTMAX ? read_categories(task, t, error) : DC_OK;
}

static dc_status lay_out(const dc_task *task, const boost_target *t, dc_fit *fit, dc_error *error)
{
  static const char *const families[] = {"binomial", "multinomial", "gaussian", "quantile"};
  static const dc_link links[] = {DC_LINK_LOGIT, DC_LINK_SOFTMAX, DC_LINK_IDENTITY, DC_LINK_IDENTITY};
  const char *names[MOST_CATEGORIES];
  const dc_codes *c = task->response->category;
  fit->family = families[t->loss];
  fit->link = links[t->loss];
  bool named = t->loss == BOOST_SOFTMAX && c->names;
  for (size_t e = 0; e < t->equations && named; e++) names[e] = c->names[e + 1];
  return dc_fit_lay_out_trees(fit, task->design, task->response->name, t->equations, named ? names : NULL, error);
}

/* What the log likelihood of shares of trials has beside minus the loss. */
static double ways(const boost_target *t, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n && t->trials; i++) {
    double w = t->weight ? t->weight[i] : 1, m = t->trials[i], y = t->y[i];
    sum += w * (dc_log_gamma(m + 1) - dc_log_gamma(y + 1) - dc_log_gamma(m - y + 1));
  }
  return sum;
}

static dc_status report(const boost_target *t, boost_outcome *out, dc_fit *fit, dc_error *error)
{
  double all = 0;
  for (size_t k = 0; k < fit->n_terms; k++) all += out->gain[k];
  for (size_t k = 0; k < fit->n_terms; k++) fit->terms[k].importance = all > 0 ? out->gain[k] / all : 0;
  bool likelihood = t->loss == BOOST_LOGISTIC || t->loss == BOOST_SOFTMAX;
  const dc_figure figures[] = {
      {"n", "rows", (double)fit->n_rows},
      {"trees", "rounds of trees", (double)out->rounds},
      {"leaves", "of a tree, at most", (double)out->leaves},
      {"deviance", "minus twice the log likelihood, or the sum of squares", likelihood ? 2 * out->loss : out->loss},
      {"log_likelihood", "of the rows", likelihood ? ways(t, fit->n_rows) - out->loss : (double)NAN},
      {"held_out_loss", "of rows held out, each: minus the log likelihood, the square, or that of the quantile",
       out->held_out}};
  dc_status status = DC_OK;
  for (size_t k = 0; k < sizeof figures / sizeof *figures && status == DC_OK; k++)
    status = dc_fit_add_figure(fit, figures[k].name, figures[k].meaning, figures[k].value, error);
  if (status == DC_OK && !out->ended)
    status = dc_fit_add_note(fit, error, "rows held out still liked more trees after %zu: a higher --trees or --rate",
                             out->rounds);
  return status;
}

static dc_status fit_boost(const dc_task *task, dc_fit *fit, dc_error *error)
{
  boost_data data;
  boost_target target;
  boost_outcome out = {.forest = NULL};
  const boost_plan plan = {.trees = (size_t)option(task, "trees"),
                           .leaves = (size_t)option(task, "leaves"),
                           .folds = (size_t)option(task, "folds"),
                           .in_time = option(task, "order") > 0,
                           .rate = option(task, "rate"),
                           .rules = {.l2 = option(task, "l2"),
                                     .least_curvature = option(task, "least-curvature"),
                                     .level_l2 = 10,
                                     .column_share = option(task, "columns"),
                                     .seed = (uint64_t)option(task, "seed")}};
  if (plan.leaves == 1) return dc_fail(error, DC_E_USAGE, "--leaves: a tree has 2 at least");
  dc_status status = set_target(task, &target, error);
  if (status == DC_OK) status = lay_out(task, &target, fit, error);
  if (status == DC_OK) status = boost_bin(task, &data, error);
  if (status == DC_OK) status = boost_run(&data, &target, &plan, &out, error);
  fit->forest = out.forest;
  return status == DC_OK ? report(&target, &out, fit, error) : status;
}

const dc_model dc_model_boost = {
    .name = "boost",
    .summary = "boosted trees: numbers, chances, categories, quantiles; values may be missing",
    .source = "Friedman 2001, Annals of Statistics 29; Chen and Guestrin 2016; Ke et al. 2017",
    .responses = DC_TAKES_NUMBER | DC_TAKES_CHANCE | DC_TAKES_CATEGORY,
    .plain_terms = true,
    .takes_missing = true,
    .block_rows = 1 << 14,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .fit = fit_boost};
