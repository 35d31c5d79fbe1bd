/* dealcast-generate: a sales team with known truth, as CSV files and truth.json. Reads nothing; the same options give
 * the same bytes. Exit codes: 0 done, 2 usage, 5 system (disk, memory). */
#define _POSIX_C_SOURCE 200809L

#include "tables.h"
#include "truth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { EXIT_USAGE = 2, EXIT_SYSTEM = 5 };

typedef struct {
  unsigned long long deals, seed;
  const char *directory;
  int as_of, years, paths;
  bool dirt, no_history, help;
} options;

static const char help_text[] =
    "dealcast-generate --deals N --seed S --out-dir DIR [options]\n"
    "\n"
    "Writes deals.csv, history.csv, accounts.csv, orders.csv, quotas.csv and truth.json of an invented sales team "
    "into\n"
    "DIR, which is made when it does not exist. The same options give the same bytes.\n"
    "\n"
    "  --deals N          deals created by the as-of day, 1000 to 100000000\n"
    "  --seed S           a whole number\n"
    "  --out-dir DIR      where the files go\n"
    "  --as-of DAY        last day that the files know (2025-12-31)\n"
    "  --years N          years of past, 1 to 10 (3)\n"
    "  --dirt             add the dirt of real exports to deals.csv and history.csv\n"
    "  --truth-paths R    Monte Carlo paths of the truth, 0 to 5000 (by the number of deals: 400 to 50)\n"
    "  --no-history       leave history.csv out\n"
    "  --help             this text\n"
    "\n"
    "Example: dealcast-generate --deals 5000 --seed 7 --out-dir sample\n";

static bool read_count(const char *text, unsigned long long low, unsigned long long high, unsigned long long *value)
{
  char *end;

  if (text[0] < '0' || text[0] > '9') return false;
  errno = 0;
  *value = strtoull(text, &end, 10);
  return errno == 0 && *end == '\0' && *value >= low && *value <= high;
}

static bool read_small(const char *text, unsigned long long low, unsigned long long high, int *value)
{
  unsigned long long wide;

  if (!read_count(text, low, high, &wide)) return false;
  *value = (int)wide;
  return true;
}

static bool set_deals(options *o, const char *text) { return read_count(text, 1000, 100000000, &o->deals); }

static bool set_seed(options *o, const char *text) { return read_count(text, 0, ~0ULL, &o->seed); }

static bool set_directory(options *o, const char *text)
{
  o->directory = text;
  return text[0] != '\0';
}

static bool set_as_of(options *o, const char *text) { return dg_day_parse(text, &o->as_of) && text[0] != '0'; }

static bool set_years(options *o, const char *text) { return read_small(text, 1, 10, &o->years); }

static bool set_paths(options *o, const char *text) { return read_small(text, 0, 5000, &o->paths); }

static bool set_dirt(options *o, const char *text)
{
  (void)text;
  return o->dirt = true;
}

static bool set_no_history(options *o, const char *text)
{
  (void)text;
  return o->no_history = true;
}

static bool set_help(options *o, const char *text)
{
  (void)text;
  return o->help = true;
}

static const struct {
  const char *name;
  bool takes_value;
  bool (*set)(options *o, const char *text);
} known[] = {
    {"--deals", true, set_deals},       {"--seed", true, set_seed},
    {"--out-dir", true, set_directory}, {"--as-of", true, set_as_of},
    {"--years", true, set_years},       {"--dirt", false, set_dirt},
    {"--truth-paths", true, set_paths}, {"--no-history", false, set_no_history},
    {"--help", false, set_help},
};

static bool parse(int argc, char **argv, options *o)
{
  for (int i = 1; i < argc; i++) {
    size_t k = 0;

    while (k < sizeof known / sizeof known[0] && strcmp(argv[i], known[k].name) != 0) k++;
    if (k == sizeof known / sizeof known[0]) {
      fprintf(stderr, "dealcast-generate: unknown option '%s'; see --help\n", argv[i]);
      return false;
    }
    if (known[k].takes_value && i + 1 >= argc) {
      fprintf(stderr, "dealcast-generate: %s needs a value; see --help\n", argv[i]);
      return false;
    }
    const char *value = known[k].takes_value ? argv[++i] : "";

    if (!known[k].set(o, value)) {
      fprintf(stderr, "dealcast-generate: %s cannot be '%s'; see --help\n", known[k].name, value);
      return false;
    }
  }
  return true;
}

static void simulate(const dg_world *world, dg_tables *tables, dg_truth *truth)
{
  dg_history history;

  for (int day = 0; day < world->past_days; day++) {
    const uint64_t first = world->created_until[day];
    const uint64_t n = world->created_until[day + 1] - first;

    for (uint64_t j = 0; j < n; j++) {
      const uint64_t index = first + j;
      dg_rng rng = dg_rng_at(world->seed, DG_STREAM_TRAITS, index, 0);
      const double created = (double)day + ((double)j + dg_uniform(&rng)) / (double)n;
      const dg_traits traits = dg_traits_draw(world, &rng, created);

      rng = dg_rng_at(world->seed, DG_STREAM_PAST, index, 0);
      dg_deal_past(world, &traits, &rng, &history);
      dg_tables_deal(tables, index, &traits, &history);
      const dg_event *last = &history.event[history.events - 1];

      if (last->stage == DG_WON)
        dg_truth_booked(truth, last->time, last->amount);
      else if (last->stage < DG_OPEN_STAGES)
        dg_truth_open_deal(truth, index, &traits, &history.state);
    }
  }
}

static bool generate(const options *o)
{
  const dg_world_options world_options = {.seed = o->seed, .deals = o->deals, .as_of = o->as_of, .years = o->years};
  dg_world world = {0};
  dg_tables tables = {0};
  dg_truth truth = {0};
  bool ok = dg_world_init(&world_options, &world);

  ok = ok && dg_tables_open(&tables, &world, o->directory, o->dirt, !o->no_history);
  ok = ok && dg_truth_open(&truth, &world, o->directory, o->paths);
  if (ok) simulate(&world, &tables, &truth);
  ok = dg_tables_close(&tables) && ok;
  ok = ok && dg_truth_close(&truth);
  dg_truth_free(&truth);
  dg_world_free(&world);
  return ok;
}

int main(int argc, char **argv)
{
  options o = {.paths = -1, .years = 3, .as_of = dg_day_number((dg_civil){2025, 12, 31})};

  if (!parse(argc, argv, &o)) return EXIT_USAGE;
  if (o.help) {
    fputs(help_text, stdout);
    return EXIT_SUCCESS;
  }
  if (o.deals == 0 || !o.directory) {
    fputs("dealcast-generate: --deals, --seed and --out-dir are needed; see --help\n", stderr);
    return EXIT_USAGE;
  }
  const bool made = mkdir(o.directory, 0777) == 0 || errno == EEXIST;

  if (made) errno = 0;
  if (made && generate(&o)) return EXIT_SUCCESS;
  fprintf(stderr, "dealcast-generate: cannot write into '%s': %s\n", o.directory,
          errno ? strerror(errno) : "name too long");
  return EXIT_SYSTEM;
}
