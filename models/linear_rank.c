/* Which columns are more than rounding beside those before them.
 *
 * Like R's dqrdc2, a column is judged by what is left of it when those before it that were kept are taken away; those left
 * out go behind. But "nothing left" is not a share of the column alone: the rounding in it is that of the column and of the
 * others times their coefficients (a year of 2020 +- 3, or powers up to ten, keep what is theirs). */
#include "models/linear.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TWIN_BYTES = 200, TWIN_ROOM = 50 }; /* room for a constant and for how many more */

typedef struct search {
  linear *m;
  size_t n;       /* rows and columns of work: columns and the response */
  double *work;   /* n x n, row-major; the first `rank` rows are final */
  double *size;   /* of each column before centring */
  double *spread; /* and behind it */
  double *coefficient;
} search;

/* R of the kept columns before `rank` is in work, in columns m->kept. */
static void solve_kept(const search *s, size_t rank, double *x)
{
  for (size_t a = rank; a-- > 0;) {
    const double *line = s->work + a * s->n;
    double sum = x[a];
    for (size_t b = a + 1; b < rank; b++) sum -= line[s->m->kept[b]] * x[b];
    x[a] = sum / line[s->m->kept[a]];
  }
}

static double norm_of(const search *s, size_t column, size_t from)
{
  double sum = 0;
  for (size_t i = from; i < s->n; i++) sum += s->work[i * s->n + column] * s->work[i * s->n + column];
  return sqrt(sum);
}

static void measure_columns(search *s)
{
  const linear *m = s->m;
  for (size_t j = 0; j < m->n; j++) {
    double shift = m->design->intercept ? m->centre[j] * m->scale[j] * s->work[0] : 0, top = s->work[j] + shift;
    double below = norm_of(s, j, m->design->intercept ? 1 : 0);
    s->spread[j] = below;
    s->size[j] = m->design->intercept ? hypot(top, below) : below;
  }
}

/* Reflects rows from .. n - 1 so that the column is zero below `from`. */
static void clear_below(search *s, size_t column, size_t from)
{
  size_t n = s->n;
  double below = norm_of(s, column, from + 1), *w = s->work;
  if (!(below > 0)) return;
  double alpha = w[from * n + column], beta = alpha > 0 ? -hypot(alpha, below) : hypot(alpha, below);
  double pivot = alpha - beta, tau = -pivot / beta;
  for (size_t j = column + 1; j < n; j++) {
    double sum = w[from * n + j];
    for (size_t i = from + 1; i < n; i++) sum += w[i * n + column] / pivot * w[i * n + j];
    for (size_t i = from + 1; i < n; i++) w[i * n + j] -= tau * sum * (w[i * n + column] / pivot);
    w[from * n + j] -= tau * sum;
  }
  w[from * n + column] = beta;
  for (size_t i = from + 1; i < n; i++) w[i * n + column] = 0;
}

/* A sum in words: parts while there is room, then how many more there are. */
typedef struct words {
  char text[TWIN_BYTES];
  size_t length, more;
} words;

/* "2 * x", " - z" behind others, " + 3" without a name; a factor that is 1 to the share is not said. */
static void add_part(words *w, double factor, const char *name, double share)
{
  char part[TWIN_BYTES];
  const char *sign = factor < 0 ? (w->length ? " - " : "-") : w->length ? " + " : "";
  bool one = name && fabs(fabs(factor) - 1) < share;
  int n = one ? snprintf(part, sizeof part, "%s%s", sign, name)
              : snprintf(part, sizeof part, "%s%.6g%s%s", sign, fabs(factor), name ? " * " : "", name ? name : "");
  if (n < 0 || w->length + (size_t)n + (name ? TWIN_ROOM : 0) >= TWIN_BYTES) {
    w->more++;
    return;
  }
  memcpy(w->text + w->length, part, (size_t)n + 1);
  w->length += (size_t)n;
}

static dc_status keep_twin(linear *m, size_t column, words *w, dc_error *error)
{
  dc_coefficient *of = &m->fit->coefficients[column];
  bool nothing = !w->length && !w->more;
  if (w->more) snprintf(w->text + w->length, sizeof w->text - w->length, " and %zu more", w->more);
  if (nothing) strcpy(w->text, "0");
  of->twin = malloc(strlen(w->text) + 1);
  if (!of->twin) return dc_fail_memory(error, "fitting linear");
  strcpy(of->twin, w->text);
  return dc_fit_add_note(m->fit, error, nothing ? "%s is %s in every row: left out" : "%s is %s: left out", of->name,
                         of->twin);
}

/* Says what a column left out is, by its coefficients on the kept columns before it. */
static dc_status name_twin(const search *s, size_t column, size_t rank, dc_error *error)
{
  linear *m = s->m;
  words w = {.length = 0};
  double share = fmax(1e-9, m->tolerance), least = share * s->size[column], scale = m->scale[column];
  double constant = m->centre[column] * scale, root_of_weights = s->work[0];
  size_t first = m->design->intercept && rank ? 1 : 0;
  for (size_t a = first; a < rank; a++) {
    size_t j = m->kept[a];
    double c = s->coefficient[a];
    if (fabs(c) * s->spread[j] <= least) continue;
    constant -= c * m->centre[j] * m->scale[j];
    add_part(&w, c * m->scale[j] / scale, m->fit->coefficients[j].name, share);
  }
  if (first) constant += s->coefficient[0];
  if (first && fabs(constant * root_of_weights) > least) add_part(&w, constant / scale, NULL, share);
  return keep_twin(m, column, &w, error);
}

/* What rounding may have left of the column, up to the tolerance. */
static double rounding_of(const search *s, size_t column, size_t rank)
{
  const linear *m = s->m;
  double sum = s->size[column];
  for (size_t a = m->design->intercept ? 1 : 0; a < rank; a++) sum += fabs(s->coefficient[a]) * s->size[m->kept[a]];
  return m->tolerance * sum;
}

static dc_status keep_columns(search *s, dc_error *error)
{
  linear *m = s->m;
  dc_status status = DC_OK;
  for (size_t j = 0; j < m->n && status == DC_OK; j++) {
    size_t rank = m->rank;
    for (size_t a = 0; a < rank; a++) s->coefficient[a] = s->work[a * s->n + j];
    solve_kept(s, rank, s->coefficient);
    double left = norm_of(s, j, rank);
    if (left > rounding_of(s, j, rank)) {
      clear_below(s, j, rank);
      m->kept[m->rank++] = j;
    } else {
      status = name_twin(s, j, rank, error);
    }
  }
  return status;
}

dc_status linear_keep(linear *m, const double *r, dc_error *error)
{
  dc_arena *arena = m->task->arena;
  size_t n = m->n + 1;
  search s = {m,
              n,
              dc_arena_alloc(arena, n * n, sizeof *s.work),
              dc_arena_alloc(arena, n, sizeof *s.size),
              dc_arena_alloc(arena, n, sizeof *s.spread),
              dc_arena_alloc(arena, n, sizeof *s.coefficient)};
  m->kept = dc_arena_alloc(arena, n, sizeof *m->kept);
  m->triangle = dc_arena_alloc(arena, n * n, sizeof *m->triangle);
  m->projected = dc_arena_alloc(arena, n, sizeof *m->projected);
  if (!s.work || !s.size || !s.spread || !s.coefficient || !m->kept || !m->triangle || !m->projected)
    return dc_fail_memory(error, "fitting linear");
  memcpy(s.work, r, n * n * sizeof *r);
  measure_columns(&s);
  dc_status status = keep_columns(&s, error);
  for (size_t a = 0; a < m->rank; a++) {
    for (size_t b = a; b < m->rank; b++) m->triangle[a * m->rank + b] = s.work[a * n + m->kept[b]];
    m->projected[a] = s.work[a * n + m->n];
  }
  return status;
}

void linear_solve(const linear *m, double *x)
{
  size_t n = m->rank;
  for (size_t a = n; a-- > 0;) {
    double sum = x[a];
    for (size_t b = a + 1; b < n; b++) sum -= m->triangle[a * n + b] * x[b];
    x[a] = sum / m->triangle[a * n + a];
  }
}

void linear_solve_transposed(const linear *m, double *x)
{
  size_t n = m->rank;
  for (size_t a = 0; a < n; a++) {
    x[a] /= m->triangle[a * n + a];
    for (size_t b = a + 1; b < n; b++) x[b] -= m->triangle[a * n + b] * x[a];
  }
}
