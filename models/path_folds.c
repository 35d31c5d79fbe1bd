/* The path of the elastic net and the choice of lambda by rows held out: models/path.h. */
#include "models/path.h"

#include "engine/base/arena.h"
#include "models/folds.h"
#include "models/gram_rows.h"

#include <math.h>
#include <string.h>

/* Of the conditions along a path: what is chosen by it does not depend on more. */
static const double ROUGH = 1e-7;

/* Where glmnet ends a path: nothing is gained any more, or nearly all is explained. */
static const double GAIN = 1e-5, ENOUGH = .999;
enum { LEAST_POINTS = 5 };

dc_status dc_path_fit(dc_problem *problem, double alpha, dc_path *path, dc_error *error)
{
  struct dc_arena *arena = problem->task->arena;
  dc_net_space *space = dc_net_space_new(problem);
  dc_quadratic *q = dc_quadratic_new(problem);
  double *beta = dc_arena_alloc(arena, problem->p + 1, sizeof *beta);
  *path = (dc_path){.alpha = alpha, .point = dc_arena_alloc(arena, DC_PATH_POINTS, sizeof *path->point)};
  if (!space || !q || !beta || !path->point) return dc_fail_memory(error, "a path of penalties");
  dc_net_end end = {0};
  dc_status status = dc_problem_moments(problem, error);
  if (problem->intercept) beta[0] = problem->constant;
  if (status == DC_OK) status = dc_problem_at(problem, beta, q, error);
  if (status == DC_OK) status = dc_net_fit(problem, space, (dc_net){alpha, 1e200, 0}, beta, q, &end, error);
  if (status != DC_OK && status != DC_W_MAXITER) return status;
  double none = q->deviance, ceiling = dc_net_ceiling(problem, alpha, q), before = 0;
  double floor = (double)problem->task->design->n_rows < (double)problem->p ? 1e-2 : 1e-4;
  for (size_t k = 0; k < DC_PATH_POINTS; k++) {
    dc_path_point *at = &path->point[k];
    *at = (dc_path_point){.lambda = ceiling * pow(floor, (double)k / (DC_PATH_POINTS - 1)), .mean = NAN, .error = NAN};
    status = dc_net_fit(problem, space, (dc_net){alpha, at->lambda, ROUGH}, beta, q, &end, error);
    if (status != DC_OK && status != DC_W_MAXITER) return status;
    at->explained = none > 0 ? 1 - q->deviance / none : 0;
    for (size_t j = problem->intercept ? 1 : 0; j < problem->p; j++) at->used += beta[j] != 0;
    path->n = k + 1;
    if (path->n >= LEAST_POINTS && (at->explained > ENOUGH || at->explained - before < GAIN * at->explained)) break;
    before = at->explained;
  }
  return DC_OK;
}

/* ---- folds ---- */

typedef struct folds {
  size_t count, rows;
  bool in_time;
  uint32_t *fold; /* of each row, where it is not time that deals them */
} folds;

/* In time, fold k is the stretch of rows before which a fit to k + 1 stretches ends. */
static bool is_trained(const folds *f, size_t fold, size_t row)
{
  if (f->in_time) return row < f->rows / (f->count + 1) * (fold + 1);
  return f->fold[row] != fold;
}

static bool is_held_out(const folds *f, size_t fold, size_t row)
{
  if (!f->in_time) return f->fold[row] == fold;
  return !is_trained(f, fold, row) && (fold + 1 == f->count || row < f->rows / (f->count + 1) * (fold + 2));
}

/* A problem of some of the rows. Scratch of its own arena. */
typedef struct part {
  dc_some_rows some;
  dc_problem *problem;
  dc_quadratic *q;
  double *beta;
} part;

static dc_status begin_part(part *p, const dc_problem *whole, struct dc_arena *arena, const folds *f, size_t fold,
                            bool train, dc_error *error)
{
  uint8_t *marked = dc_arena_alloc(arena, f->rows, 1);
  if (!marked) return dc_fail_memory(error, "holding rows out");
  for (size_t i = 0; i < f->rows; i++) marked[i] = train ? is_trained(f, fold, i) : is_held_out(f, fold, i);
  dc_status status = dc_some_rows_take(whole->task, marked, arena, &p->some, error);
  if (status != DC_OK) return status;
  status = train ? dc_problem_new(&p->some.task, &whole->family, &p->problem, error)
                 : dc_problem_of_all(&p->some.task, &whole->family, &p->problem, error);
  if (status != DC_OK) return status;
  p->q = dc_quadratic_new(p->problem);
  p->beta = dc_arena_alloc(arena, p->problem->p + 1, sizeof *p->beta);
  return p->q && p->beta ? DC_OK : dc_fail_memory(error, "holding rows out");
}

/* The design's estimates as the coefficients of a problem, whatever it centres, scales and leaves out. */
static void from_design(const dc_problem *problem, const double *estimate, double *beta)
{
  size_t first = problem->intercept ? 1 : 0;
  double intercept = first ? estimate[0] : 0;
  for (size_t j = first; j < problem->p; j++) {
    double b = estimate[problem->column[j]];
    if (isnan(b)) b = 0;
    beta[j] = b / problem->scale[j];
    intercept += b * problem->centre[j];
  }
  if (first) beta[0] = intercept;
}

/* Whether the responses leave the intercept a finite place. */
static bool has_both(const dc_problem *problem, const dc_quadratic *q)
{
  if (problem->family.kind == DC_FAMILY_BINOMIAL) return q->sum > 0 && q->sum < q->weight;
  return q->weight > 0 && (q->sum > 0 || problem->family.link != DC_LINK_LOG);
}

typedef struct fold_scores {
  double weight;                /* of rows held out; 0 = the fold tells nothing */
  double score[DC_PATH_POINTS]; /* deviance a unit of it */
} fold_scores;

static dc_status score_fold(dc_problem *whole, const dc_path *path, const folds *f, size_t fold, struct dc_arena *arena,
                            fold_scores *scores, dc_error *error)
{
  part train, out;
  dc_status status = begin_part(&out, whole, arena, f, fold, false, error);
  scores->weight = 0;
  if (status != DC_OK || out.some.design.n_rows == 0) return status;
  status = begin_part(&train, whole, arena, f, fold, true, error);
  if (status == DC_E_NUMERIC || status == DC_E_SHORT) return DC_OK; /* rows that tell nothing */
  if (status != DC_OK) return status;
  dc_net_space *space = dc_net_space_new(train.problem);
  double *estimate = dc_arena_alloc(arena, whole->n_columns + 1, sizeof *estimate);
  if (!space || !estimate) return dc_fail_memory(error, "holding rows out");
  status = dc_problem_moments(train.problem, error);
  if (status != DC_OK) return status;
  if (train.problem->intercept) train.beta[0] = train.problem->constant;
  status = dc_problem_at(train.problem, train.beta, train.q, error);
  dc_net_end end = {0};
  if (status != DC_OK || !has_both(train.problem, train.q)) return status;
  for (size_t k = 0; k < path->n; k++) {
    dc_net net = {path->alpha, path->point[k].lambda, ROUGH};
    status = dc_net_fit(train.problem, space, net, train.beta, train.q, &end, error);
    if (status != DC_OK && status != DC_W_MAXITER) return status;
    dc_problem_to_design(train.problem, train.beta, estimate);
    from_design(out.problem, estimate, out.beta);
    status = dc_problem_deviance(out.problem, out.beta, out.q, error);
    if (status != DC_OK) return status;
    scores->weight = out.q->weight;
    if (!(scores->weight > 0)) return DC_OK;
    scores->score[k] = out.q->deviance / scores->weight;
  }
  return DC_OK;
}

/* Mean and error of each point as glmnet has them, then the choice. */
static void choose(dc_path *path, const fold_scores *scores, size_t folds_, size_t used)
{
  for (size_t k = 0; k < path->n; k++) {
    double weight = 0, sum = 0, square = 0;
    for (size_t f = 0; f < folds_; f++) {
      weight += scores[f].weight;
      sum += scores[f].weight * scores[f].score[k];
    }
    double mean = sum / weight;
    for (size_t f = 0; f < folds_; f++) {
      double away = scores[f].score[k] - mean;
      square += scores[f].weight * away * away;
    }
    path->point[k].mean = mean;
    path->point[k].error = sqrt(square / weight / (double)(used - 1));
  }
  path->best = 0;
  for (size_t k = 1; k < path->n; k++)
    if (path->point[k].mean < path->point[path->best].mean) path->best = k;
  double limit = path->point[path->best].mean + path->point[path->best].error;
  path->plain = path->best;
  for (size_t k = path->best + 1; k-- > 0;)
    if (path->point[k].mean <= limit) path->plain = k;
}

dc_status dc_path_validate(dc_problem *problem, dc_path *path, size_t count, bool in_time, dc_error *error)
{
  folds f = {count, problem->task->design->n_rows, in_time, NULL};
  fold_scores *scores = dc_arena_alloc(problem->task->arena, count, sizeof *scores);
  f.fold = dc_arena_alloc(problem->task->arena, in_time ? 1 : f.rows, sizeof *f.fold);
  if (!scores || !f.fold) return dc_fail_memory(error, "holding rows out");
  if (f.rows < 2 * count) return dc_fail(error, DC_E_SHORT, "%zu rows are too few for %zu folds", f.rows, count);
  size_t used = 0;
  dc_status dealt = in_time ? DC_OK : dc_folds_deal(problem->task, count, f.fold, error);
  if (dealt != DC_OK) return dealt;
  for (size_t k = 0; k < count; k++) {
    struct dc_arena *arena = dc_arena_new();
    if (!arena) return dc_fail_memory(error, "holding rows out");
    dc_status status = score_fold(problem, path, &f, k, arena, &scores[k], error);
    dc_arena_free(arena);
    if (status != DC_OK) return status;
    used += scores[k].weight > 0;
  }
  if (used < 2) return dc_fail(error, DC_E_SHORT, "the response varies in too few folds to choose a penalty by them");
  choose(path, scores, count, used);
  return DC_OK;
}
