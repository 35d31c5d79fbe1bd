#include "engine/insight/quality_width.h"

#include "engine/base/date.h"
#include "engine/base/random.h"
#include "engine/features/rows.h"
#include "engine/forecast/projection.h"
#include "tests/insight/audits.h"

#include "tests/check.h"

enum { DEALS = 900, BYTES = 128 };

/* Deals of two products, one of which is won four times as often as the other; every 7th open one has no amount, every
 * 5th no product, some an open state beside a closing date, and 20 won ones no closing date. */
static char *made_deals(void)
{
  char *csv = malloc(DEALS * BYTES), created[DC_DATE_CHARS], closed[DC_DATE_CHARS], amount[32];
  assert_non_null(csv);
  size_t n = (size_t)sprintf(csv, "Deal ID,Account,Product,Region,Stage,Amount,Created,Closed\n");
  int32_t first = day_of("2023-01-01"), today = day_of("2024-12-31");
  for (int i = 0; i < DEALS; i++) {
    uint64_t id = (uint64_t)i;
    bool good = dc_random_uniform(5, id, 0) < 0.5, won = dc_random_uniform(5, id, 1) < (good ? 0.8 : 0.2);
    int32_t start = first + (int32_t)(730 * dc_random_uniform(5, id, 2));
    int32_t end = start + 5 + (int32_t)(90 * dc_random_uniform(5, id, 3));
    bool open = end > today;
    snprintf(amount, sizeof amount, "%.2f", 1000 * exp(dc_random_uniform(5, id, 4) * 2));
    n += (size_t)sprintf(csv + n, "D%04d,A%d,%s,%s,%s,%s,%s,%s\n", i, i % 50,
                         open && i % 5 == 0 ? ""
                         : good             ? "Anvil"
                                            : "Bolt",
                         i % 2 ? "North" : "South",
                         open  ? "Open"
                         : won ? "Won"
                               : "Lost",
                         open && i % 7 == 0 ? "" : amount, dc_date_format(start, created),
                         open && i % 11  ? ""
                         : won && i < 40 ? ""
                                         : dc_date_format(open ? today : end, closed));
  }
  return csv;
}

typedef struct fitted {
  audit a;
  dc_time_grid *grid;
  dc_features *features;
  dc_rows *rows;
  dc_snapshot now;
  dc_conversion *conversion;
  dc_amounts amounts;
  dc_calendar calendar;
  double width;
} fitted;

static void fit(fitted *f, const char *csv)
{
  dc_error error = {DC_OK, 0, 0, "", ""};
  memset(f, 0, sizeof *f);
  f->a = audit_of(csv, NULL, NULL, "2024-12-31");
  f->calendar = (dc_calendar){DC_MONTH, 1};
  dc_deals *log = f->a.log->deals;
  int32_t as_of = day_of("2024-12-31");
  for (size_t k = 0; k < log->n_attributes; k++)
    log->attributes[k].predictor = log->attributes[k].role != DC_ROLE_ACCOUNT;
  check_ok(dc_time_grid_new(&f->calendar, day_of("2022-12-01"), as_of + 1300, &f->grid, &error), &error);
  check_ok(dc_features_new(log, f->grid, as_of, &f->features, &error), &error);
  check_ok(dc_rows_new(f->features, as_of, 100000, 0, &f->rows, &error), &error);
  check_ok(dc_rows_extend(f->rows, f->features, INT32_MIN / 2, as_of, &error), &error);
  check_ok(dc_snapshot_take(log, as_of, &f->now, &error), &error);
  check_ok(dc_conversion_fit(f->features, f->rows, as_of, 1, NULL, &f->conversion, &error), &error);
  check_ok(dc_amounts_fit(f->features, &f->now, 1, &f->amounts, &error), &error);
  dc_width_request request = {f->a.quality, f->conversion, &f->amounts, &f->now, &f->calendar};
  check_ok(dc_audit_width(&request, &f->width, &error), &error);
}

static void fitted_clear(fitted *f)
{
  dc_amounts_clear(&f->amounts);
  dc_conversion_free(f->conversion);
  dc_snapshot_clear(&f->now);
  dc_rows_free(f->rows);
  dc_features_free(f->features);
  dc_time_grid_free(f->grid);
  audit_free(&f->a);
}

/* p, m, c of an open deal; p_blank: without its product. */
typedef struct open_deal {
  double p, p_blank, m, c;
  bool no_amount, no_product, dated;
} open_deal;

static open_deal look(const fitted *f, size_t i)
{
  dc_subject s;
  dc_periods periods;
  double won[DC_MAX_PERIODS], lost[DC_MAX_PERIODS], sd;
  open_deal one;
  uint32_t deal = f->now.open[i], row = f->a.log->deals->row[deal];
  const dc_table *table = f->a.log->loads[0]->table;
  dc_periods_from(&f->calendar, f->now.day, 1, &periods);
  dc_features_subject(f->features, deal, &f->now.view[i], dc_time_cell(f->grid, f->now.day), f->now.day, &s);
  dc_conversion_periods(f->conversion, &s, &periods, 1, won, lost);
  one.p = won[0];
  dc_amounts_of(&f->amounts, &s, f->now.view[i].amount, false, &one.m, &sd);
  one.c = exp(sd * sd) - 1;
  for (int k = DC_FEATURE_ATTRIBUTES; k < f->features->n; k++)
    if (f->features->deals->attributes[f->features->attribute[k]].role == DC_ROLE_PRODUCT) s.fixed[k] = 0;
  dc_conversion_periods(f->conversion, &s, &periods, 1, won, lost);
  one.p_blank = won[0];
  one.no_amount = isnan(f->now.view[i].amount);
  one.no_product = dc_column_code(&table->columns[dc_table_find(table, "Product")], row) == 0;
  one.dated = table->columns[dc_table_find(table, "Closed")].date[row] != DC_DATE_MISSING;
  return one;
}

static double share(double gain, double total) { return 1 - sqrt(1 - gain / total); }

static void costs_are_what_the_header_says(void **state)
{
  char *csv = made_deals();
  fitted f;
  (void)state;
  fit(&f, csv);
  double total = 0, mean = 0, d2 = 0, sound = 0, known = exp(f.amounts.ratio_log_sd * f.amounts.ratio_log_sd) - 1;
  double by_product = 0, by_amount = 0, by_state = 0;
  for (size_t i = 0; i < f.now.n_open; i++) {
    open_deal o = look(&f, i);
    total += o.p * o.m * o.m * (1 + o.c) - o.p * o.m * o.p * o.m;
    mean += o.p * o.m;
    if (o.no_product) continue;
    d2 += (o.p - o.p_blank) * (o.p - o.p_blank);
    sound++;
  }
  d2 /= sound;
  double rates = mean * mean / (double)f.conversion->won;
  total += rates;
  for (size_t i = 0; i < f.now.n_open; i++) {
    open_deal o = look(&f, i);
    double own = o.p * o.m * o.m * (1 + o.c) - o.p * o.m * o.p * o.m;
    if (o.no_product) by_product += fmin(o.m * o.m * d2, own);
    if (o.no_amount) by_amount += o.p * o.m * o.m * (o.c - fmin(known, o.c));
    if (o.dated) by_state += own;
  }
  check_close(f.width, sqrt(total), 1e-9, 0);
  assert_true(d2 > 1e-4); /* the product does tell something, and two hands full of deals lack it */
  const dc_rule *product = rule_of(&f.a, "product missing", NULL), *amount = rule_of(&f.a, "amount missing", NULL);
  const dc_rule *dated = rule_of(&f.a, "open with a closing date", NULL);
  const dc_rule *undated = rule_of(&f.a, "closed without a date", NULL);
  assert_true(product->struck > 5 && amount->struck > 5 && dated->struck > 3 && undated->struck > 10);
  check_close(product->width_cost, share(by_product, total), 1e-9, 0);
  check_close(amount->width_cost, share(by_amount, total), 1e-9, 0);
  check_close(dated->width_cost, share(by_state, total), 1e-9, 0);
  double n = (double)(f.conversion->won + f.conversion->lost), more = (double)undated->struck;
  check_close(undated->width_cost, share(rates * (1 - n / (n + more)), total), 1e-9, 0);
  assert_true(product->width_cost > 0 && amount->width_cost > 0 && undated->width_cost > 0);
  fitted_clear(&f);
  free(csv);
}

/* What the forecast does not use costs nothing and says so; without closed deals nothing is known. */
static void reasons(void **state)
{
  char *csv = made_deals();
  fitted f;
  (void)state;
  fit(&f, csv);
  const dc_rule *rule = rule_of(&f.a, "lost without an amount", NULL);
  assert_non_null(rule);
  dc_audit_no_width(f.a.quality, "for a test");
  assert_true(isnan(rule->width_cost));
  assert_string_equal(rule->no_cost, "for a test");
  f.conversion->won = f.conversion->lost = 0;
  dc_width_request request = {f.a.quality, f.conversion, &f.amounts, &f.now, &f.calendar};
  check_ok(dc_audit_width(&request, &f.width, NULL), NULL);
  assert_true(isnan(f.width));
  assert_non_null(strstr(rule_of(&f.a, "product missing", NULL)->no_cost, "too few"));
  fitted_clear(&f);
  free(csv);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(costs_are_what_the_header_says), cmocka_unit_test(reasons)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
