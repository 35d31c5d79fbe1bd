/* Factors of deals whose amounts are of one class, taken together.
 *
 * Given z the number of wins among them is Poisson-binomial (Hong 2013), and their part of the characteristic function is
 * its generating function at the amount's, sum over j of P(j wins) psi0^j with psi0 = 1 + psi. The chances are positive, so
 * nothing cancels, and those of many wins are left out: far fewer terms than deals. */
#include "engine/forecast/bookings_internal.h"

enum { MOST_TOGETHER = 64 };
static const double hardly = 1e-12, hardly_on_lattice = 1e-17; /* chance of a number of wins that is left out */

/* Chances of 0 .. degree wins, a row of `padded` nodes for each, when one more deal has the chances p. */
BOOKINGS_WIDE static void add_deal(double *chance, size_t degree, const double *p, size_t padded)
{
  for (size_t k = 0; k < padded; k++) chance[(degree + 1) * padded + k] = 0;
  for (size_t j = degree + 1; j > 0; j--)
    for (size_t k = 0; k < padded; k++) {
      double *at = chance + j * padded + k;
      *at = *at * (1 - p[k]) + *(at - padded) * p[k];
    }
  for (size_t k = 0; k < padded; k++) chance[k] *= 1 - p[k];
}

static int is_rare(const double *row, size_t n, double limit)
{
  for (size_t k = 0; k < n; k++)
    if (row[k] >= limit) return 0;
  return 1;
}

/* One factor of the deals list[0 .. n), n <= MOST_TOGETHER, of one class. */
static void add_factor(bookings_wins *w, const bookings_plan *plan, const size_t *list, size_t n)
{
  size_t padded = plan->nodes.padded, degree = 0, row = w->first[w->n];
  double *chance = w->chance + row * padded, limit = plan->unit > 0 ? hardly_on_lattice : hardly;
  for (size_t k = 0; k < padded; k++) chance[k] = 1;
  for (size_t i = 0; i < n; i++) {
    add_deal(chance, degree, plan->win + list[i] * padded, padded);
    degree++;
    while (degree > 0 && is_rare(chance + degree * padded, plan->nodes.n, limit)) degree--;
  }
  w->class_of[w->n++] = plan->class_of[list[0]];
  w->first[w->n] = row + degree + 1;
}

/* Deals in order of their class. */
static void sort_by_class(const bookings_plan *plan, size_t *start, size_t *list)
{
  for (size_t i = 0; i < plan->n_plain; i++) start[plan->class_of[i] + 1]++;
  for (size_t c = 0; c < plan->n_classes; c++) start[c + 1] += start[c];
  for (size_t i = 0; i < plan->n_plain; i++) list[start[plan->class_of[i]]++] = i;
}

dc_status bookings_wins_make(bookings_plan *plan, dc_error *error)
{
  bookings_wins *w = &plan->wins_of;
  size_t n = plan->n_plain, rows = 2 * n + 2;
  if (plan->nodes.n == 1 || !n) return DC_OK;
  size_t *start = dc_arena_alloc(plan->arena, plan->n_classes + 2, sizeof *start);
  size_t *list = dc_arena_alloc(plan->arena, n, sizeof *list);
  w->class_of = dc_arena_alloc(plan->arena, n, sizeof *w->class_of);
  w->first = dc_arena_alloc(plan->arena, n + 1, sizeof *w->first);
  w->chance = dc_arena_alloc(plan->arena, rows, plan->nodes.padded * sizeof *w->chance);
  w->re = dc_arena_alloc(plan->arena, rows, sizeof *w->re);
  w->im = dc_arena_alloc(plan->arena, rows, sizeof *w->im);
  if (!start || !list || !w->class_of || !w->first || !w->chance || !w->re || !w->im)
    return dc_fail_memory(error, "factors");
  sort_by_class(plan, start, list);
  for (size_t i = 0; i < n;) {
    size_t many = 1;
    while (i + many < n && many < MOST_TOGETHER && plan->class_of[list[i + many]] == plan->class_of[list[i]]) many++;
    add_factor(w, plan, list + i, many);
    i += many;
  }
  return DC_OK;
}

void bookings_wins_turn(bookings_wins *w, const bookings_severities *s)
{
  for (size_t g = 0; g < w->n; g++) {
    double a = 1 + s->psi_re[w->class_of[g]], b = s->psi_im[w->class_of[g]], re = 1, im = 0;
    for (size_t row = w->first[g]; row < w->first[g + 1]; row++) {
      w->re[row] = re;
      w->im[row] = im;
      double t = re * a - im * b;
      im = re * b + im * a;
      re = t;
    }
  }
}
