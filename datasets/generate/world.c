#include "world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STINTS_PER_SEAT = 64, QUARTERS_AHEAD = 4 };

static void init_calendar(const dg_world_options *options, dg_world *world)
{
  dg_civil start = dg_civil_of(options->as_of);
  int last_quarter = options->as_of + 1;

  start.year -= options->years;
  /* 29 February may not exist in the first year; its successor does. */
  const int day_before = dg_day_number(start);

  world->first_day = day_before + 1;
  world->past_days = options->as_of - day_before;
  for (int q = 0; q < QUARTERS_AHEAD; q++) last_quarter = dg_period_last(last_quarter, 3) + 1;
  world->quarter_days = last_quarter - (options->as_of + 1);
  world->all_days = world->past_days + dg_par.eventual_days + 1;
  world->day = dg_calendar_new(world->first_day, world->all_days);
}

/* Stints of one seat, drawn for the whole time line: who comes and goes later is part of the known truth. */
static void draw_stints(dg_world *world, int seat)
{
  dg_rng rng = dg_rng_at(world->seed, DG_STREAM_SEAT, (uint64_t)seat, 0);
  double from = -dg_par.tenure_days * dg_exponential(&rng);

  world->seat[seat].first_stint = world->stint_count;
  while (from < (double)world->all_days && world->seat[seat].stints < STINTS_PER_SEAT) {
    const int rep = world->stint_count++;

    world->rep[rep] = (dg_rep){.skill = dg_par.skill_sd * dg_normal(&rng), .joined = from};
    world->stint[rep] = (dg_stint){.rep = rep, .from = from};
    world->seat[seat].stints++;
    from += dg_par.tenure_days * dg_exponential(&rng);
    /* Who was there and left before the first day has no name in the data. */
    if (from < 0.0) {
      world->stint_count--;
      world->seat[seat].stints--;
    }
  }
}

static bool init_seats(dg_world *world)
{
  const double wanted = dg_par.seats_factor * pow((double)world->deals, dg_par.seats_power);

  for (int r = 0; r < DG_REGIONS; r++) {
    const int n = (int)fmax(1.0, floor(wanted * dg_par.region[r].share + 0.5));

    world->region_first[r + 1] = world->region_first[r] + n;
  }
  world->seats = world->region_first[DG_REGIONS];
  const size_t most = (size_t)world->seats * STINTS_PER_SEAT;

  world->seat = calloc((size_t)world->seats, sizeof *world->seat);
  world->stint = calloc(most, sizeof *world->stint);
  world->rep = calloc(most, sizeof *world->rep);
  if (!world->seat || !world->stint || !world->rep) return false;
  for (int r = 0; r < DG_REGIONS; r++) {
    for (int s = world->region_first[r]; s < world->region_first[r + 1]; s++) {
      world->seat[s].region = r;
      draw_stints(world, s);
    }
  }
  return true;
}

static bool clock_alloc(dg_clock *clock, int first, int days)
{
  clock->first = first;
  clock->days = days;
  clock->cumulated = calloc((size_t)DG_CLOCKS * (size_t)(days + 1), sizeof *clock->cumulated);
  return clock->cumulated != NULL;
}

/* shock: log shock by month since `month_base`. */
static void clock_fill(const dg_world *world, const double *shock, int month_base, dg_clock *clock)
{
  for (int k = 0; k < DG_CLOCKS; k++) {
    const dg_clock_parameters *p = &dg_par.clock[k];
    double *sum = clock->cumulated + (size_t)k * (size_t)(clock->days + 1);
    int month = -1;
    double common = 1.0;

    for (int i = 0; i < clock->days; i++) {
      const dg_day *day = &world->day[clock->first + i];
      double speed = p->weekday[day->weekday] * p->season[day->month];

      if (day->months != month) {
        month = day->months;
        common = exp(p->shock * shock[month - month_base] + p->drift * day->years);
      }
      if (day->to_quarter < dg_par.quarter_end_days)
        speed *= p->quarter_end;
      else if (day->since_quarter < dg_par.quarter_start_days)
        speed *= p->quarter_start;
      sum[i + 1] = sum[i] + speed * common;
    }
  }
}

/* Expected arrivals by day, scaled so that the past's, shocks included, sum to the number of deals. */
static void fill_intensity(dg_world *world, const double *shock)
{
  double past = 0.0;

  for (int i = 0; i < world->all_days; i++) {
    const dg_day *day = &world->day[i];

    world->intensity[i] = exp(dg_par.arrival_growth * day->years) * dg_par.arrival_weekday[day->weekday] *
                          dg_par.arrival_season[day->month];
    if (i < world->past_days) past += world->intensity[i] * exp(dg_par.arrival_shock * shock[day->months]);
  }
  for (int i = 0; i < world->all_days; i++) world->intensity[i] *= (double)world->deals / past;
}

static uint64_t draw_arrivals(dg_rng *rng, double mean)
{
  const double size = 1.0 / dg_par.arrival_dispersion;

  return dg_poisson(rng, mean * dg_gamma(rng, size) / size);
}

/* Days get negative binomial counts, stretched so that they add up to the number of deals exactly. */
static void fill_created(dg_world *world, const double *shock)
{
  double total = 0.0;
  double sum = 0.0;

  for (int pass = 0; pass < 2; pass++) {
    for (int i = 0; i < world->past_days; i++) {
      dg_rng rng = dg_rng_at(world->seed, DG_STREAM_ARRIVALS, 0, (uint64_t)i);
      const double mean = world->intensity[i] * exp(dg_par.arrival_shock * shock[world->day[i].months]);
      const double count = (double)draw_arrivals(&rng, mean);

      if (pass == 0) {
        total += count;
        continue;
      }
      sum += count;
      world->created_until[i + 1] = (uint64_t)floor((double)world->deals * (sum / total));
    }
  }
  world->created_until[world->past_days] = world->deals;
}

static void draw_shocks(dg_rng *rng, double before, int n, double *shock)
{
  const double fresh = dg_par.shock_sd * sqrt(1.0 - dg_par.shock_ar * dg_par.shock_ar);

  for (int m = 0; m < n; m++) {
    shock[m] = dg_par.shock_ar * before + fresh * dg_normal(rng);
    before = shock[m];
  }
}

bool dg_world_init(const dg_world_options *options, dg_world *world)
{
  double *shock = NULL;
  bool ok = false;

  memset(world, 0, sizeof *world);
  world->seed = options->seed;
  world->deals = options->deals;
  world->accounts = (uint64_t)fmax(50.0, floor((double)options->deals / dg_par.deals_per_account));
  init_calendar(options, world);
  world->intensity = calloc((size_t)world->all_days, sizeof *world->intensity);
  world->created_until = calloc((size_t)world->past_days + 1, sizeof *world->created_until);
  if (!world->day || !world->intensity || !world->created_until || !init_seats(world)) goto done;
  const int months = world->day[world->past_days - 1].months + 1;

  shock = calloc((size_t)months, sizeof *shock);
  if (!shock || !clock_alloc(&world->past, 0, world->past_days)) goto done;
  dg_rng rng = dg_rng_at(world->seed, DG_STREAM_SHOCK, 0, 0);

  draw_shocks(&rng, dg_par.shock_sd * dg_normal(&rng), months, shock);
  world->past_shock = shock[months - 1];
  clock_fill(world, shock, 0, &world->past);
  fill_intensity(world, shock);
  fill_created(world, shock);
  ok = true;
done:
  free(shock);
  return ok;
}

void dg_world_free(dg_world *world)
{
  free(world->day);
  free(world->intensity);
  free(world->past.cumulated);
  free(world->created_until);
  free(world->seat);
  free(world->stint);
  free(world->rep);
}

bool dg_path_init(const dg_world *world, uint64_t index, dg_path *path)
{
  const int base = world->day[world->past_days - 1].months;
  const int months = world->day[world->all_days - 1].months - base + 1;
  dg_rng rng = dg_rng_at(world->seed, DG_STREAM_SHOCK, 1, index);

  path->shock = calloc((size_t)months, sizeof *path->shock);
  if (!path->shock || !clock_alloc(&path->clock, world->past_days, world->all_days - world->past_days)) return false;
  /* The rest of the as-of day's month keeps its shock, which is already known. */
  path->shock[0] = world->past_shock;
  draw_shocks(&rng, world->past_shock, months - 1, path->shock + 1);
  clock_fill(world, path->shock, base, &path->clock);
  return true;
}

void dg_path_free(dg_path *path)
{
  free(path->shock);
  free(path->clock.cumulated);
}

double dg_clock_at(const dg_clock *clock, dg_clock_kind kind, double time)
{
  const double *sum = clock->cumulated + (size_t)kind * (size_t)(clock->days + 1);
  const double since = time - (double)clock->first;
  const int day = since < (double)clock->days ? (int)since : clock->days - 1;

  return sum[day] + (since - (double)day) * (sum[day + 1] - sum[day]);
}

double dg_clock_inverse(const dg_clock *clock, dg_clock_kind kind, double operational)
{
  const double *sum = clock->cumulated + (size_t)kind * (size_t)(clock->days + 1);
  int low = 0;
  int high = clock->days;

  if (!(operational < sum[high])) return INFINITY;
  while (high - low > 1) {
    const int middle = (low + high) / 2;

    if (sum[middle] <= operational)
      low = middle;
    else
      high = middle;
  }
  return (double)(clock->first + low) + (operational - sum[low]) / (sum[low + 1] - sum[low]);
}

uint64_t dg_future_arrivals(const dg_world *world, const dg_path *path, uint64_t path_index, int day, double thin)
{
  const int month = world->day[day].months - world->day[world->past_days - 1].months;
  dg_rng rng = dg_rng_at(world->seed, DG_STREAM_ARRIVALS, path_index + 1, (uint64_t)day);

  return draw_arrivals(&rng, world->intensity[day] / thin * exp(dg_par.arrival_shock * path->shock[month]));
}

dg_account dg_account_at(const dg_world *world, uint64_t index)
{
  dg_rng rng = dg_rng_at(world->seed, DG_STREAM_ACCOUNT, index, 0);
  double share[DG_COUNTRIES];
  dg_account account;

  for (int i = 0; i < DG_COUNTRIES; i++) share[i] = dg_par.country[i].share;
  account.country = dg_pick(&rng, share, DG_COUNTRIES);
  for (int i = 0; i < DG_SECTORS; i++) share[i] = dg_par.sector[i].share;
  account.sector = dg_pick(&rng, share, DG_SECTORS);

  /* The first accounts are asked most often; they are the larger ones, too. */
  const double rank = (double)index / (double)world->accounts;
  const double log_employees = dg_par.log_employees + dg_par.employees_popularity * (1.0 - 2.0 * rank) +
                               dg_par.log_employees_sd * dg_normal(&rng);

  account.employees = floor(fmin(250e3, fmax(2.0, exp(log_employees))));
  account.revenue = account.employees * dg_par.sector[account.sector].revenue_per_head *
                    exp(dg_par.revenue_sd * dg_normal(&rng));
  account.appeal = dg_par.appeal_sd * dg_normal(&rng);

  const int region = dg_par.country[account.country].region;
  const int first = world->region_first[region];

  account.seat = first + (int)(dg_uniform(&rng) * (double)(world->region_first[region + 1] - first));
  const double u = dg_uniform(&rng);

  if (u < dg_par.customer_before)
    account.customer_since = 0.0;
  else if (u < dg_par.customer_before + dg_par.customer_later)
    account.customer_since = (u - dg_par.customer_before) / dg_par.customer_later * (double)(world->past_days);
  else
    account.customer_since = INFINITY;
  return account;
}

int dg_stint_at(const dg_world *world, int seat, double time)
{
  const dg_seat *chair = &world->seat[seat];
  int stint = chair->first_stint;

  while (stint + 1 < chair->first_stint + chair->stints && world->stint[stint + 1].from <= time) stint++;
  return stint;
}

double dg_skill_at(const dg_world *world, int seat, double time)
{
  const dg_rep *rep = &world->rep[world->stint[dg_stint_at(world, seat, time)].rep];

  return time - rep->joined < dg_par.ramp_days ? rep->skill - dg_par.ramp_loss : rep->skill;
}
