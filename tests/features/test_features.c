/* Which factors there are on a day, and the codes of a deal. */
#include "engine/features/features.h"

#include "tests/check.h"
#include "tests/deals/logs.h"

static const dc_calendar monthly = {DC_MONTH, 1};

typedef struct made {
  deal_log *log;
  dc_time_grid *grid;
  dc_features *features;
} made;

static void make(made *m, deal_log *log, const char *asked)
{
  dc_error error = {DC_OK, 0, 0, "", ""};
  *m = (made){.log = log};
  for (size_t a = 0; a < log->deals->n_attributes; a++) log->deals->attributes[a].predictor = true;
  check_ok(dc_time_grid_new(&monthly, day_of("2024-01-01"), day_of("2026-12-31"), &m->grid, &error), &error);
  check_ok(dc_features_new(log->deals, m->grid, day_of(asked), &m->features, &error), &error);
}

static void made_free(made *m)
{
  dc_features_free(m->features);
  dc_time_grid_free(m->grid);
}

static dc_subject subject_of(const made *m, const char *id, const char *day)
{
  dc_view view = view_of(m->log, id, day);
  dc_subject subject;
  dc_features_subject(m->features, deal_of(m->log, id), &view, dc_time_cell(m->grid, day_of(day)), day_of(day),
                      &subject);
  return subject;
}

/* The factor of an attribute; NULL when it is left out. */
static const dc_factor *factor_of(const made *m, const char *name)
{
  for (int k = DC_FEATURE_ATTRIBUTES; k < m->features->n; k++)
    if (!strcmp(m->features->factor[k].name, name)) return &m->features->factor[k];
  return NULL;
}

static const char deals[] = "id,stage,amount,created_date,closed_date,product,region,account,owner\n"
                            "A,Closed Won,10,2025-01-01,2025-02-01,Nut,North,Acme,Ann\n"
                            "B,Closed Lost,20,2025-01-10,2025-03-01,Bolt,North,Best,Ben\n"
                            "C,Proposal,30,2025-02-02,,Nut,North,Acme,Cid\n"
                            "D,Proposal,30,2025-02-20,,Cog,North,Best,Cid\n"
                            "E,Proposal,30,2025-03-02,,Cog,North,Best,Cid\n"
                            "F,Proposal,30,2025-03-02,,Cog,North,,Cid\n";
static const char history[] = "id,changed_at,stage,amount,expected_close,owner\n"
                              "A,2025-01-01,Prospecting,90,2025-03-01,Ann\nA,2025-02-01,Closed Won,10,2025-03-01,Ann\n"
                              "B,2025-01-10,Proposal,3200,2025-03-01,Ben\nB,2025-03-01,Closed Lost,20,2025-03-01,Abe\n"
                              "C,2025-02-02,Prospecting,,2025-02-10,Cid\nC,2025-02-12,Discovery,0,2025-04-10,Cid\n"
                              "C,2025-03-02,Discovery,0,2025-05-10,Aaron\n";

/* Words that come later are no levels yet, and do not move those that are. */
static void test_levels_of_words(void **state)
{
  (void)state;
  static const struct {
    const char *asked;
    size_t stages, owners;
    uint32_t prospecting, ann, cid;
  } days[] = {{"2024-12-31", 1, 1, 0, 0, 0},  /* nothing yet */
              {"2025-01-01", 2, 2, 1, 1, 0},  /* Prospecting; Ann */
              {"2025-02-01", 4, 3, 3, 1, 0},  /* Closed Won, Proposal, Prospecting; Ann, Ben */
              {"2025-02-12", 5, 4, 4, 1, 3},  /* and Discovery; Cid */
              {"2025-03-01", 6, 5, 5, 2, 4},  /* and Closed Lost; Abe */
              {"2025-03-02", 6, 6, 5, 3, 5}}; /* Aaron */
  deal_log *log = log_of(deals, history, NULL);
  assert_int_equal(log->deals->export_day, day_of("2025-03-02"));
  for (size_t k = 0; k < sizeof days / sizeof *days; k++) {
    made m;
    make(&m, log, days[k].asked);
    assert_int_equal(m.features->stage.n, days[k].stages);
    assert_int_equal(m.features->owner.n, days[k].owners);
    assert_int_equal(m.features->factor[DC_FEATURE_OWNER].levels, days[k].owners);
    assert_int_equal(m.features->factor[DC_FEATURE_STAGE].levels % days[k].stages, 0);
    dc_subject a = subject_of(&m, "A", "2025-01-15"), c = subject_of(&m, "C", "2025-02-11");
    assert_int_equal(a.fixed[DC_FEATURE_STAGE], days[k].prospecting);
    assert_int_equal(c.fixed[DC_FEATURE_STAGE], days[k].prospecting);
    assert_int_equal(a.fixed[DC_FEATURE_OWNER], days[k].ann);
    assert_int_equal(c.fixed[DC_FEATURE_OWNER], days[k].cid);
    made_free(&m);
  }
  log_free(log);
}

/* Undated columns predict on the day of export only; the owner of the deals file, and a single word, never. */
static void test_attributes(void **state)
{
  (void)state;
  deal_log *log = log_of(deals, history, NULL);
  made m;
  make(&m, log, "2025-03-01");
  assert_int_equal(m.features->n, DC_FEATURE_ATTRIBUTES);
  assert_null(m.features->relation);
  made_free(&m);
  make(&m, log, "2025-03-02");
  assert_int_equal(factor_of(&m, "product")->levels, 4);
  assert_int_equal(factor_of(&m, "account")->levels, 3);
  assert_null(factor_of(&m, "region"));
  assert_null(factor_of(&m, "owner"));
  int product = (int)(factor_of(&m, "product") - m.features->factor);
  assert_int_equal(dc_features_attribute(m.features, product, deal_of(log, "B")), 1);
  assert_int_equal(dc_features_attribute(m.features, product, deal_of(log, "D")), 2);
  assert_int_equal(dc_features_attribute(m.features, product, deal_of(log, "A")), 3);
  assert_int_equal(subject_of(&m, "A", "2025-03-02").fixed[product], 3);
  made_free(&m);
  /* What is called a leak is left out. */
  dc_features *features = NULL;
  dc_error error = {DC_OK, 0, 0, "", ""};
  make(&m, log, "2025-03-02");
  log->deals->attributes[dc_deals_find_name(log->deals, "product")].predictor = false;
  check_ok(dc_features_new(log->deals, m.grid, day_of("2025-03-02"), &features, &error), &error);
  assert_int_equal(features->n, m.features->n - 1);
  dc_features_free(features);
  made_free(&m);
  log_free(log);
}

/* What the account bought before the deal was created. */
static void test_relation(void **state)
{
  (void)state;
  static const struct {
    const char *id;
    uint32_t relation;
  } cases[] = {{"A", 1}, {"B", 1}, {"C", 3}, {"D", 1}, {"E", 2}, {"F", 0}};
  deal_log *log = log_of(deals, history, NULL);
  made m;
  make(&m, log, "2025-03-02");
  assert_int_equal(m.features->factor[DC_FEATURE_RELATION].levels, 4);
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
    assert_int_equal(subject_of(&m, cases[k].id, "2025-03-02").fixed[DC_FEATURE_RELATION], cases[k].relation);
  made_free(&m);
  log_free(log);
}

/* More than 400 accounts are names: they speak through their earlier deals only. */
static void test_many_names(void **state)
{
  (void)state;
  for (int n = 399; n <= 400; n++) {
    char *text = malloc(100 * 500), *at = text + sprintf(text, "id,stage,amount,created_date,closed_date,account\n");
    for (int i = 0; i < n; i++) at += sprintf(at, "D%d,Proposal,1,2025-01-01,,Account %d\n", i, i);
    deal_log *log = log_of(text, NULL, NULL);
    made m;
    make(&m, log, "2025-01-01");
    assert_int_equal(factor_of(&m, "account") != NULL, n < 400);
    assert_non_null(m.features->relation);
    made_free(&m);
    log_free(log);
    free(text);
  }
}

static uint32_t fixed_of(const made *m, const char *id, const char *day, dc_feature feature)
{
  return subject_of(m, id, day).fixed[feature];
}

/* Bins begin where they say. */
static void test_bins(void **state)
{
  (void)state;
  deal_log *log = log_of(deals, history, NULL);
  made m;
  make(&m, log, "2025-03-02");
  assert_int_equal(fixed_of(&m, "A", "2025-01-07", DC_FEATURE_TIME_IN_STAGE), 1);
  assert_int_equal(fixed_of(&m, "A", "2025-01-08", DC_FEATURE_TIME_IN_STAGE), 2);
  assert_int_equal(fixed_of(&m, "A", "2025-01-21", DC_FEATURE_TIME_IN_STAGE), 2);
  assert_int_equal(fixed_of(&m, "A", "2025-01-22", DC_FEATURE_TIME_IN_STAGE), 3);
  assert_int_equal(fixed_of(&m, "C", "2025-02-11", DC_FEATURE_PUSHES), 1);
  assert_int_equal(fixed_of(&m, "C", "2025-02-12", DC_FEATURE_PUSHES), 2);
  assert_int_equal(fixed_of(&m, "C", "2025-03-01", DC_FEATURE_PUSHES), 2);
  /* Half decades: 90 is below 100 = 10^(4/2), 3200 above 10^(7/2); nothing and no amount are level 0. */
  assert_int_equal(fixed_of(&m, "A", "2025-01-07", DC_FEATURE_AMOUNT), 4);
  assert_int_equal(fixed_of(&m, "B", "2025-01-11", DC_FEATURE_AMOUNT), 8);
  assert_int_equal(fixed_of(&m, "C", "2025-02-11", DC_FEATURE_AMOUNT), 0);
  assert_int_equal(fixed_of(&m, "C", "2025-02-12", DC_FEATURE_AMOUNT), 0);
  static const int32_t edges[] = {0,   7,   14,  21,  28,  35,  42,  56,  70,  84,  98,   112,
                                  126, 140, 168, 196, 238, 294, 364, 455, 546, 728, 1092, 1456};
  assert_int_equal(dc_age_bins(), sizeof edges / sizeof *edges);
  for (uint32_t k = 1; k < dc_age_bins(); k++) {
    assert_int_equal(dc_age_bin(edges[k] - 1), k - 1);
    assert_int_equal(dc_age_bin(edges[k]), k);
  }
  made_free(&m);
  log_free(log);
}

/* Codes of a cell: the age at its middle, its place in the quarter, where the expected close lies. */
static void test_cells(void **state)
{
  (void)state;
  deal_log *log = log_of(deals, history, NULL);
  made m;
  make(&m, log, "2025-03-02");
  int32_t cell = dc_time_cell(m.grid, day_of("2025-05-10")), first = m.grid->start[cell],
          last = m.grid->start[cell + 1] - 1;
  assert_int_equal(first, day_of("2025-05-08"));
  uint32_t code[DC_FEATURE_FIXED];
  dc_subject s = {.since = first - 4, .landmark = cell - 1, .expected = DC_DATE_MISSING};
  dc_features_cell(m.features, &s, cell, first, last, UINT32_MAX, code);
  assert_int_equal(code[DC_FEATURE_AGE], 1); /* 4 + 3 days */
  assert_int_equal(code[DC_FEATURE_QUARTER_WEEK], m.grid->quarter_week[cell]);
  assert_int_equal(code[DC_FEATURE_QUARTER_MONTH], 1);
  assert_int_equal(code[DC_FEATURE_EPOCH], 5);
  assert_int_equal(code[DC_FEATURE_EXPECTED], 0);
  dc_features_cell(m.features, &s, cell, first, last, 3, code);
  assert_int_equal(code[DC_FEATURE_EPOCH], 3);
  static const struct {
    int from_first, from_last; /* days before the cell, or behind it */
    uint32_t level;
  } places[] = {{0, 0, 1},  {1, 0, 2},  {14, 0, 2}, {15, 0, 3}, {45, 0, 3},  {46, 0, 4}, {0, 1, 5},
                {0, 14, 5}, {0, 15, 6}, {0, 45, 6}, {0, 46, 7}, {0, 120, 7}, {0, 121, 8}};
  for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
    s.expected = places[k].from_last ? last + places[k].from_last : first - places[k].from_first;
    dc_features_cell(m.features, &s, cell, first, last, UINT32_MAX, code);
    assert_int_equal(code[DC_FEATURE_EXPECTED], places[k].level);
    for (int f = 0; f < DC_FEATURE_FIXED; f++)
      assert_true(code[f] < m.features->factor[f].levels || f == DC_FEATURE_EPOCH);
  }
  /* The stage counts by how far ahead the cell is. */
  s.fixed[DC_FEATURE_STAGE] = 2;
  uint32_t before = 0;
  for (int ahead = 0; ahead < 120; ahead++) {
    s.landmark = cell - ahead;
    dc_features_cell(m.features, &s, cell, first, last, UINT32_MAX, code);
    if (ahead) assert_true(code[DC_FEATURE_STAGE] >= before);
    before = code[DC_FEATURE_STAGE];
  }
  uint32_t per_stage = m.features->factor[DC_FEATURE_STAGE].levels / (uint32_t)m.features->stage.n;
  assert_int_equal(before, 3 * per_stage - 1);
  /* Without a creation there is no age; days before it count as its first. */
  s.since = last + 30;
  dc_features_cell(m.features, &s, cell, first, last, UINT32_MAX, code);
  assert_int_equal(code[DC_FEATURE_AGE], 0);
  made_free(&m);
  log_free(log);
}

/* Without a history there is nothing dated but the creation. */
static void test_without_history(void **state)
{
  (void)state;
  deal_log *log = log_of(deals, NULL, NULL);
  made m;
  make(&m, log, "2025-03-01");
  assert_false(m.features->landmarks);
  for (int k = DC_FEATURE_STAGE; k < DC_FEATURE_ATTRIBUTES; k++) assert_int_equal(m.features->factor[k].levels, 1);
  dc_subject s = subject_of(&m, "C", "2025-03-01");
  for (int k = DC_FEATURE_FIXED; k < m.features->n; k++) assert_int_equal(s.fixed[k], 0);
  assert_int_equal(s.since, day_of("2025-02-02"));
  made_free(&m);
  log_free(log);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_levels_of_words), cmocka_unit_test(test_attributes), cmocka_unit_test(test_relation),
      cmocka_unit_test(test_many_names),      cmocka_unit_test(test_bins),       cmocka_unit_test(test_cells),
      cmocka_unit_test(test_without_history),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
