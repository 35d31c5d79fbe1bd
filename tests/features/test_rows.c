/* Training rows, beside a count of every deal and every day of our own. */
#include "engine/features/rows.h"

#include "engine/base/date.h"
#include "engine/base/random.h"
#include "tests/check.h"
#include "tests/deals/logs.h"

enum { DEALS = 250, SEED = 20, AGES = 64, MOST_DAYS = 16, CUTS = 4 };

/* What the simulation knows: a deal is created, perhaps closed, perhaps reopened and closed again. */
typedef struct life {
  int32_t start[2], end[2]; /* DC_DATE_MISSING = never */
  int outcome[2];           /* 0 won, 1 lost */
  int spells;
} life;

typedef struct world {
  deal_log *log;
  dc_calendar calendar;
  dc_time_grid *grid;
  dc_features *features;
  life lives[DEALS];
  int32_t first, last, first_close;
} world;

static double draw(int deal, int k) { return dc_random_uniform(SEED, (uint64_t)deal, (uint64_t)k); }

static void live(world *w, int i)
{
  life *l = &w->lives[i];
  *l = (life){{DC_DATE_MISSING, DC_DATE_MISSING}, {DC_DATE_MISSING, DC_DATE_MISSING}, {0, 0}, 1};
  l->start[0] = w->first + (int32_t)(draw(i, 0) * (w->last - w->first));
  /* Some take years, so that every look and its end is met. */
  int32_t length = (int32_t)(-log(draw(i, 1)) * (i % 5 ? 60 : 700));
  if (i % 7 == 0 || l->start[0] + length > w->last) return;
  l->end[0] = l->start[0] + length;
  l->outcome[0] = draw(i, 2) < 0.4 ? 0 : 1;
  if (i % 9 || l->end[0] + 40 > w->last) return;
  l->spells = 2;
  l->start[1] = l->end[0] + 20;
  if (draw(i, 3) < 0.5) return;
  l->end[1] = l->start[1] + 20;
  l->outcome[1] = draw(i, 4) < 0.5 ? 0 : 1;
}

static char *add_row(char *at, int i, int32_t day, const char *stage, double amount)
{
  char date[DC_DATE_CHARS], close[DC_DATE_CHARS];
  return at + sprintf(at, "D%03d,%s,%s,%.0f,%s,Rep %d\n", i, dc_date_format(day, date), stage, amount,
                      dc_date_format(day + 30, close), i % 4);
}

static char *add_history(const world *w, char *at, int i)
{
  static const char *const closed[] = {"Closed Won", "Closed Lost"};
  const life *l = &w->lives[i];
  for (int s = 0; s < l->spells; s++) {
    int32_t end = l->end[s] == DC_DATE_MISSING ? w->last : l->end[s];
    at = add_row(at, i, l->start[s], s ? "Negotiation" : "Prospecting", 1000);
    for (int32_t day = l->start[s] + 23; day < end; day += 31)
      at = add_row(at, i, day, (day - l->start[s]) / 31 % 2 ? "Proposal" : "Qualification", 1000 + day % 97);
    if (l->end[s] != DC_DATE_MISSING) at = add_row(at, i, end, closed[l->outcome[s]], 1100);
  }
  return at;
}

static void world_new(world *w, dc_period period, bool history)
{
  char *text = malloc(1 << 20), *at = text + sprintf(text, "id,%s\n", "changed_at,stage,amount,expected_close,owner");
  char *deals = malloc(1 << 16), *to = deals + sprintf(deals, "id,stage,amount,created_date,closed_date\n");
  dc_error error = {DC_OK, 0, 0, "", ""};
  *w = (world){.calendar = {period, 1}, .first = day_of("2021-02-10"), .last = day_of("2025-03-19")};
  w->first_close = w->last;
  for (int i = 0; i < DEALS; i++) {
    char a[DC_DATE_CHARS], b[DC_DATE_CHARS] = "";
    live(w, i);
    life *l = &w->lives[i];
    if (!history) l->spells = 1;
    for (int s = 0; s < l->spells; s++)
      if (l->end[s] != DC_DATE_MISSING && l->end[s] < w->first_close) w->first_close = l->end[s];
    at = add_history(w, at, i);
    if (l->end[0] != DC_DATE_MISSING) dc_date_format(l->end[0], b);
    const char *stage = l->end[0] == DC_DATE_MISSING ? "Proposal" : l->outcome[0] ? "Closed Lost" : "Closed Won";
    to += sprintf(to, "D%03d,%s,10,%s,%s\n", i, stage, dc_date_format(l->start[0], a), b);
  }
  w->log = history ? log_of(NULL, text, NULL) : log_of(deals, NULL, NULL);
  assert_int_equal(w->log->deals->n, DEALS);
  assert_int_equal(w->log->deals->first_close, w->first_close);
  check_ok(dc_time_grid_new(&w->calendar, w->first, w->last + 60, &w->grid, &error), &error);
  check_ok(dc_features_new(w->log->deals, w->grid, w->last, &w->features, &error), &error);
  free(text);
  free(deals);
}

static void world_free(world *w)
{
  dc_features_free(w->features);
  dc_time_grid_free(w->grid);
  log_free(w->log);
}

static dc_rows *rows_of(const world *w, const int32_t *upto, int n)
{
  dc_rows *rows = NULL;
  dc_error error = {DC_OK, 0, 0, "", ""};
  int32_t after = INT32_MIN / 2;
  check_ok(dc_rows_new(w->features, w->last, SIZE_MAX, 0, &rows, &error), &error);
  assert_true(rows->keep == UINT64_MAX);
  for (int k = 0; k < n; k++) {
    check_ok(dc_rows_extend(rows, w->features, after, upto[k], &error), &error);
    after = upto[k];
  }
  return rows;
}

/* Deal-cells by age bin, twelfth of the quarter, days of risk, and what happened. */
typedef int64_t tally[AGES][DC_QUARTER_WEEKS][MOST_DAYS][3];

/* Goes through the days one by one. */
static void count_days(const world *w, int32_t upto, tally t)
{
  memset(t, 0, sizeof(tally));
  for (int i = 0; i < DEALS; i++) {
    const life *l = &w->lives[i];
    for (int s = 0; s < l->spells; s++) {
      int32_t cell = -1, begun = 0, end = l->end[s] == DC_DATE_MISSING ? upto + 1 : l->end[s];
      for (int32_t day = l->start[s]; day <= upto && day <= end; day++) {
        if (day < w->first_close || dc_time_cell(w->grid, day) == cell) continue;
        cell = dc_time_cell(w->grid, day);
        begun = day;
        int32_t over = begun;
        while (over < upto && dc_time_cell(w->grid, over + 1) == cell) over++;
        int what = end <= over && end <= upto ? l->outcome[s] : 2;
        uint32_t age = dc_age_bin(begun + (over - begun) / 2 - l->start[s]);
        t[age][w->grid->quarter_week[cell]][over - begun + 1][what] += DC_ROW_UNITS;
      }
    }
  }
}

static void count_rows(const dc_rows *rows, tally t)
{
  memset(t, 0, sizeof(tally));
  for (size_t r = 0; r < rows->n; r++) {
    const uint32_t *code = rows->code + r * (size_t)rows->n_factors;
    assert_true(rows->days[r] >= 1 && rows->days[r] < MOST_DAYS);
    for (int k = 0; k < 3; k++)
      t[code[DC_FEATURE_AGE]][code[DC_FEATURE_QUARTER_WEEK]][rows->days[r]][k] += rows->count[3 * r + (size_t)k];
  }
}

static int64_t compare_tallies(tally a, tally b)
{
  int64_t sum = 0, events = 0;
  for (int age = 0; age < AGES; age++)
    for (int q = 0; q < DC_QUARTER_WEEKS; q++)
      for (int d = 0; d < MOST_DAYS; d++)
        for (int k = 0; k < 3; k++) {
          if (a[age][q][d][k] != b[age][q][d][k])
            fail_msg("age bin %d, twelfth %d, %d days, outcome %d: %g deals, expected %g", age, q, d, k,
                     (double)a[age][q][d][k] / DC_ROW_UNITS, (double)b[age][q][d][k] / DC_ROW_UNITS);
          sum += b[age][q][d][k];
          if (k < 2) events += b[age][q][d][k];
        }
  assert_true(events > 30 * DC_ROW_UNITS);
  return sum / DC_ROW_UNITS;
}

/* Each deal-cell counts once, whatever number of looks sees it; risk begins when closings could be seen; nothing after
 * the day counts. */
static void test_exposure(void **state)
{
  (void)state;
  static tally found, expected;
  static const char *const days[] = {"2025-03-19", "2024-06-30", "2023-01-17"};
  for (int p = 0; p < DC_PERIODS; p++)
    for (int history = 0; history < 2; history++) {
      world w;
      world_new(&w, (dc_period)p, history);
      assert_int_equal(w.features->landmarks, history);
      for (int k = 0; k < 3; k++) {
        int32_t upto = day_of(days[k]);
        dc_rows *rows = rows_of(&w, &upto, 1);
        count_rows(rows, found);
        count_days(&w, upto, expected);
        assert_true(compare_tallies(found, expected) > 2000);
        dc_rows_free(rows);
      }
      world_free(&w);
    }
}

static const dc_rows *sorted_rows;

static int compare_rows(const void *left, const void *right)
{
  size_t a = *(const size_t *)left, b = *(const size_t *)right, width = (size_t)sorted_rows->n_factors;
  int order = memcmp(sorted_rows->code + a * width, sorted_rows->code + b * width, width * sizeof(uint32_t));
  return order ? order : (int)sorted_rows->days[a] - (int)sorted_rows->days[b];
}

static size_t *order_of(const dc_rows *rows)
{
  size_t *order = malloc((rows->n + 1) * sizeof *order);
  assert_non_null(order);
  for (size_t r = 0; r < rows->n; r++) order[r] = r;
  sorted_rows = rows;
  qsort(order, rows->n, sizeof *order, compare_rows);
  return order;
}

static void check_same_rows(const dc_rows *a, const dc_rows *b)
{
  size_t width = (size_t)a->n_factors, *x = order_of(a), *y = order_of(b);
  assert_int_equal(a->n_factors, b->n_factors);
  assert_int_equal(a->n, b->n);
  for (size_t r = 0; r < a->n; r++) {
    assert_memory_equal(a->code + x[r] * width, b->code + y[r] * width, width * sizeof(uint32_t));
    assert_int_equal(a->days[x[r]], b->days[y[r]]);
    for (size_t k = 0; k < 3; k++) assert_int_equal(a->count[3 * x[r] + k], b->count[3 * y[r] + k]);
  }
  free(x);
  free(y);
}

/* In steps that end with cells (and no deal begins with a step's last day), as in one go. */
static void test_steps(void **state)
{
  (void)state;
  world w;
  world_new(&w, DC_MONTH, true);
  int32_t ends[CUTS] = {day_of("2022-02-28"), day_of("2023-06-07"), day_of("2024-09-21"), w.last};
  dc_rows *steps = rows_of(&w, ends, CUTS), *whole = rows_of(&w, &w.last, 1);
  assert_true(whole->n > 1000);
  check_same_rows(steps, whole);
  dc_rows_free(steps);
  /* Cut elsewhere, a cell becomes two rows; its closings stay one. */
  int32_t odd[CUTS] = {day_of("2022-02-25"), day_of("2023-06-11"), day_of("2024-09-30"), w.last};
  steps = rows_of(&w, odd, CUTS);
  int64_t sum[2][3] = {{0}};
  for (size_t k = 0; k < 3; k++) {
    for (size_t r = 0; r < steps->n; r++) sum[0][k] += steps->count[3 * r + k];
    for (size_t r = 0; r < whole->n; r++) sum[1][k] += whole->count[3 * r + k];
  }
  assert_int_equal(sum[0][0], sum[1][0]);
  assert_int_equal(sum[0][1], sum[1][1]);
  assert_true(sum[0][2] > sum[1][2]);
  dc_rows_free(steps);
  dc_rows_free(whole);
  world_free(&w);
}

/* One deal, by hand: cells of 2025 begin on the 1st, 8th, 15th and 22nd. */
static void test_by_hand(void **state)
{
  (void)state;
  deal_log *log = log_of("id,stage,amount,created_date,closed_date\n"
                         "A,Closed Lost,1,2025-01-02,2025-01-10\n" /* from here on closings could be seen */
                         "B,Closed Won,1,2025-01-04,2025-01-25\n"
                         "C,Closed Lost,1,,2025-01-25\n" /* creation not known: no row */
                         "D,Proposal,1,2025-01-25,\n",
                         NULL, NULL);
  dc_calendar calendar = {DC_MONTH, 1};
  dc_time_grid *grid = NULL;
  world w = {.log = log, .last = day_of("2025-01-26")};
  dc_error error = {DC_OK, 0, 0, "", ""};
  check_ok(dc_time_grid_new(&calendar, day_of("2025-01-01"), day_of("2025-03-01"), &grid, &error), &error);
  check_ok(dc_features_new(log->deals, grid, w.last, &w.features, &error), &error);
  dc_rows *rows = rows_of(&w, &w.last, 1);
  /* A is lost and B stays from the 10th to the 14th, B stays in the week after, B is won and D stays up to the 26th. */
  static const struct {
    int days;
    uint32_t age;
    int64_t count[3];
  } expected[] = {{5, 1, {0, 1, 1}}, {7, 2, {0, 0, 1}}, {5, 2, {1, 0, 0}}, {2, 0, {0, 0, 1}}};
  int64_t total = 0;
  for (size_t r = 0; r < 3 * rows->n; r++) total += rows->count[r];
  assert_int_equal(total, 5 * DC_ROW_UNITS);
  for (size_t e = 0; e < sizeof expected / sizeof *expected; e++) {
    int64_t met[3] = {0, 0, 0};
    for (size_t r = 0; r < rows->n; r++)
      if (rows->days[r] == expected[e].days &&
          rows->code[r * (size_t)rows->n_factors + DC_FEATURE_AGE] == expected[e].age)
        for (int k = 0; k < 3; k++) met[k] += rows->count[3 * r + (size_t)k];
    for (int k = 0; k < 3; k++) assert_int_equal(met[k], expected[e].count[k] * DC_ROW_UNITS);
  }
  dc_rows_free(rows);
  dc_features_free(w.features);
  dc_time_grid_free(grid);
  log_free(log);
}

/* Too many rows: deals are left out by the hash of their ids, about as many as asked. */
static void test_sampling(void **state)
{
  (void)state;
  world w;
  dc_error error = {DC_OK, 0, 0, "", ""};
  world_new(&w, DC_MONTH, false);
  dc_rows *whole = rows_of(&w, &w.last, 1), *part = NULL, *again = NULL;
  int64_t sum[2] = {0, 0};
  for (size_t r = 0; r < 3 * whole->n; r++) sum[0] += whole->count[r];
  check_ok(dc_rows_new(w.features, w.last, (size_t)(sum[0] / DC_ROW_UNITS / 2), 3, &part, &error), &error);
  check_ok(dc_rows_new(w.features, w.last, (size_t)(sum[0] / DC_ROW_UNITS / 2), 4, &again, &error), &error);
  check_ok(dc_rows_extend(part, w.features, INT32_MIN / 2, w.last, &error), &error);
  check_ok(dc_rows_extend(again, w.features, INT32_MIN / 2, w.last, &error), &error);
  for (size_t r = 0; r < 3 * part->n; r++) sum[1] += part->count[r];
  /* Every row is a deal-cell here, so that half the rows are asked for; deals are lumps of them. */
  check_close((double)part->keep * 0x1p-64, 0.5, 1e-3, 0);
  check_close((double)sum[1] / (double)sum[0], 0.5, 0, 0.1);
  assert_true(again->n != part->n);
  dc_rows_free(whole);
  dc_rows_free(part);
  dc_rows_free(again);
  world_free(&w);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exposure),
      cmocka_unit_test(test_steps),
      cmocka_unit_test(test_by_hand),
      cmocka_unit_test(test_sampling),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
