/* Shared by the bookings*.c files only: the plan of a sum of deals, its severities, its inversion.
 *
 * Inside, money is in units of the largest amount, counted from `base` (what is already certain). */
#ifndef DC_FORECAST_BOOKINGS_INTERNAL_H
#define DC_FORECAST_BOOKINGS_INTERNAL_H

#include "engine/base/arena.h"
#include "engine/forecast/bookings.h"

/* Hot loops for two instruction sets, chosen at run time: every lane is its own sum, so with -ffp-contract=off the bytes
 * are the same. */
#if defined(__x86_64__) && defined(__GNUC__) && defined(__linux__)
#define BOOKINGS_WIDE __attribute__((target_clones("avx2", "default")))
#define BOOKINGS_INLINE inline __attribute__((always_inline))
#else
#define BOOKINGS_WIDE
#define BOOKINGS_INLINE inline
#endif

/* Half a lane in registers; loaded and stored by memcpy. */
typedef double bookings_quad __attribute__((vector_size(32)));

enum { BOOKINGS_LANES = 8, BOOKINGS_MAX_NODES = 512, BOOKINGS_SERIES = 4 };

/* Amounts of a larger log_sd are not small beside any sum. */
static const double bookings_wild = 0.75;

/* A deal (p = probability of a win), `count` like deals of the same p, or a kind of deals to come (p = rate).
 * ratio = exp(log_sd^2) = E[A^2] / E[A]^2; bulk the same without the amounts above the plan's cut. */
typedef struct bookings_deal {
  double p, amount, log_sd, ratio, bulk, count;
} bookings_deal;

/* What a distribution has cost; what bookings_build reports. */
typedef struct bookings_work {
  size_t frequencies, points, nodes, factors, cells, kinds, parts;
  double each; /* for a frequency, at most, in the units of budget.c: about 0.4 ns */
} bookings_work;

/* Quadrature of Z ~ Gamma(1, phi): sum w = 1, sum w z = 1; z increases. padded is n (whole lanes) or 1;
 * alias is the frequency at which the rule stops resolving the oscillation. */
typedef struct bookings_nodes {
  size_t n, padded;
  double phi, alias;
  double z[BOOKINGS_MAX_NODES], w[BOOKINGS_MAX_NODES];
  size_t silent[BOOKINGS_MAX_NODES / BOOKINGS_LANES]; /* frequencies since the lane's functions died out */
} bookings_nodes;

/* An amount as a mixture of n normals of one relative variance; within: the share of log_sd that is inside a part. */
enum { BOOKINGS_RULE_PARTS = 96 };
typedef struct bookings_rule {
  size_t n;
  double node[BOOKINGS_RULE_PARTS], weight[BOOKINGS_RULE_PARTS], mean[BOOKINGS_RULE_PARTS];
  double within;
} bookings_rule;

/* The amount of a deal to come, of any kind: kinds are Poisson, so together they are one kind whose amount is the mixture,
 * kind j in the share rate[j] / rate. Weights are those of the parts below the cut. */
typedef struct bookings_pool {
  double rate;
  size_t n;
  double *weight, *mean, *variance;
} bookings_pool;

/* Amounts as mixtures of normals, without the parts above the cut: psi(0) is then below 0. Severity i owns count[i] parts
 * from first[i]: one part, among those of the n_single severities that have one, or whole lanes, padded with weight 0.
 * After bookings_severities_start, each bookings_severities_next moves psi[] = E exp(itA) - 1 to the next multiple of
 * the frequency step. */
typedef struct bookings_severities {
  size_t n, parts, n_single, first_single;
  size_t *first, *count, *single; /* single[j]: the severity whose only part is first_single + j */
  size_t *live;                   /* parts of a severity that have not died out; 0: psi is -1 for good */
  double *weight, *mean, *variance;
  double *re, *im, *turn_re, *turn_im, *shrink, *shrink_step;
  double *psi_re, *psi_im;
  size_t step;
} bookings_severities;

/* Factors of deals of one class together, n of them: factor g is the sum over its rows, first[g] <= row < first[g + 1], of
 * chance[row][node] (of so many wins) times (re, im)[row], powers of the characteristic function of the amount. */
typedef struct bookings_wins {
  size_t n;
  size_t *class_of, *first;
  double *chance, *re, *im;
} bookings_wins;

/* Deals too many for a factor each, split by how their characteristic function is taken.
 * exact   factor (1 + win[i][k] psi)^count at node k, psi of severity class_of[i] < n_classes; those of count 1 come first
 * cells   rare deals of like amounts: log factor as a series in z H; severities n_classes .. ; sums of H^1..H^4
 * kinds   deals to come: negative binomial; their pool is the last severity
 * rest    many small deals: first four cumulants at each node, as a shifted gamma with a fourth-order correction */
typedef struct bookings_plan {
  dc_arena *arena;
  double scale, base, mean, sd; /* base and mean in money */
  double unit;                  /* > 0: all amounts are this one: a lattice */
  int narrow, few_classes;      /* some amount is (nearly) sure; amounts repeat (1), a lot (2) */
  double cut;                   /* amounts of heavy tails above are left out: so many, and worth so much, in the mean */
  double cut_rate, cut_mean;
  double phi, new_variance;
  bookings_deal *deals, *kinds; /* canonical order */
  size_t n, n_kinds;
  double variance_given;       /* at z = 1: variance of the sum below the cut */
  double variance_many;        /* the same without what single deals rule: no function of one deal falls off */
  double slope;                /* d mean / d log z at z = 1 */
  double slope_open, steepest; /* that of the open deals; its bound at any z */
  double largest, wins;        /* amount * bulk; expected number of wins */
  double top_frequency;        /* characteristic function is negligible above, by a normal guide */
  bookings_nodes nodes;
  size_t n_exact, n_plain, n_classes, n_cells; /* n_plain: of count 1 */
  bookings_deal *exact;
  bookings_wins wins_of;         /* the exact deals of count 1; none at a single node */
  double *win, *psi_re, *psi_im; /* n_exact x nodes.padded; the factors' psi at a frequency */
  size_t *class_of, *count;      /* of exact deals */
  bookings_pool pool;            /* of the kinds */
  double *power[BOOKINGS_SERIES];
  int has_rest;
  double *rest[BOOKINGS_SERIES]; /* cumulants at each node */
  double *node_mean, *node_variance;
  double none; /* probability that nothing is won, 0 when there is a rest */
  bookings_severities severities;
  bookings_work work;
} bookings_plan;

/* dc_bookings_new, and what it has cost. work may be NULL. */
dc_status bookings_build(const dc_bookings_input *input, dc_bookings **out, bookings_work *work, dc_error *error);

/* deals.c: cleaned, canonical order, totals. */
dc_status bookings_plan_deals(bookings_plan *plan, const dc_bookings_input *input, dc_error *error);

/* group.c: records merged into at most `limit` cells of like amount and log_sd; cells keep sum p, mean and second moment.
 * by_chance: of like p too, and p of a cell is their mean. cell_of (may be NULL) receives each record's cell. 0 when memory
 * ends. */
size_t bookings_group(dc_arena *arena, const bookings_deal *records, size_t n, size_t limit, int by_chance,
                      bookings_deal *cells, size_t *cell_of);
/* Equal amounts with equal log_sd: one class. like: also amounts whose difference is small beside an uncertainty that is
 * large; the class keeps their mean and second moment. classes has room for n. */
dc_status bookings_classes(dc_arena *arena, const bookings_deal *deals, size_t n, int like, bookings_deal *classes,
                           size_t *class_of, size_t *n_classes, dc_error *error);

/* cut.c: sets plan->cut and every record's bulk; the bulk of records made later. */
dc_status bookings_cut(bookings_plan *plan, dc_error *error);
void bookings_cut_bulk(const bookings_plan *plan, bookings_deal *records, size_t n);

/* nodes.c */
void bookings_nodes_make(bookings_nodes *nodes, const bookings_plan *plan);
double bookings_top_frequency(const bookings_plan *plan);
/* out[k] = P(win | z_k), k < padded (0 in the padding), with sum w out = p to rounding. */
void bookings_win_given(const bookings_nodes *nodes, double p, double *out);

/* split.c: fills exact, cells, kinds, rest, moments by node, none. */
dc_status bookings_plan_split(bookings_plan *plan, dc_error *error);
/* budget.c: standard deviation of the bulk; frequencies that the inversion will want; a number of exact deals that is affordable then, with `large` ones
 * among them; the most frequencies that the plan may have, a power of two. */
double bookings_guide_sd(const bookings_plan *plan);
double bookings_frequencies_wanted(const bookings_plan *plan);
size_t bookings_exact_limit(const bookings_plan *plan, size_t large);
size_t bookings_class_limit(const bookings_plan *plan, const bookings_deal *records, size_t n);
size_t bookings_cell_limit(const bookings_plan *plan, const bookings_deal *records, size_t n);
size_t bookings_most_frequencies(bookings_plan *plan); /* fills plan->work too */

/* severity.c. Records with amount * bulk > fine_above get a fine mixture, the others a coarse one, or a single normal
 * when far below it. spread: the parts' relative variance. */
void bookings_rule_choose(bookings_rule *q, const bookings_deal *d, double fine_above, double cut);
double bookings_rule_spread(const bookings_rule *q, const bookings_deal *d);
/* A severity for each of the n records, and one for the pool when that has parts. */
dc_status bookings_severities_make(bookings_severities *s, dc_arena *arena, const bookings_deal *records, size_t n,
                                   const bookings_pool *pool, double fine_above, double cut, dc_error *error);
void bookings_severities_start(bookings_severities *s, double frequency_step);
void bookings_severities_next(bookings_severities *s);
/* out[i] = E exp(theta A_i) - 1 */
void bookings_severities_mgf(const bookings_severities *s, double theta, double *out);

/* wins.c */
dc_status bookings_wins_make(bookings_plan *plan, dc_error *error);
void bookings_wins_turn(bookings_wins *w, const bookings_severities *s); /* the rows at the severities' frequency */

/* pool.c */
dc_status bookings_pool_make(bookings_pool *pool, dc_arena *arena, const bookings_deal *kinds, size_t n,
                             double fine_above, double cut, dc_error *error);

/* characteristic.c: phi(k * step) - atom, k = 0, 1, ... in order; re, im have room for `most` + 1 values. Returns the last
 * k before the function stayed below `negligible`; `most` when it did not. */
size_t bookings_characteristic(bookings_plan *plan, double step, size_t most, double atom, double negligible,
                               double *re, double *im);
/* Bounds that the sum leaves with a probability of at most about exp(-surprise) on each side. */
dc_status bookings_bounds(const bookings_plan *plan, double surprise, double *low, double *high, dc_error *error);

/* fft.c: out[j] = Re sum over k < terms of (re[k] + i im[k]) exp(-2 pi i j k / n), j < n = 2^m >= 4, terms <= n / 2 + 1.
 * The imaginary parts at 0 and n / 2 count as 0. */
dc_status bookings_real_sum(dc_arena *arena, const double *re, const double *im, size_t terms, size_t n, double *out,
                            dc_error *error);

/* invert.c */
dc_status bookings_invert(bookings_plan *plan, dc_bookings *b, dc_error *error);

#endif
