/* The elastic net at one penalty: models/path.h. */
#include "models/path.h"

#include "engine/base/arena.h"

#include <math.h>
#include <string.h>

enum { STEPS = 200, HALVINGS = 30, SWEEPS = 10000 };

static const double KKT = 1e-10;

/* In standardised coefficients b, per unit of weight; without the intercept, which is at its best for any b. */
struct dc_net_space {
  size_t m, first;      /* columns; the problem's column of the first one: 1 with an intercept */
  double *gram;         /* m x m */
  double *cross, pivot; /* the intercept's row of the Gram matrix, m, and its diagonal entry */
  double lead;          /* its score */
  double *residual;     /* m: minus the gradient of the quadratic model at b */
  double *start, *b;    /* m: where the quadratic model is from; where it has got to */
  double *factor;       /* packed m: of the active columns */
  double *right;        /* m */
  size_t *active;
  double *trial; /* p */
};

dc_net_space *dc_net_space_new(const dc_problem *problem)
{
  struct dc_arena *arena = problem->task->arena;
  dc_net_space *s = dc_arena_alloc(arena, 1, sizeof *s);
  if (!s) return NULL;
  s->first = problem->intercept ? 1 : 0;
  s->m = problem->p - s->first;
  size_t m = s->m + 1;
  s->gram = dc_arena_alloc(arena, m * m, sizeof *s->gram);
  s->factor = dc_arena_alloc(arena, m * (m + 1) / 2, sizeof *s->factor);
  s->active = dc_arena_alloc(arena, m, sizeof *s->active);
  double **vectors[] = {&s->cross, &s->residual, &s->start, &s->b, &s->right, &s->trial};
  bool there = s->gram && s->factor && s->active;
  for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++) {
    *vectors[k] = dc_arena_alloc(arena, m, sizeof **vectors[k]);
    there = there && *vectors[k];
  }
  return there ? s : NULL;
}

/* b = beta times this. */
static double unit_of(const dc_problem *problem, size_t j) { return problem->scale[j] * problem->sd[j]; }

static double soft(double z, double by) { return z > by ? z - by : z < -by ? z + by : 0; }

/* How far the gradient of the smooth part (g) is from what the penalty allows at b. */
static double violation(dc_net net, double b, double g)
{
  double score = -g - net.lambda * (1 - net.alpha) * b, edge = net.lambda * net.alpha;
  if (b != 0) return fabs(score - (b > 0 ? edge : -edge));
  return fmax(fabs(score) - edge, 0);
}

double dc_net_kkt(const dc_problem *problem, dc_net net, const double *beta, const dc_quadratic *q)
{
  double worst = problem->intercept ? fabs(q->score[0]) / q->weight : 0;
  for (size_t j = problem->intercept ? 1 : 0; j < problem->p; j++) {
    double unit = unit_of(problem, j);
    if (unit > 0) worst = fmax(worst, violation(net, beta[j] * unit, -q->score[j] / (unit * q->weight)));
  }
  return worst;
}

double dc_net_ceiling(const dc_problem *problem, double alpha, const dc_quadratic *q)
{
  double most = 0;
  for (size_t j = problem->intercept ? 1 : 0; j < problem->p; j++) {
    double unit = unit_of(problem, j);
    if (unit > 0) most = fmax(most, fabs(q->score[j]) / (unit * q->weight));
  }
  return most / fmax(alpha, 1e-3);
}

static double objective(const dc_problem *problem, dc_net net, const double *beta, const dc_quadratic *q)
{
  double penalty = 0;
  for (size_t j = problem->intercept ? 1 : 0; j < problem->p; j++) {
    double b = beta[j] * unit_of(problem, j);
    penalty += (1 - net.alpha) / 2 * b * b + net.alpha * fabs(b);
  }
  return q->deviance / (2 * q->weight) + net.lambda * penalty;
}

/* The quadratic model of q in the space, with the intercept swept out. */
static void take(dc_net_space *s, const dc_problem *problem, const double *beta, const dc_quadratic *q)
{
  size_t m = s->m, f = s->first;
  double w = q->weight;
  s->pivot = f ? q->gram[0] / w : 1;
  s->lead = f ? q->score[0] / w : 0;
  for (size_t j = 0; j < m; j++) {
    double unit = unit_of(problem, j + f), by = unit > 0 ? 1 / unit : 0;
    s->cross[j] = f ? q->gram[dc_packed(j + f, 0)] / w * by : 0;
    s->residual[j] = q->score[j + f] / w * by - s->cross[j] / s->pivot * s->lead;
    s->start[j] = s->b[j] = beta[j + f] * unit;
    for (size_t k = 0; k <= j; k++) {
      double other = unit_of(problem, k + f), both = other > 0 ? by / other : 0;
      s->gram[j * m + k] = s->gram[k * m + j] = q->gram[dc_packed(j + f, k + f)] / w * both -
                                                s->cross[j] * s->cross[k] / s->pivot;
    }
  }
}

/* One column to its best value; how far that moved the model, in units of its square root. */
static double descend(dc_net_space *s, dc_net net, size_t j)
{
  const double *row = s->gram + j * s->m;
  double own = row[j], old = s->b[j];
  if (!(own > 0)) return 0;
  double now = soft(s->residual[j] + own * old, net.lambda * net.alpha) / (own + net.lambda * (1 - net.alpha));
  double by = now - old;
  if (by == 0) return 0;
  s->b[j] = now;
  for (size_t k = 0; k < s->m; k++) s->residual[k] -= row[k] * by;
  return fabs(by) * sqrt(own);
}

/* The exact minimum with the signs as they are; false where a sign would change or the system is singular. */
static bool polish(dc_net_space *s, dc_net net)
{
  size_t n = 0, m = s->m;
  for (size_t j = 0; j < m; j++)
    if (s->b[j] != 0) s->active[n++] = j;
  for (size_t a = 0; a < n; a++) {
    size_t j = s->active[a];
    for (size_t c = 0; c <= a; c++) s->factor[dc_packed(a, c)] = s->gram[j * m + s->active[c]];
    s->factor[dc_packed(a, a)] += net.lambda * (1 - net.alpha);
    s->right[a] = s->residual[j] - net.lambda * ((1 - net.alpha) * s->b[j] + net.alpha * (s->b[j] > 0 ? 1 : -1));
  }
  if (!dc_packed_factor(s->factor, n)) return false;
  dc_packed_solve(s->factor, n, s->right);
  for (size_t a = 0; a < n; a++)
    if (!(s->b[s->active[a]] * (s->b[s->active[a]] + s->right[a]) > 0)) return false;
  for (size_t a = 0; a < n; a++) {
    const double *row = s->gram + s->active[a] * m;
    s->b[s->active[a]] += s->right[a];
    for (size_t k = 0; k < m; k++) s->residual[k] -= row[k] * s->right[a];
  }
  return true;
}

/* The minimum of the quadratic model with its penalty. */
static void minimise(dc_net_space *s, dc_net net)
{
  double target = 1e-4;
  bool whole = true;
  for (int sweep = 0; sweep < SWEEPS; sweep++) {
    double most = 0, size = 1;
    for (size_t j = 0; j < s->m; j++) {
      if (whole || s->b[j] != 0) most = fmax(most, descend(s, net, j));
      size = fmax(size, fabs(s->b[j]) * sqrt(fmax(s->gram[j * s->m + j], 0)));
    }
    bool settled = most <= target * size;
    if (settled && whole) {
      if (target < 1e-13) return;
      /* solved for the active set: one more sweep over all finds nothing left, or goes on from there */
      target = polish(s, net) ? 1e-14 : target / 100;
    } else {
      whole = settled; /* the active set is done: is a column outside of it to come in? */
    }
  }
}

/* Trial coefficients: a share of the way to where the quadratic model leads. */
static void aim(dc_net_space *s, const dc_problem *problem, const double *beta, double share)
{
  double away = s->lead;
  for (size_t j = 0; j < s->m; j++) {
    double unit = unit_of(problem, j + s->first), by = s->b[j] - s->start[j];
    away -= s->cross[j] * by;
    /* out is out, not a rounding error away from it */
    double b = share == 1 ? s->b[j] : s->start[j] + share * by;
    s->trial[j + s->first] = unit > 0 ? b / unit : 0;
  }
  if (s->first) s->trial[0] = beta[0] + share * away / s->pivot;
}

/* One outer step from beta, where the objective is *now: beta, q and *now move on. *moved: false where no step of any
 * length goes down. */
static dc_status step_down(dc_problem *problem, dc_net_space *s, dc_net net, double *beta, dc_quadratic *q, double *now,
                           bool *moved, dc_error *error)
{
  double share = 1, slack = 1e-13 * (1 + fabs(*now));
  *moved = false;
  for (int halving = 0; halving <= HALVINGS && !*moved; halving++, share /= 2) {
    aim(s, problem, beta, share);
    dc_status status = dc_problem_at(problem, s->trial, q, error);
    if (status != DC_OK) return status;
    double next = objective(problem, net, s->trial, q);
    *moved = next <= *now + slack;
    if (*moved) *now = next;
  }
  if (!*moved) return dc_problem_at(problem, beta, q, error);
  memcpy(beta, s->trial, problem->p * sizeof *beta);
  return DC_OK;
}

dc_status dc_net_fit(dc_problem *problem, dc_net_space *s, dc_net net, double *beta, dc_quadratic *q, dc_net_end *end,
                     dc_error *error)
{
  dc_status status = DC_OK;
  double now = objective(problem, net, beta, q), worst = INFINITY;
  bool moved = true, rough = net.tolerance > KKT;
  for (int step = 0; status == DC_OK; step++, end->steps++) {
    double before = worst;
    worst = end->kkt = dc_net_kkt(problem, net, beta, q);
    take(s, problem, beta, q);
    double most = s->pivot;
    for (size_t j = 0; j < s->m; j++) most = fmax(most, s->gram[j * s->m + j]);
    double unit = sqrt(most);
    if (rough && worst <= net.tolerance * unit) return DC_OK;
    /* two digits beyond what is asked, unless rounding allows no more */
    if (worst <= KKT / 100 * unit || (worst <= KKT * unit && (worst > before / 4 || !moved))) return DC_OK;
    if (step == STEPS || !moved) return DC_W_MAXITER;
    minimise(s, net);
    status = step_down(problem, s, net, beta, q, &now, &moved, error);
  }
  return status;
}
