#include "engine/deals/roles.h"

#include "engine/base/random.h"
#include "engine/deals/words.h"
#include "engine/ingest/load.h"
#include "tests/check.h"
#include "tests/deals/tables.h"
#include <gsl/gsl_errno.h>

enum { MAX_ROWS = 4000, WHY = 256 };

/* What random data is made of: (seed, stream) fixes it. */
typedef struct world {
  uint64_t seed;
  size_t rows;
  int8_t state[MAX_ROWS];
} world;

static double uniform(const world *w, uint64_t stream, size_t row) { return dc_random_uniform(w->seed, stream, row); }

static void make_states(world *w, uint64_t seed, size_t rows, double open, double won)
{
  w->seed = seed;
  w->rows = rows;
  for (size_t r = 0; r < rows; r++) w->state[r] = uniform(w, 1, r) < open ? 0 : uniform(w, 2, r) < won ? 1 : 2;
}

static dc_use check_numbers(const world *w, const double *x, char *why)
{
  dc_table *table = table_of_numbers("x", x, w->rows);
  dc_use use = dc_leak_check(table->columns, w->state, w->rows, why, WHY);
  dc_table_free(table);
  return use;
}

static dc_use check_words(const world *w, const char *const *words, dc_type type, char *why)
{
  dc_table *table = table_of_words("x", words, w->rows, type);
  dc_use use = dc_leak_check(table->columns, w->state, w->rows, why, WHY);
  dc_table_free(table);
  return use;
}

/* Ten kinds of honest columns; none may be dropped. */
enum { HONEST_KINDS = 10, HONEST_SEEDS = 50 };
static const char *const letters[] = {"A", "B", "C", "D", "E", "F", "G", "H"};

static double honest_number(const world *w, int kind, size_t r)
{
  double u = uniform(w, 10, r), v = uniform(w, 11, r);
  bool won = w->state[r] == 1;
  switch (kind) {
    case 0: return floor(exp(8 + 2 * u));                       /* sizes */
    case 1: return v < 0.02 ? NAN : u;                          /* rarely missing */
    case 2: return v < 0.6 ? 0 : u;                             /* a discount: mostly none */
    case 3: return v < 0.9 ? NAN : floor(20 * u);               /* mostly missing, few values */
    case 4: return u + (won ? 1.0 : 0);                         /* strong: AUC about .9 at best */
    default: return v < (won ? 0.1 : 0.5) ? NAN : floor(3 * u); /* missing tells something, not all */
  }
}

static const char *honest_word(const world *w, int kind, size_t r)
{
  double u = uniform(w, 12, r), v = uniform(w, 13, r);
  switch (kind) {
    case 6: return letters[(int)(8 * pow(u, 6))];                                          /* skewed */
    case 7: return v < 0.01 ? "" : letters[(int)(4 * u)];                                  /* rarely missing */
    case 8: return w->state[r] == 1 ? letters[u < 0.9 ? 0 : 1] : letters[u < 0.9 ? 1 : 0]; /* right in 9 of 10 */
    default: return v < 0.7 ? "" : letters[(int)(8 * u)]; /* a competitor: mostly none known */
  }
}

static dc_use check_honest(const world *w, int kind, char *why)
{
  static double x[MAX_ROWS];
  static const char *words[MAX_ROWS];
  for (size_t r = 0; r < w->rows; r++) {
    if (kind < 6)
      x[r] = honest_number(w, kind, r);
    else
      words[r] = honest_word(w, kind, r);
  }
  return kind < 6 ? check_numbers(w, x, why) : check_words(w, words, DC_TYPE_CATEGORY, why);
}

static void honest_columns_stay(void **state)
{
  static const struct {
    size_t rows;
    double open, won;
  } shapes[] = {{30, 0.3, 0.5},   {30, 0, 0.5},     {30, 0.3, 0.1},    {200, 0.2, 0.6}, {200, 0.02, 0.03},
                {4000, 0.2, 0.6}, {4000, 0.9, 0.3}, {4000, 0.1, 0.01}, {4000, 0, 0.98}};
  enum { SHAPES = sizeof shapes / sizeof *shapes };
  static world w;
  char why[WHY];
  int dropped = 0, suspect = 0, n = 0;
  (void)state;
  for (int s = 0; s < SHAPES; s++)
    for (uint64_t seed = 1; seed <= HONEST_SEEDS; seed++) {
      make_states(&w, seed, shapes[s].rows, shapes[s].open, shapes[s].won);
      for (int kind = 0; kind < HONEST_KINDS; kind++, n++) {
        dc_use use = check_honest(&w, kind, why);
        dropped += use == DC_USE_DROPPED;
        suspect += use == DC_USE_SUSPECT;
        if (use != DC_USE_USED)
          printf("kind %d, shape %d, seed %d: %s: %s\n", kind, s, (int)seed, dc_use_name(use), why);
      }
    }
  printf("%d honest columns: %d dropped, %d suspect\n", n, dropped, suspect);
  assert_int_equal(dropped, 0);
  assert_true(suspect * 100 < n);
}

/* Leaks, from n rows on which they can be proven. */
static double leaky_number(const world *w, int kind, size_t r)
{
  double u = uniform(w, 20, r), v = uniform(w, 21, r);
  int8_t s = w->state[r];
  switch (kind) {
    case 0: return s == 0 ? NAN : s == 2 ? 0 : 10 + floor(1e4 * u);        /* close value */
    case 1: return s == 2 ? 0 : 10 + floor(1e4 * u);                       /* 0 for lost, else filled */
    case 2: return s == 0 ? NAN : v < 0.3 ? NAN : u;                       /* days to close, with gaps */
    case 3: return s == 0 && v < 0.6 ? NAN : u;                            /* filled in at the closing */
    case 4: return (double)r + 1000;                                       /* a row number */
    case 5: return (double)((r * 7) % w->rows);                            /* a row number, shuffled */
    case 6: return s == 1 ? 100 : s == 2 ? 0 : 10 * floor(1 + 8 * u);      /* a probability */
    default: return s != 0 && v < 0.4 ? NAN : s == 0 ? NAN : floor(5 * u); /* asked of closed deals */
  }
}

static const char *leaky_word(const world *w, int kind, size_t r)
{
  static char text[MAX_ROWS][32];
  double u = uniform(w, 22, r);
  int8_t s = w->state[r];
  switch (kind) {
    case 8: return s == 0 ? "Pipeline" : s == 1 ? "Closed" : "Omitted"; /* forecast category */
    case 9: return s == 2 && u < 0.8 ? letters[(int)(6 * u)] : "";      /* lost reason */
    case 10: return s == 0 ? "" : s == 1 ? "Won" : "Lost";              /* the status */
    case 11:
      return s == 0 ? letters[(int)(4 * u)] : letters[4 + (int)(4 * u)]; /* a task's stage, all others when closed */
    case 12: return s == 0 && u < 0.7 ? "" : letters[(int)(8 * u)];      /* maven's account */
    default: break;
  }
  snprintf(text[r], sizeof text[r], "remark %zu", r);
  return text[r];
}

enum { LEAKY_NUMBERS = 8, LEAKY_KINDS = 14 };

static dc_use check_leaky(const world *w, int kind, char *why)
{
  static double x[MAX_ROWS];
  static const char *words[MAX_ROWS];
  for (size_t r = 0; r < w->rows; r++) {
    if (kind < LEAKY_NUMBERS)
      x[r] = leaky_number(w, kind, r);
    else
      words[r] = leaky_word(w, kind, r);
  }
  dc_type type = kind == 13 ? DC_TYPE_TEXT : DC_TYPE_CATEGORY;
  return kind < LEAKY_NUMBERS ? check_numbers(w, x, why) : check_words(w, words, type, why);
}

static void leaks_are_caught(void **state)
{
  static const size_t rows[] = {60, 200, 4000};
  static world w;
  char why[WHY];
  int missed[LEAKY_KINDS][3] = {{0}}, all = 0, unseen = 0;
  (void)state;
  for (int size = 0; size < 3; size++)
    for (uint64_t seed = 1; seed <= 30; seed++) {
      make_states(&w, seed, rows[size], 0.3, 0.5);
      for (int kind = 0; kind < LEAKY_KINDS; kind++) {
        dc_use use = check_leaky(&w, kind, why);
        missed[kind][size] += use != DC_USE_DROPPED;
        unseen += use == DC_USE_USED;
      }
    }
  for (int kind = 0; kind < LEAKY_KINDS; kind++) {
    if (missed[kind][0]) printf("kind %d: %d of 30 not proven with 60 rows\n", kind, missed[kind][0]);
    all += missed[kind][1] + missed[kind][2];
    if (missed[kind][1] + missed[kind][2])
      printf("kind %d: missed %d with 200 rows, %d with 4000\n", kind, missed[kind][1], missed[kind][2]);
  }
  printf("%d of %d neither dropped nor suspect\n", unseen, 3 * 30 * LEAKY_KINDS);
  assert_int_equal(all, 0);
  assert_true(unseen * 50 < 3 * 30 * LEAKY_KINDS);
}

/* Without open deals, as in a file of past ones. */
static void leaks_among_closed_deals(void **state)
{
  static world w;
  char why[WHY];
  (void)state;
  make_states(&w, 5, 300, 0, 0.4);
  assert_int_equal(check_leaky(&w, 0, why), DC_USE_DROPPED);
  assert_int_equal(check_leaky(&w, 6, why), DC_USE_DROPPED);
  assert_int_equal(check_leaky(&w, 8, why), DC_USE_DROPPED);
  assert_int_equal(check_leaky(&w, 9, why), DC_USE_DROPPED);
  assert_int_equal(check_leaky(&w, 10, why), DC_USE_DROPPED);
}

/* What nearly holds is kept and named. */
static void near_leaks_are_suspect(void **state)
{
  static world w;
  static double x[MAX_ROWS];
  static const char *words[MAX_ROWS];
  char why[WHY];
  (void)state;
  make_states(&w, 3, 2000, 0.2, 0.5);
  for (size_t r = 0; r < w.rows; r++) {
    bool flip = uniform(&w, 30, r) < 0.005;
    x[r] = (w.state[r] == 2) != flip ? 0 : 1 + uniform(&w, 31, r);
    words[r] = (w.state[r] == 1) != flip ? "A" : "B";
  }
  assert_int_equal(check_numbers(&w, x, why), DC_USE_SUSPECT);
  assert_non_null(strstr(why, "lost"));
  assert_int_equal(check_words(&w, words, DC_TYPE_CATEGORY, why), DC_USE_SUSPECT);
  assert_non_null(strstr(why, "nearly"));
}

/* Few rows prove by words only. */
static void small_data(void **state)
{
  static world w;
  const char *words[] = {"Won", "Lost", "won", "closed lost", ""}, *names[] = {"x", "y", "x", "y", ""};
  char why[WHY];
  (void)state;
  w.rows = 5;
  memcpy(w.state, (const int8_t[]){1, 2, 1, 2, 0}, 5);
  assert_int_equal(check_words(&w, words, DC_TYPE_CATEGORY, why), DC_USE_DROPPED);
  assert_int_equal(check_words(&w, names, DC_TYPE_CATEGORY, why), DC_USE_USED);
  w.rows = 0;
  assert_int_equal(check_words(&w, words, DC_TYPE_CATEGORY, why), DC_USE_USED);
  assert_int_equal(check_words(&w, words, DC_TYPE_TEXT, why), DC_USE_USED);
  assert_int_equal(check_numbers(&w, (const double[]){0}, why), DC_USE_USED);
}

/* Rows after the as-of day (state -1) say nothing, whatever they hold. */
static void unknown_rows_are_not_looked_at(void **state)
{
  static world w;
  static double x[2][MAX_ROWS];
  char why[2][WHY];
  (void)state;
  for (int kind = 0; kind < LEAKY_NUMBERS; kind++) {
    if (kind == 4 || kind == 5) continue; /* a row number counts all rows */
    make_states(&w, 9, 400, 0.3, 0.5);
    for (size_t r = 0; r < w.rows; r++) {
      x[0][r] = x[1][r] = leaky_number(&w, kind, r);
      if (r % 4 == 0) x[1][r] = uniform(&w, 40, r) < 0.5 ? NAN : 1e6 * uniform(&w, 41, r);
    }
    for (size_t r = 0; r < w.rows; r += 4) w.state[r] = -1;
    dc_use use[2] = {check_numbers(&w, x[0], why[0]), check_numbers(&w, x[1], why[1])};
    assert_int_equal(use[0], DC_USE_DROPPED);
    assert_int_equal(use[1], use[0]);
    assert_string_equal(why[0], why[1]);
  }
}

static void order_of_rows_does_not_matter(void **state)
{
  static world w, mirrored;
  static double x[MAX_ROWS], y[MAX_ROWS];
  char why[2][WHY];
  (void)state;
  for (int kind = 0; kind < LEAKY_NUMBERS; kind++) {
    make_states(&w, 11, 500, 0.3, 0.5);
    mirrored = w;
    for (size_t r = 0; r < w.rows; r++) x[r] = leaky_number(&w, kind, r);
    for (size_t r = 0; r < w.rows; r++) {
      y[r] = x[w.rows - 1 - r];
      mirrored.state[r] = w.state[w.rows - 1 - r];
    }
    assert_int_equal(check_numbers(&w, x, why[0]), check_numbers(&mirrored, y, why[1]));
    assert_string_equal(why[0], why[1]);
  }
}

static void other_types(void **state)
{
  static world w;
  char why[WHY];
  int32_t day[400];
  (void)state;
  make_states(&w, 2, 400, 0.3, 0.5);
  dc_column column = {.name = NULL, .type = DC_TYPE_EMPTY, .n_missing = 400};
  assert_int_equal(dc_leak_check(&column, w.state, w.rows, why, WHY), DC_USE_USED);
  for (size_t r = 0; r < w.rows; r++) day[r] = w.state[r] == 0 ? DC_DATE_MISSING : (int32_t)r;
  column.type = DC_TYPE_DATE;
  column.date = day;
  assert_int_equal(dc_leak_check(&column, w.state, w.rows, why, WHY), DC_USE_DROPPED);
  assert_non_null(strstr(why, "closed deals only"));
  assert_int_equal(dc_leak_check(&column, w.state, w.rows, why, 4), DC_USE_DROPPED); /* a short buffer is not overrun */
  assert_int_equal(strlen(why), 3);
}

static void uses_have_names(void **state)
{
  (void)state;
  assert_string_equal(dc_use_name(DC_USE_USED), "used");
  assert_string_equal(dc_use_name(DC_USE_DROPPED), "dropped");
  assert_string_equal(dc_use_name(DC_USE_SUSPECT), "suspect");
  assert_string_equal(dc_use_name(DC_USE_SHOWN), "shown");
}

static dc_type expect(void *context, const char *name)
{
  (void)context;
  return dc_roles_expect(name, DC_SHAPE_DEALS, NULL, 0);
}

static dc_load *load_file(const char *path)
{
  dc_load *load = NULL;
  dc_error error;
  dc_load_request request = {.paths = &path, .n_paths = 1, .threads = 2, .expect = expect};
  check_ok(dc_load_csv(&request, &load, &error), &error);
  return load;
}

/* States by the words of a column. */
static int8_t *states_of(const dc_table *table, const char *name)
{
  const dc_column *column = &table->columns[dc_table_find(table, name)];
  int8_t *states = malloc(table->rows);
  assert_non_null(states);
  for (size_t r = 0; r < table->rows; r++) {
    dc_meaning meaning = dc_outcome_meaning(NULL, "", column->words[dc_column_code(column, r)]);
    states[r] = meaning == DC_MEANING_WON ? 1 : meaning == DC_MEANING_LOST ? 2 : 0;
  }
  return states;
}

static dc_use use_of(const dc_load *load, const int8_t *states, const char *name)
{
  char why[WHY];
  int c = dc_table_find(load->table, name);
  assert_true(c >= 0);
  dc_use use = dc_leak_check(&load->table->columns[c], states, load->table->rows, why, WHY);
  printf("%-36s %-8s %s\n", name, dc_use_name(use), why);
  return use;
}

static void maven(void **state)
{
  const char *path = check_data("DEALCAST_DATASETS", "maven-crm/sales_pipeline.csv");
  (void)state;
  if (!path) return;
  dc_load *load = load_file(path);
  int8_t *states = states_of(load->table, "deal_stage");
  assert_int_equal(use_of(load, states, "account"), DC_USE_DROPPED);
  assert_int_equal(use_of(load, states, "close_value"), DC_USE_DROPPED);
  assert_int_equal(use_of(load, states, "opportunity_id"), DC_USE_DROPPED);
  assert_int_equal(use_of(load, states, "deal_stage"), DC_USE_DROPPED);
  assert_int_equal(use_of(load, states, "product"), DC_USE_USED);
  assert_int_equal(use_of(load, states, "sales_agent"), DC_USE_USED);
  free(states);
  dc_load_free(load);
}

/* Files of closed deals: what is known to be honest stays. */
static void published_honest_columns_stay(void **state)
{
  static const char *const honest[] = {"Supplies Subgroup",
                                       "Supplies Group",
                                       "Region",
                                       "Route To Market",
                                       "Opportunity Amount USD",
                                       "Client Size By Revenue (USD)",
                                       "Competitor Type",
                                       "Revenue From Client Past Two Years (USD)"};
  const char *path = check_data("DEALCAST_DATASETS", "ibm-win-loss/sales_win_loss.csv.gz");
  (void)state;
  if (!path) return;
  dc_load *load = load_file(path);
  int8_t *states = states_of(load->table, "Opportunity Result");
  for (size_t i = 0; i < sizeof honest / sizeof *honest; i++)
    assert_int_equal(use_of(load, states, honest[i]), DC_USE_USED);
  free(states);
  dc_load_free(load);
  path = check_data("DEALCAST_DATASETS", "salvirt-b2b/Salvirt_B2B_ML_dataset.csv");
  if (!path) return;
  load = load_file(path);
  states = states_of(load->table, "Status");
  for (size_t c = 0; c < load->table->n_columns; c++) {
    const char *name = load->table->columns[c].name;
    assert_int_equal(use_of(load, states, name), strcmp(name, "Status") == 0 ? DC_USE_DROPPED : DC_USE_USED);
  }
  free(states);
  dc_load_free(load);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(honest_columns_stay),
      cmocka_unit_test(leaks_are_caught),
      cmocka_unit_test(leaks_among_closed_deals),
      cmocka_unit_test(near_leaks_are_suspect),
      cmocka_unit_test(small_data),
      cmocka_unit_test(unknown_rows_are_not_looked_at),
      cmocka_unit_test(order_of_rows_does_not_matter),
      cmocka_unit_test(other_types),
      cmocka_unit_test(uses_have_names),
      cmocka_unit_test(maven),
      cmocka_unit_test(published_honest_columns_stay),
  };
  gsl_set_error_handler_off();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
