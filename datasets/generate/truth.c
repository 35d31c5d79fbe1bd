#include "truth.h"

#include "names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PROBABILITY_DECIMALS = 4, LISTED_MONTHS = 3 };

static const struct {
  const char *name;
  double level;
} quantiles[] = {{"p05", 0.05}, {"p10", 0.10}, {"p25", 0.25}, {"p50", 0.50},
                 {"p75", 0.75}, {"p90", 0.90}, {"p95", 0.95}};

static void choose_size(dg_truth *truth, int paths)
{
  int k = 0;

  while (k < DG_TRUTH_SIZES - 1 && (double)truth->world->deals > dg_par.truth[k].deals) k++;
  truth->paths = paths >= 0 ? paths : dg_par.truth[k].paths;
  truth->thin_new = (uint64_t)dg_par.truth[k].thin_new;
  truth->thin_open = (uint64_t)dg_par.truth[k].thin_open;
  truth->each_deal = truth->paths > 0 && truth->thin_open == 1;
}

bool dg_truth_open(dg_truth *truth, const dg_world *world, const char *directory, int paths)
{
  memset(truth, 0, sizeof *truth);
  truth->world = world;
  choose_size(truth, paths);
  const size_t n = (size_t)truth->paths + 1;

  truth->path = calloc(n, sizeof *truth->path);
  truth->sum = calloc(n * DG_PERIODS, sizeof *truth->sum);
  if (!truth->path || !truth->sum) return false;
  for (size_t r = 0; r < n; r++) {
    if (!dg_path_init(world, r, &truth->path[r])) return false;
  }
  if (!dg_file_open(&truth->file, directory, "truth.json")) return false;
  dg_file *file = &truth->file;

  dg_put(file, "{\"seed\":");
  dg_put_count(file, world->seed);
  dg_put(file, ",\"as_of\":\"");
  dg_put(file, world->day[world->past_days - 1].text);
  dg_put(file, "\",\"deals\":");
  dg_put_count(file, world->deals);
  dg_put(file, ",\"paths\":");
  dg_put_count(file, (uint64_t)truth->paths);
  dg_put(file, ",\"thin_new\":");
  dg_put_count(file, truth->thin_new);
  dg_put(file, ",\"thin_open\":");
  dg_put_count(file, truth->thin_open);
  dg_put(file, ",\n\"open\":[");
  return true;
}

/* Index of the first period is that of the day after the as-of day. -1 beyond the last. */
static int month_of(const dg_world *world, double time)
{
  const int month = world->day[(int)time].months - world->day[world->past_days].months;

  return month >= 0 && month < DG_MONTHS ? month : -1;
}

static int quarter_of(const dg_world *world, double time)
{
  const int quarter = world->day[(int)time].quarters - world->day[world->past_days].quarters;

  return quarter >= 0 && quarter < DG_QUARTERS ? quarter : -1;
}

/* Adds to the months first, then the quarters, of one array of DG_PERIODS. */
static void add(const dg_world *world, double time, double value, double *periods)
{
  const int month = month_of(world, time);
  const int quarter = quarter_of(world, time);

  if (month >= 0) periods[month] += value;
  if (quarter >= 0) periods[DG_MONTHS + quarter] += value;
}

static void count(const dg_world *world, double time, uint64_t *periods)
{
  double once[DG_PERIODS] = {0.0};

  add(world, time, 1.0, once);
  for (int p = 0; p < DG_PERIODS; p++) periods[p] += once[p] > 0.0;
}

void dg_truth_booked(dg_truth *truth, double time, double amount)
{
  add(truth->world, time, amount, truth->booked);
  count(truth->world, time, truth->booked_count);
  count(truth->world, time, truth->realised_count);
}

static void put_probabilities(dg_file *file, const char *name, const double *value, int n)
{
  dg_put(file, name);
  for (int i = 0; i < n; i++) {
    if (i > 0) dg_put_char(file, ',');
    dg_put_number(file, value[i], PROBABILITY_DECIMALS);
  }
  dg_put_char(file, ']');
}

static void put_open_deal(dg_truth *truth, uint64_t index, double p_win, const double *share, const dg_outcome *real)
{
  dg_file *file = &truth->file;
  char id[DG_NAME_SIZE];

  dg_deal_id(index, id);
  dg_put(file, truth->listed++ > 0 ? ",\n{\"deal_id\":\"" : "\n{\"deal_id\":\"");
  dg_put(file, id);
  dg_put(file, "\",\"p_win\":");
  dg_put_number(file, p_win, PROBABILITY_DECIMALS);
  put_probabilities(file, ",\"p_win_month\":[", share, LISTED_MONTHS);
  put_probabilities(file, ",\"p_win_quarter\":[", share + DG_MONTHS, DG_QUARTERS);
  dg_put(file, real->stage == DG_WON ? ",\"won\":true,\"close_date\":" : ",\"won\":false,\"close_date\":");
  if (real->stage < DG_OPEN_STAGES) {
    dg_put(file, "null");
  } else {
    dg_put_char(file, '"');
    dg_put(file, truth->world->day[(int)real->time].text);
    dg_put_char(file, '"');
  }
  dg_put(file, ",\"final_amount\":");
  if (real->stage == DG_WON)
    dg_put_number(file, real->amount, 2);
  else
    dg_put(file, "null");
  dg_put_char(file, '}');
}

void dg_truth_open_deal(dg_truth *truth, uint64_t index, const dg_traits *traits, const dg_state *state)
{
  const dg_world *world = truth->world;
  const double end = (double)(world->past_days + dg_par.eventual_days);
  const int paths = index % truth->thin_open == 0 ? truth->paths : 0;
  const double weight = (double)truth->thin_open / (double)(paths > 0 ? paths : 1);
  double share[DG_PERIODS] = {0.0};
  dg_outcome real = {0};
  int wins = 0;

  for (int r = 0; r <= paths; r++) {
    dg_rng rng = dg_rng_at(world->seed, DG_STREAM_FUTURE, index, (uint64_t)r);
    const dg_outcome outcome = dg_deal_future(world, &truth->path[r], traits, state, end, &rng);

    if (r == 0) real = outcome;
    if (outcome.stage != DG_WON) continue;
    add(world, outcome.time, r == 0 ? outcome.amount : outcome.amount * (double)truth->thin_open,
        truth->sum + (size_t)r * DG_PERIODS);
    if (r > 0) {
      wins++;
      add(world, outcome.time, 1.0 / (double)paths, share);
      add(world, outcome.time, weight, truth->mean_count_open);
      add(world, outcome.time, weight, truth->mean_count);
      add(world, outcome.time, weight * outcome.amount, truth->mean_open);
    }
  }
  if (real.stage == DG_WON) {
    add(world, real.time, real.amount, truth->realised_open);
    count(world, real.time, truth->realised_count);
  }
  if (truth->each_deal) put_open_deal(truth, index, (double)wins / (double)paths, share, &real);
}

static void simulate_new(dg_truth *truth, int r)
{
  const dg_world *world = truth->world;
  const uint64_t thin = r == 0 ? 1 : truth->thin_new;
  const int end = world->past_days + world->quarter_days;

  for (int day = world->past_days; day < end; day++) {
    const uint64_t n = dg_future_arrivals(world, &truth->path[r], (uint64_t)r, day, (double)thin);

    if (r > 0) add(world, (double)day, (double)(n * thin) / (double)truth->paths, truth->mean_created);
    for (uint64_t j = 0; j < n; j++) {
      dg_rng rng = dg_rng_at(world->seed, DG_STREAM_NEW, (uint64_t)r, (uint64_t)day << 32 | j);
      const double created = (double)day + ((double)j + dg_uniform(&rng)) / (double)n;
      const dg_traits traits = dg_traits_draw(world, &rng, created);
      const dg_outcome outcome = dg_deal_new(world, &truth->path[r], &traits, (double)end, &rng);

      if (outcome.stage != DG_WON) continue;
      add(world, outcome.time, outcome.amount * (double)thin, truth->sum + (size_t)r * DG_PERIODS);
      if (r == 0)
        count(world, outcome.time, truth->realised_count);
      else
        add(world, outcome.time, (double)thin / (double)truth->paths, truth->mean_count);
    }
  }
}

static int by_value(const void *a, const void *b)
{
  const double x = *(const double *)a;
  const double y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Linear between order statistics (type 7 of Hyndman and Fan 1996). */
static double quantile(const double *sorted, int n, double level)
{
  const double at = level * (double)(n - 1);
  const int low = (int)at;
  const int high = low + 1 < n ? low + 1 : low;

  return sorted[low] + (at - (double)low) * (sorted[high] - sorted[low]);
}

static void put_distribution(dg_truth *truth, int period, double *sorted)
{
  dg_file *file = &truth->file;
  const int n = truth->paths;
  double mean = 0.0;

  for (int r = 1; r <= n; r++) {
    sorted[r - 1] = truth->booked[period] + truth->sum[(size_t)r * DG_PERIODS + (size_t)period];
    mean += sorted[r - 1] / (double)n;
  }
  qsort(sorted, (size_t)n, sizeof *sorted, by_value);
  dg_put(file, ",\"mean\":");
  dg_put_number(file, mean, 0);
  for (size_t q = 0; q < sizeof quantiles / sizeof quantiles[0]; q++) {
    dg_put(file, ",\"");
    dg_put(file, quantiles[q].name);
    dg_put(file, "\":");
    dg_put_number(file, quantile(sorted, n, quantiles[q].level), 0);
  }
}

/* What of the mean comes from deals open at the as-of day, and the same for the number of wins. */
static void put_means(dg_truth *truth, int period)
{
  dg_file *file = &truth->file;

  dg_put(file, ",\"mean_from_open\":");
  dg_put_number(file, truth->mean_open[period], 0);
  dg_put(file, ",\"mean_count\":");
  dg_put_number(file, (double)truth->booked_count[period] + truth->mean_count[period], 2);
  dg_put(file, ",\"mean_count_from_open\":");
  dg_put_number(file, truth->mean_count_open[period], 2);
  dg_put(file, ",\"mean_created\":");
  dg_put_number(file, truth->mean_created[period], 1);
}

static void put_periods(dg_truth *truth, const char *name, int first, int n, double *scratch)
{
  const dg_world *world = truth->world;
  dg_file *file = &truth->file;
  const int months = first == 0 ? 1 : 3;
  int start = dg_period_first(world->first_day + world->past_days, months);

  dg_put(file, name);
  for (int p = first; p < first + n; p++) {
    dg_put(file, p > first ? ",\n{\"period_start\":\"" : "\n{\"period_start\":\"");
    dg_put(file, world->day[start - world->first_day].text);
    dg_put(file, "\",\"booked\":");
    dg_put_number(file, truth->booked[p], 0);
    if (truth->paths > 0) put_distribution(truth, p, scratch);
    if (truth->paths > 0) put_means(truth, p);
    dg_put(file, ",\"realised\":");
    dg_put_number(file, truth->booked[p] + truth->sum[p], 0);
    dg_put(file, ",\"realised_from_open\":");
    dg_put_number(file, truth->realised_open[p], 0);
    dg_put(file, ",\"realised_count\":");
    dg_put_count(file, truth->realised_count[p]);
    dg_put_char(file, '}');
    start = dg_period_last(start, months) + 1;
  }
  dg_put_char(file, ']');
}

bool dg_truth_close(dg_truth *truth)
{
  double *scratch = calloc((size_t)truth->paths + 1, sizeof *scratch);

  if (!scratch) return false;
  for (int r = 0; r <= truth->paths; r++) simulate_new(truth, r);
  put_periods(truth, "],\n\"bookings_quarter\":[", DG_MONTHS, DG_QUARTERS, scratch);
  put_periods(truth, ",\n\"bookings_month\":[", 0, DG_MONTHS, scratch);
  dg_put(&truth->file, "}\n");
  free(scratch);
  return dg_file_close(&truth->file);
}

void dg_truth_free(dg_truth *truth)
{
  for (int r = 0; truth->path && r <= truth->paths; r++) dg_path_free(&truth->path[r]);
  free(truth->path);
  free(truth->sum);
  dg_file_close(&truth->file);
}
