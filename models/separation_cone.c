#include "models/separation_cone.h"

#include "engine/base/arena.h"

#include <math.h>
#include <string.h>

enum { BLOCK_ROWS = 1 << 12, NEW_ROWS = 32, PASSES = 500, SOME_ROWS = 4096 };

static const double SIDE = 1e-9;     /* cosines within this count as 0 */
static const double NOTHING = 1e-10; /* of the length of c */

/* A row on the wrong side. */
typedef struct candidate {
  double cosine;
  size_t row;
  double sign;
} candidate;

/* Least squares with coefficients >= 0 over a pool of rows: c + sum of coefficient times row as short as it gets. */
struct dc_cone_space {
  size_t n;
  double *pool; /* up to n + NEW_ROWS rows, each of length 1 */
  size_t n_pool;
  size_t *used; /* of the pool, those with a coefficient > 0; at most n */
  size_t n_used;
  double *coefficient, *other; /* of those */
  double *q, *r;               /* rows q orthonormal, pool row used[k] = sum over j <= k of r[j, k] q[j] */
  bool *barred;                /* of the pool: depends on those used */
  double *c, *rest;            /* n */
  double *partial;             /* of a pass */
  double *inverse, *shift;     /* standardised is x * inverse - shift; 0 where a column is out */
  double *plane; /* n: coefficients of x in a direction, with its constant; then the same of each done one */
};

dc_cone_space *dc_cone_space_new(const dc_columns *columns, size_t most_done, struct dc_arena *arena)
{
  size_t n = columns->n, rows = n + NEW_ROWS;
  dc_cone_space *s = dc_arena_alloc(arena, 1, sizeof *s);
  if (!s) return NULL;
  s->n = n;
  s->pool = dc_arena_alloc(arena, rows * n, sizeof *s->pool);
  s->used = dc_arena_alloc(arena, n + 1, sizeof *s->used);
  s->coefficient = dc_arena_alloc(arena, n + 1, sizeof *s->coefficient);
  s->other = dc_arena_alloc(arena, n + 1, sizeof *s->other);
  s->q = dc_arena_alloc(arena, (n + 1) * n, sizeof *s->q);
  s->r = dc_arena_alloc(arena, (n + 1) * (n + 1), sizeof *s->r);
  s->barred = dc_arena_alloc(arena, rows, sizeof *s->barred);
  s->c = dc_arena_alloc(arena, n, sizeof *s->c);
  s->rest = dc_arena_alloc(arena, n, sizeof *s->rest);
  s->partial = dc_arena_alloc(arena, 2 * n + 4 + 3 * NEW_ROWS, sizeof *s->partial);
  s->inverse = dc_arena_alloc(arena, n, sizeof *s->inverse);
  s->shift = dc_arena_alloc(arena, n, sizeof *s->shift);
  s->plane = dc_arena_alloc(arena, (n + 1) * (most_done + 1), sizeof *s->plane);
  bool there = s->inverse && s->shift && s->plane && s->pool && s->used && s->coefficient && s->other && s->q && s->r &&
               s->barred && s->c && s->rest && s->partial;
  return there ? s : NULL;
}

static double dot(const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += a[k] * b[k];
  return sum;
}

static double length(const double *a, size_t n) { return sqrt(dot(a, a, n)); }

/* ---- rows ---- */

int dc_row_sense(const dc_task *task, dc_separates kind, size_t row)
{
  double y = task->response->y[row], most = task->response->trials ? task->response->trials[row] : 1;
  if (!(dc_row_weight(task, row) > 0)) return 2;
  if (y <= 0) return -1;
  return kind == DC_SEPARATES_CHANCES && y >= most ? 1 : 0;
}

static void prepare(const dc_cone *cone)
{
  dc_cone_space *s = cone->space;
  bool centred = cone->columns->design->intercept;
  for (size_t j = 0; j < s->n; j++) {
    const dc_column_scale *c = &cone->scale[j];
    bool constant = !(c->sd > 0), out = (cone->out && cone->out[j]) || (constant && centred);
    s->inverse[j] = out ? 0 : constant ? 1 : 1 / c->sd;
    s->shift[j] = out || !centred ? 0 : c->mean * s->inverse[j];
  }
}

/* A direction of standardised columns as a plane over the columns as they are. */
static void lay_plane(const dc_cone_space *s, const double *direction, double *plane)
{
  plane[s->n] = -dot(s->shift, direction, s->n);
  for (size_t j = 0; j < s->n; j++) plane[j] = s->inverse[j] * direction[j];
}

/* A row's standardised columns divided by their length. */
static void standardise(const dc_cone *cone, size_t row, double *z)
{
  const dc_cone_space *s = cone->space;
  for (size_t j = 0; j < s->n; j++) z[j] = -s->shift[j];
  for (size_t k = 0; k < cone->columns->widest; k++) {
    size_t at;
    double x;
    if (dc_columns_entry(cone->columns, row, k, &at, &x)) z[at] += x * s->inverse[at];
  }
  double size = length(z, s->n);
  for (size_t j = 0; j < s->n && size > 0; j++) z[j] /= size;
}

/* The row's length and its place beside a plane, from its entries only. base: the square of shift. */
static double side_of(const dc_cone *cone, size_t row, const double *plane, double base, double *size)
{
  const dc_cone_space *s = cone->space;
  double side = plane[s->n], square = base;
  for (size_t k = 0; k < cone->columns->widest; k++) {
    size_t at;
    double x;
    if (!dc_columns_entry(cone->columns, row, k, &at, &x)) continue;
    double z = x * s->inverse[at];
    side += x * plane[at];
    square += z * (z - 2 * s->shift[at]);
  }
  *size = sqrt(fmax(square, 0));
  return side;
}

/* Whether it counts: not so where an earlier direction moves it. */
static bool is_left(const dc_cone *cone, size_t row, double base)
{
  const dc_cone_space *s = cone->space;
  for (size_t k = 1; k <= cone->n_done; k++) {
    double size, side = side_of(cone, row, s->plane + k * (s->n + 1), base, &size);
    if (fabs(side) > SIDE * size) return false;
  }
  return true;
}

/* ---- passes ---- */

typedef struct pass {
  const dc_cone *cone;
  bool sums;    /* the pass is for c */
  size_t every; /* one of so many rows */
  double base;  /* the square of shift */
} pass;

/* A partial: c or nothing (n), scratch (n), then gained, left, the number of candidates, and those, the worst first. */
typedef struct found {
  double gained, left, count;
  candidate worst[NEW_ROWS];
} found;

static void insert(found *f, candidate c)
{
  size_t n = (size_t)f->count, at = n;
  /* the same cosine is the same row again, as a rule: once is enough */
  while (at > 0 && c.cosine <= f->worst[at - 1].cosine) {
    if (c.cosine == f->worst[at - 1].cosine) return;
    at--;
  }
  if (at == NEW_ROWS) return;
  if (n == NEW_ROWS) n--;
  memmove(f->worst + at + 1, f->worst + at, (n - at) * sizeof *f->worst);
  f->worst[at] = c;
  f->count = (double)(n + 1);
}

static dc_status accumulate(void *context, size_t first, size_t last, void *partial)
{
  const pass *p = context;
  size_t n = p->cone->columns->n;
  double *c = partial, *z = c + n;
  found *f = (found *)(z + n);
  for (size_t k = first; k < last; k++) {
    size_t i = k * p->every;
    int sense = dc_row_sense(p->cone->task, p->cone->kind, i);
    if (sense == 2 || !is_left(p->cone, i, p->base)) continue;
    if (p->sums) {
      f->left += 1;
      standardise(p->cone, i, z);
      for (size_t j = 0; j < n; j++) c[j] += sense * z[j];
      continue;
    }
    double size, side = side_of(p->cone, i, p->cone->space->plane, p->base, &size);
    if (!(size > 0)) continue;
    side /= size;
    double sign = sense ? sense : side > 0 ? -1 : 1;
    if (side * sign > SIDE) {
      f->gained += 1;
    } else if (side * sign < -SIDE) {
      insert(f, (candidate){side * sign, i, sign});
    } else {
      f->left += 1;
    }
  }
  return DC_OK;
}

static void merge(void *context, void *into, const void *from)
{
  const pass *p = context;
  size_t n = p->cone->columns->n;
  double *a = into;
  const double *b = from;
  found *f = (found *)(a + 2 * n);
  const found *g = (const found *)(b + 2 * n);
  for (size_t j = 0; j < n; j++) a[j] += b[j];
  f->gained += g->gained;
  f->left += g->left;
  for (size_t k = 0; k < (size_t)g->count; k++) insert(f, g->worst[k]);
}

/* rest: a direction of length `size`, or NULL for c. */
static dc_status go_through(const dc_cone *cone, const double *rest, double size, size_t every, dc_error *error)
{
  dc_cone_space *s = cone->space;
  pass p = {cone, rest == NULL, every, dot(s->shift, s->shift, s->n)};
  size_t bytes = 2 * s->n * sizeof(double) + sizeof(found), rows = cone->task->design->n_rows;
  if (rest) lay_plane(s, rest, s->plane);
  for (size_t j = 0; j <= s->n && rest; j++) s->plane[j] /= size;
  for (size_t k = 0; k < cone->n_done; k++) lay_plane(s, cone->done + k * s->n, s->plane + (k + 1) * (s->n + 1));
  return dc_task_fold(cone->task, (rows + every - 1) / every, BLOCK_ROWS, bytes, accumulate, merge, &p, s->partial,
                      error);
}

/* ---- least squares ---- */

/* One more pool row among those used; false, with nothing changed, where it depends on them. */
static bool push(dc_cone_space *s, size_t row)
{
  size_t n = s->n, k = s->n_used;
  if (k == n) return false;
  double *v = s->q + k * n;
  memcpy(v, s->pool + row * n, n * sizeof *v);
  for (size_t j = 0; j < k; j++) s->r[j * (n + 1) + k] = 0;
  for (int turn = 0; turn < 2; turn++) { /* twice is enough (Kahan, in Parlett 1980) */
    for (size_t j = 0; j < k; j++) {
      const double *q = s->q + j * n;
      double h = dot(q, v, n);
      s->r[j * (n + 1) + k] += h;
      for (size_t i = 0; i < n; i++) v[i] -= h * q[i];
    }
  }
  double size = length(v, n);
  if (!(size > 1e-10)) return false;
  s->r[k * (n + 1) + k] = size;
  for (size_t i = 0; i < n; i++) v[i] /= size;
  s->used[k] = row;
  s->coefficient[k] = 0;
  s->n_used++;
  return true;
}

/* What is left of c beside those used. */
static void leave(dc_cone_space *s)
{
  memcpy(s->rest, s->c, s->n * sizeof *s->rest);
  for (int turn = 0; turn < 2; turn++) {
    for (size_t k = 0; k < s->n_used; k++) {
      const double *q = s->q + k * s->n;
      double h = dot(q, s->rest, s->n);
      for (size_t i = 0; i < s->n; i++) s->rest[i] -= h * q[i];
    }
  }
}

/* other = the coefficients without regard to their signs. */
static void solve(dc_cone_space *s)
{
  size_t n = s->n_used;
  for (size_t k = n; k-- > 0;) {
    double sum = -dot(s->q + k * s->n, s->c, s->n);
    for (size_t j = k + 1; j < n; j++) sum -= s->r[k * (s->n + 1) + j] * s->other[j];
    s->other[k] = sum / s->r[k * (s->n + 1) + k];
  }
}

/* Takes those with coefficient 0 out again. */
static void drop(dc_cone_space *s)
{
  size_t n = s->n_used, k = 0;
  while (k < n && s->coefficient[k] > 0) k++;
  s->n_used = k;
  for (; k < n; k++) {
    double kept = s->coefficient[k];
    if (kept > 0 && push(s, s->used[k])) s->coefficient[s->n_used - 1] = kept;
  }
}

/* Lawson and Hanson's inner loop: coefficients >= 0 after a row came in. */
static void settle(dc_cone_space *s)
{
  for (;;) {
    double share = 1;
    solve(s);
    for (size_t k = 0; k < s->n_used; k++)
      if (!(s->other[k] > 0)) share = fmin(share, s->coefficient[k] / (s->coefficient[k] - s->other[k]));
    bool whole = true;
    for (size_t k = 0; k < s->n_used; k++) {
      bool falls = !(s->other[k] > 0), leaves = falls && s->coefficient[k] / (s->coefficient[k] - s->other[k]) <= share;
      s->coefficient[k] = leaves ? 0 : s->coefficient[k] + share * (s->other[k] - s->coefficient[k]);
      whole = whole && !falls;
    }
    if (whole) return;
    drop(s);
  }
}

static bool is_used(const dc_cone_space *s, size_t row)
{
  for (size_t k = 0; k < s->n_used; k++)
    if (s->used[k] == row) return true;
  return false;
}

/* The nearest point for the pool. False where it takes too long. */
static bool approach(dc_cone_space *s)
{
  double all = length(s->c, s->n);
  memset(s->barred, 0, s->n_pool * sizeof *s->barred);
  for (size_t step = 0; step < 50 * s->n + 1000; step++) {
    leave(s);
    double size = length(s->rest, s->n), worst = -SIDE * size;
    if (!(size > NOTHING * all)) return true;
    size_t at = s->n_pool;
    for (size_t k = 0; k < s->n_pool; k++) {
      if (s->barred[k] || is_used(s, k)) continue;
      double side = dot(s->pool + k * s->n, s->rest, s->n);
      if (side >= worst) continue;
      worst = side;
      at = k;
    }
    if (at == s->n_pool) return true;
    if (!push(s, at)) {
      s->barred[at] = true;
      continue;
    }
    solve(s);
    if (s->other[s->n_used - 1] > 0) {
      settle(s);
      memset(s->barred, 0, s->n_pool * sizeof *s->barred);
    } else { /* of no use but for rounding */
      s->n_used--;
      s->barred[at] = true;
    }
  }
  return false;
}

/* The pool becomes the rows used and the candidates of the last pass. */
static void refill(const dc_cone *cone)
{
  dc_cone_space *s = cone->space;
  size_t n = s->n;
  const found *f = (const found *)(s->partial + 2 * n);
  /* used rows keep their order; each moves to a place that is free by then, for `used` ascending */
  for (size_t a = 0; a < s->n_used; a++) {
    size_t least = a;
    for (size_t b = 0; b < s->n_used; b++)
      if (s->used[b] >= a && (s->used[least] < a || s->used[b] < s->used[least])) least = b;
    if (s->used[least] != a) memcpy(s->pool + a * n, s->pool + s->used[least] * n, n * sizeof *s->pool);
    s->used[least] = a;
  }
  s->n_pool = s->n_used;
  for (size_t k = 0; k < (size_t)f->count; k++) {
    double *row = s->pool + s->n_pool++ * n;
    standardise(cone, f->worst[k].row, row);
    for (size_t j = 0; j < n; j++) row[j] *= f->worst[k].sign;
  }
}

/* Some rows find most of what is to be found, and where they leave nothing, nothing is left; the end is on all rows. */
static size_t first_stride(size_t rows)
{
  size_t every = 64;
  while (every > 1 && rows / every < SOME_ROWS) every /= 8;
  return every;
}

dc_status dc_cone_search(const dc_cone *cone, double *direction, size_t *gained, size_t *left, dc_error *error)
{
  dc_cone_space *s = cone->space;
  size_t n = s->n, every = first_stride(cone->task->design->n_rows);
  const found *f = (const found *)(s->partial + 2 * n);
  memset(direction, 0, n * sizeof *direction);
  *gained = *left = 0;
  s->n_used = s->n_pool = 0;
  prepare(cone);
  dc_status status = go_through(cone, NULL, 1, 1, error);
  if (status != DC_OK) return status;
  memcpy(s->c, s->partial, n * sizeof *s->c);
  leave(s);
  double all = length(s->c, n), size = all;
  if (!(all > 1e-13 * f->left)) return DC_OK;
  for (int turn = 0; turn < PASSES; turn++) {
    status = go_through(cone, s->rest, size, every, error);
    if (status != DC_OK) return status;
    if (f->count == 0 && every > 1) {
      every /= 8;
      continue;
    }
    if (f->count == 0) {
      for (size_t j = 0; j < n; j++) direction[j] = s->rest[j] / size;
      *gained = (size_t)f->gained;
      *left = (size_t)f->left;
      return DC_OK;
    }
    refill(cone);
    if (!approach(s)) return DC_W_MAXITER;
    double now = length(s->rest, n);
    if (!(now > NOTHING * all)) return DC_OK;
    if (!(now < size)) return DC_W_MAXITER;
    size = now;
  }
  return DC_W_MAXITER;
}
