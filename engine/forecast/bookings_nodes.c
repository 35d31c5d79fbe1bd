/* Quadrature over the common shock.
 *
 * Z ~ Gamma(1, phi), a = 1 / phi, is integrated by the trapezoidal rule in a variable in which its density is smooth
 * and falls off fast on both sides, so that the rule converges geometrically (Trefethen and Weideman 2014, SIAM Review
 * 56, sections 4-5): the cube root of z (Wilson and Hilferty 1931: nearly normal) for small phi, else log z. The step is
 * set by the fastest oscillation of the characteristic function that still matters. */
#include "engine/forecast/bookings_internal.h"

#include <math.h>
#include <string.h>

/* Where the rule ends, -log of the density relative to its top, and how many standard deviations of a normal spectrum are
 * told apart: more on a lattice, whose probabilities are exact otherwise. */
static const double tail = 15, lattice_tail = 19, reach = 4.9, lattice_reach = 5.5;
static const double most_cubic_phi = 0.35;

typedef struct variable {
  double a, tail;
  int cubic;
} variable;

static double shock_at(const variable *v, double y) { return v->cubic ? y * y * y : exp(y); }

/* Log density up to a constant, of the variable whose top is at `peak`. */
static double log_density(const variable *v, double y)
{
  if (!v->cubic) return v->a * (y - exp(y));
  return y > 0 ? (3 * v->a - 1) * log(y) - v->a * y * y * y : -HUGE_VAL;
}

static double peak(const variable *v) { return v->cubic ? cbrt(1 - 1 / (3 * v->a)) : 0; }

/* Where the density has fallen by exp(-tail) on the given side, by bisection. */
static double edge(const variable *v, double sign)
{
  double top = peak(v), low = 0, high = 1, target = log_density(v, top) - v->tail;
  while (log_density(v, top + sign * high) > target) high *= 2;
  for (int i = 0; i < 40; i++) {
    double middle = 0.5 * (low + high);
    if (log_density(v, top + sign * middle) > target)
      low = middle;
    else
      high = middle;
  }
  return top + sign * low;
}

/* The mixture's characteristic function falls off with the variance given z, or with that of a gamma variable,
 * (1 + phi T^2)^(-1 / (2 phi)) at T = frequency * sd, whichever is first. */
double bookings_top_frequency(const bookings_plan *plan)
{
  double phi = plan->phi, slope = plan->slope, variance_given = plan->variance_many;
  double top = (plan->unit > 0 ? 6.5 : 5.8) / sqrt(fmax(variance_given, 1e-24));
  if (phi > 0 && slope > 0) {
    double fall = pow(1e-11, -2 * fmin(phi, 5)) - 1;
    top = fmin(top, (3 + 1.3 * sqrt(fall / phi)) / (sqrt(phi) * slope));
  }
  return top;
}

static size_t whole_lanes(size_t n) { return (n + BOOKINGS_LANES - 1) / BOOKINGS_LANES * BOOKINGS_LANES; }

/* Fastest turn of the characteristic function, in the rule's variable, at the highest frequency that matters: where z is
 * large but not rare, or where most of the open deals are just won. */
static double fastest_turn(const bookings_plan *plan, const variable *v)
{
  double z = 1 + 2.5 * sqrt(plan->phi), steep = v->cubic ? 3 * cbrt(z * z) : fmin(z, 4);
  double open = fmin(steep * plan->slope_open, (v->cubic ? 3 : 1) * plan->steepest);
  return plan->top_frequency * (open + steep * (plan->slope - plan->slope_open));
}

/* Below some z nothing is won, with all but a millionth of a chance: the rule's nodes from there down count as one. */
static double lump(const variable *v, double low, double wins)
{
  double least = log(1e-6 / fmax(wins, 1));
  return v->cubic || low > least ? low : least;
}

void bookings_nodes_make(bookings_nodes *nodes, const bookings_plan *plan)
{
  double phi = plan->phi, slope = plan->slope;
  memset(nodes, 0, sizeof *nodes);
  nodes->phi = phi;
  nodes->n = nodes->padded = 1;
  nodes->z[0] = nodes->w[0] = 1;
  if (phi <= 0 || slope <= 0) return;
  int lattice = plan->unit > 0;
  const variable v = {1 / phi, lattice ? lattice_tail : tail, phi <= most_cubic_phi};
  double lowest = edge(&v, -1), low = lump(&v, lowest, plan->wins), high = edge(&v, 1), top = peak(&v);
  double sd = v.cubic ? sqrt(phi) / 3 : sqrt(phi); /* of the density: its own spectrum is as wide as 1 / sd */
  double count = ceil((high - low) *
                      (fastest_turn(plan, &v) + (lattice ? lattice_reach : reach) / sd + (v.cubic ? 0 : 6)) /
                      6.283185307179586) +
                 1;
  nodes->n = (size_t)fmin(fmax(count, 16), BOOKINGS_MAX_NODES);
  nodes->padded = whole_lanes(nodes->n);
  nodes->n = nodes->padded;
  double spacing = (high - low) / (double)(nodes->n - 1), sum = 0, mean = 0;
  nodes->alias = 6.283185307179586 / (spacing * slope * (v.cubic ? 3 : 1));
  for (size_t k = 0; k < nodes->n; k++) {
    double y = low + (double)k * spacing;
    nodes->z[k] = shock_at(&v, y);
    nodes->w[k] = exp(log_density(&v, y) - log_density(&v, top));
    sum += nodes->w[k];
  }
  for (double y = low - spacing; y > lowest && low > lowest; y -= spacing) {
    double w = exp(log_density(&v, y) - log_density(&v, top));
    nodes->w[0] += w;
    sum += w;
  }
  for (size_t k = 0; k < nodes->n; k++) {
    nodes->w[k] /= sum;
    mean += nodes->w[k] * nodes->z[k];
  }
  for (size_t k = 0; k < nodes->n; k++) nodes->z[k] /= mean;
}

/* H from the gamma's own Laplace transform, then Newton steps on log E exp(-Z H) over the nodes. */
void bookings_win_given(const bookings_nodes *nodes, double p, double *out)
{
  memset(out, 0, nodes->padded * sizeof *out);
  if (nodes->n == 1 || p >= 1) {
    for (size_t k = 0; k < nodes->n; k++) out[k] = p;
    return;
  }
  double target = log1p(-p), h = expm1(-nodes->phi * target) / nodes->phi;
  for (int i = 0; i < 8; i++) {
    double open = 0, slope = 0, won = 0;
    for (size_t k = 0; k < nodes->n; k++) {
      out[k] = -expm1(-nodes->z[k] * h);
      won += nodes->w[k] * out[k];
      slope += nodes->w[k] * nodes->z[k] * (1 - out[k]);
    }
    open = 1 - won;
    if (fabs(won - p) <= 4e-16 * p || !(open > 0) || !(slope > 0)) return;
    double step = p < 0.5 ? (p - won) / slope : (log(open) - target) * open / slope;
    if (!(h + step > 0) || fabs(step) <= 1e-16 * h) return;
    h += step;
  }
}
