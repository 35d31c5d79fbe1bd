/* The numbers of the simulation: what they mean. Their values are one table, at the head of parameters.c.
 *
 * Durations are in operational days: a day of a clock that runs fast or slow with weekday, season, quarter end, drift
 * and the common shock. About three calendar days make two operational ones. */
#ifndef DATASETS_GENERATE_PARAMETERS_H
#define DATASETS_GENERATE_PARAMETERS_H

#include <stdbool.h>

enum {
  DG_PROSPECTING,
  DG_QUALIFICATION,
  DG_PROPOSAL,
  DG_NEGOTIATION,
  DG_WON,
  DG_LOST,
  DG_STAGES,
  DG_OPEN_STAGES = DG_WON
};

typedef enum { DG_CLOCK_WORK, DG_CLOCK_WIN, DG_CLOCK_LOSS, DG_CLOCKS } dg_clock_kind;
typedef enum { DG_WEIBULL, DG_LOGLOGISTIC, DG_LAWS } dg_law;

enum {
  DG_PRODUCTS = 8,
  DG_REGIONS = 5,
  DG_SOURCES = 6,
  DG_COMPETITORS = 5,
  DG_SECTORS = 9,
  DG_COUNTRIES = 12,
  DG_EXITS = 3,
  DG_TRUTH_SIZES = 5
};

/* One way out of a stage: the time since entry until it happens is scale * x, where x follows the law and
 * log scale = log(base) + log(product cycle) + slowness * frailty - strength * deal's strength. */
typedef struct {
  int to; /* stage it leads to */
  dg_clock_kind clock;
  dg_law law;
  double shape;
  double base;     /* operational days; 0 = no such exit */
  double slowness; /* loading of the deal's log frailty */
  double strength; /* loading of the deal's strength: positive makes it sooner */
} dg_exit;

typedef struct {
  double weekday[7];    /* speed, Monday first */
  double season[12];    /* speed by month */
  double quarter_end;   /* speed in the last days of a quarter */
  double quarter_start; /* speed in its first days: what was pulled forward is missing here */
  double shock;         /* loading of the log common shock */
  double drift;         /* log speed per year */
} dg_clock_parameters;

typedef struct {
  const char *name;
  double share;
  double price; /* median list amount */
  double cycle; /* duration factor */
  double strength;
} dg_product;

typedef struct {
  const char *name;
  double share;
  double strength;
} dg_factor;

typedef struct {
  const char *name;
  int region;
  double share;
} dg_country;

typedef struct {
  const char *name;
  double share;
  double revenue_per_head;
} dg_sector;

/* How much truth is computed for how many deals: Monte Carlo paths, and one in how many deals a path simulates. */
typedef struct {
  double deals;
  int paths;
  int thin_new;
  int thin_open;
} dg_truth_size;

typedef struct {
  const char *stage_name[DG_STAGES];
  dg_exit exits[DG_OPEN_STAGES][DG_EXITS];
  dg_clock_parameters clock[DG_CLOCKS];
  int quarter_end_days, quarter_start_days;

  double shock_sd, shock_ar; /* monthly log shock: stationary sd, autocorrelation */
  double arrival_growth;     /* log growth per year */
  double arrival_weekday[7], arrival_season[12];
  double arrival_shock, arrival_dispersion; /* loading; variance = mean + dispersion * mean^2 per day */

  double seats_factor, seats_power;      /* seats = factor * deals^power */
  double tenure_days;                    /* mean stay of a rep */
  double skill_sd, ramp_days, ramp_loss; /* a newcomer's strength is lower by ramp_loss for ramp_days */
  double own_account;                    /* share of deals run by the account's own seat */

  double deals_per_account, account_skew; /* account = accounts * u^skew */
  double log_employees, log_employees_sd, employees_popularity, revenue_sd, appeal_sd;
  double customer_before, customer_later; /* share of accounts that bought before the start, that begin during it */
  double existing_strength;

  dg_product product[DG_PRODUCTS];
  dg_factor source[DG_SOURCES], region[DG_REGIONS], competitor[DG_COMPETITORS];
  dg_country country[DG_COUNTRIES];
  dg_sector sector[DG_SECTORS];
  double competitor_existing; /* a competitor's harm is scaled by this at existing customers */

  double frailty_sd;                              /* of log frailty: slow deals are slow throughout */
  double zombie_share, start_second_stage;        /* never close; begin at Qualification */
  double amount_sd, amount_size, amount_existing; /* log sd; power of employees/100; factor at existing customers */
  double size_strength;                           /* strength per unit of log(amount / product price) */
  double discount_none, discount_step, discount_power, discount_gain, discount_scale;
  int discount_steps;

  double review_days;                              /* operational days between looks at an open deal */
  double review_amount, review_push, review_touch; /* what a look does: new amount, push, row without a change */
  double amount_change, amount_change_sd;          /* log change: mean, sd */
  double final_same, final_shift, final_scale, final_limit; /* closing: share unchanged; else t3 * scale + shift */

  double remaining_days[DG_OPEN_STAGES]; /* calendar days that reps believe are left */
  double optimism, estimate_slowness, estimate_sd, estimate_stage_move;
  double snap_month, snap_quarter; /* share of expected dates put on a month's or a quarter's last day */
  double push_early, push_late, push_days, push_sd, push_neglect, push_neglect_days;
  int zombie_pushes; /* then nobody looks at it any more */

  double order_delay_days, order_gap_days, order_gap_shape, order_life_days, order_share, order_sd;
  double quota_stretch, quota_sd, quota_win_rate;

  int eventual_days; /* "eventually won" means within this many days */
  dg_truth_size truth[DG_TRUTH_SIZES];
} dg_parameters;

extern const dg_parameters dg_par;

#endif
