/* What all deals share: the calendar, the common shocks, the clocks that they drive, seats and their reps, accounts.
 *
 * Time is in days since the simulation's first day. The end of the as-of day is time `past_days`; everything before it
 * is one known past, everything after it is a path: path 0 is what really happens, paths 1.. are the Monte Carlo's, and
 * all of them are drawn alike. Accounts are functions of (seed, index) and take no memory. */
#ifndef DATASETS_GENERATE_WORLD_H
#define DATASETS_GENERATE_WORLD_H

#include "calendar.h"
#include "parameters.h"
#include "rng.h"

#include <stdint.h>

/* Operational time of each kind, cumulated over days [first, first + days). */
typedef struct {
  int first, days;
  double *cumulated; /* DG_CLOCKS x (days + 1) */
} dg_clock;

typedef struct {
  int rep;
  double from; /* until the next stint's from */
} dg_stint;

/* A seat is a sales territory's chair; the reps who hold it one after the other are its stints. */
typedef struct {
  int region, first_stint, stints;
} dg_seat;

typedef struct {
  double skill, joined;
} dg_rep;

typedef struct {
  int country, sector, seat;
  double employees, revenue;
  double customer_since; /* time; beyond the horizon when never */
  double appeal;
} dg_account;

typedef struct {
  uint64_t seed, deals, accounts;
  int first_day;           /* day number of time 0 */
  int past_days, all_days; /* all_days: past, then what the longest question about the future needs */
  int quarter_days;        /* days after the as-of day until the fourth quarter from then is over */
  dg_day *day;             /* all_days */
  double *intensity;       /* all_days: expected deals created, common shock left out */
  double past_shock;       /* log shock of the as-of day's month */
  dg_clock past;
  uint64_t *created_until; /* past_days + 1: deals created before each day */
  int region_first[DG_REGIONS + 1];
  dg_seat *seat;
  dg_stint *stint;
  dg_rep *rep;
  int seats, stint_count;
} dg_world;

typedef struct {
  double *shock; /* by month since the as-of day's month */
  dg_clock clock;
} dg_path;

typedef struct {
  uint64_t seed, deals;
  int as_of; /* day number */
  int years;
} dg_world_options;

/* false when memory is short. */
bool dg_world_init(const dg_world_options *options, dg_world *world);
void dg_world_free(dg_world *world);

/* The future of path `index`: shocks given the past's last one, and clocks from time past_days on. */
bool dg_path_init(const dg_world *world, uint64_t index, dg_path *path);
void dg_path_free(dg_path *path);

/* Operational time at `time`; and back, INFINITY beyond the clock's last day. */
double dg_clock_at(const dg_clock *clock, dg_clock_kind kind, double time);
double dg_clock_inverse(const dg_clock *clock, dg_clock_kind kind, double operational);

/* Number of deals created on a future day of a path, with intensities divided by `thin`. */
uint64_t dg_future_arrivals(const dg_world *world, const dg_path *path, uint64_t path_index, int day, double thin);

dg_account dg_account_at(const dg_world *world, uint64_t index);
/* Which stint of the seat a time falls in, as an index into world->stint. */
int dg_stint_at(const dg_world *world, int seat, double time);
/* Skill of the seat's rep, lower while new. */
double dg_skill_at(const dg_world *world, int seat, double time);

#endif
