#include "engine/insight/quality_parts.h"
#include "engine/insight/quality_score.h"
#include "tests/insight/audits.h"

#include "tests/check.h"

/* Sums come out the same in any order, and decimals as they are written. */
static void exact_sums(void **state)
{
  static const double x[] = {0.1, 1e15, -3.7, 0.2, 12345.67, 1e15, NAN, 0.3, -1e15};
  enum { N = sizeof x / sizeof *x };
  (void)state;
  dc_exact forth = {0}, back = {0}, parts[2] = {{0}, {0}}, none = {0};
  for (int i = 0; i < N; i++) {
    dc_exact_add(&forth, x[i]);
    dc_exact_add(&back, x[N - 1 - i]);
    dc_exact_add(&parts[i % 2], x[i]);
  }
  dc_exact_merge(&parts[0], &parts[1]);
  check_same(dc_exact_value(&forth), dc_exact_value(&back));
  check_same(dc_exact_value(&forth), dc_exact_value(&parts[0]));
  check_close(dc_exact_value(&forth), 1e15 + 12342.57, 0, 0.13);
  dc_exact cents = {0};
  for (int i = 0; i < 10; i++) dc_exact_add(&cents, 0.1);
  check_same(dc_exact_value(&cents), 1.0);
  assert_true(isnan(dc_exact_value(&none)));
}

#define HEAD "Deal ID,Account,Owner,Stage,Amount,Created,Expected Close,Closed\n"

static void missing_by_state(void **state)
{
  (void)state;
  audit a = audit_of(HEAD "1,A,Ann,Won,5,2025-01-01,,2025-02-01\n"
                          "2,B,Ann,Won,6,2025-01-01,,2025-02-01\n"
                          "3,,Bob,Open,,2025-01-01,,\n"
                          "4,C,,Open,7,,2025-03-09,\n"
                          "5,D,Bob,Lost,,2025-01-01,,2025-02-01\n",
                     NULL, NULL, "");
  assert_int_equal(struck(&a, "amount missing", NULL), 1);
  assert_int_equal(struck(&a, "lost without an amount", NULL), 1);
  assert_int_equal(struck(&a, "won without an amount", NULL), 0);
  assert_int_equal(struck(&a, "expected close missing", NULL), 1);
  assert_int_equal(struck(&a, "account missing", NULL), 1);
  assert_int_equal(struck(&a, "owner missing", NULL), 1);
  assert_int_equal(struck(&a, "created missing", NULL), 1);
  assert_int_equal(struck(&a, "closed without a date", NULL), 0);
  const dc_rule *rule = rule_of(&a, "expected close missing", NULL);
  assert_int_equal(rule->could, 2); /* of open deals only */
  int file;
  int64_t line;
  dc_unit_place(&a.quality->sheets[0], rule->first, &file, &line);
  assert_int_equal(line, 4);
  check_same(rule_of(&a, "owner missing", NULL)->money, 7);
  audit_free(&a);
}

/* "Won" and "won" are one stage to the reader, but names are compared without case, blanks and points. */
static void spellings(void **state)
{
  (void)state;
  audit a = audit_of("Deal ID,Account,Product,Contract Code,Stage,Amount,Created,Closed\n"
                     "1,Acme Ltd,C++,0061a00000AbCdE,Won,5,2025-01-01,2025-02-01\n"
                     "2,ACME Ltd.,C,0061a00000aBcDe,Won,6,2025-01-01,2025-02-02\n"
                     "3,Acme Ltd,C,0061a00000AbCdE,Won,7,2025-01-01,2025-02-03\n"
                     "4,Route 1-2,C++,0061a00000aBcDe,Won,8,2025-01-01,2025-02-04\n"
                     "5,Route 12,C,0061a00000AbCdE,Lost,8,2025-01-01,2025-02-04\n"
                     "6,Acme  Ltd,C,0061a00000aBcDe,Lost,8,2025-01-01,2025-02-04\n"
                     "7,Route 12,C++,0061a00000AbCdE,Lost,8,2025-01-01,2025-02-05\n"
                     "8,Route 1-2,C,0061a00000aBcDe,Lost,8,2025-01-01,2025-02-06\n",
                     NULL, NULL, "");
  assert_int_equal(struck(&a, "spelling", "Account"), 2);
  assert_int_equal(struck(&a, "spelling", "Product"), -1);       /* C and C++ */
  assert_int_equal(struck(&a, "spelling", "Contract Code"), -1); /* ids differ by case */
  const dc_sheet *sheet = &a.quality->sheets[0];
  assert_int_equal(sheet->n_variants, 3);
  assert_string_equal(sheet->variants[0].word, "Acme Ltd"); /* the usual one first */
  for (size_t k = 0; k < sheet->n_variants; k++) assert_string_equal(sheet->variants[k].usual, "Acme Ltd");
  audit_free(&a);
}

static void words_and_numbers_for_nothing(void **state)
{
  char csv[4096] = "Deal ID,Source,Campaign,Calls,Score,Stage,Amount,Created,Closed\n";
  size_t n = strlen(csv);
  (void)state;
  for (int i = 0; i < 30; i++)
    n += (size_t)snprintf(csv + n, sizeof csv - n, "%d,%s,%s,%d,%d,%s,5,2025-01-01,2025-02-%02d\n", i,
                          i % 6 == 0   ? "Select"
                          : i % 6 == 1 ? "Unknown"
                                       : "Web",
                          i % 3 ? "701A0000000abcd" : "000000000000000AAA", i % 5 ? i % 4 : 999, i % 7 ? i % 3 : -1,
                          i % 2 ? "Won" : "Lost", i % 27 + 1);
  audit a = audit_of(csv, NULL, NULL, "");
  assert_int_equal(struck(&a, "word for no value", "Source"), 5);
  assert_int_equal(struck(&a, "unknown, in words", "Source"), 5);
  assert_int_equal(struck(&a, "source missing", NULL), 0);
  assert_int_equal(struck(&a, "word for no value", "Campaign"), 10);
  assert_int_equal(struck(&a, "number for no value", "Calls"), 6);
  assert_int_equal(struck(&a, "number for no value", "Score"), 5);
  audit_free(&a);
}

static void copies(void **state)
{
  (void)state;
  audit a = audit_of("Deal ID,Account,Owner,Stage,Amount,Created,Closed\n"
                     "1,A,Ann,Won,5,2025-01-01,2025-02-01\n"
                     "1,A,Ann,Won,5,2025-01-01,2025-02-01\n"
                     "2,A,Ann,Open,9,2025-01-01,\n"
                     "2,A,Ann,Open,8,2025-01-01,\n"
                     "2,A,Ann,Open,9,2025-01-01,\n"
                     "3,B,Ann,Open,70,2025-01-01,\n"
                     "4,B,Ann,Open,70,2025-01-08,\n"
                     "5,B,Ann,Open,70,2025-01-16,\n"
                     "6,B,Bob,Open,70,2025-01-02,\n",
                     NULL, NULL, "");
  assert_int_equal(struck(&a, "exact duplicate", NULL), 2); /* of 1, and of the first row of 2 */
  assert_int_equal(struck(&a, "same id, other values", NULL), 2);
  assert_int_equal(struck(&a, "likely duplicate", NULL), 1); /* 7 days apart; 8 days and another owner are not */
  audit_free(&a);
  a = audit_of(
      "Deal ID,Account,Owner,Stage,Amount,Created,Closed\n3,B,Ann,Open,70,2025-01-01,\n4,B,Ann,Open,70,2025-01-09,\n"
      "5,C,Ann,Won,70,2025-01-09,2025-01-10\n",
      NULL, "[check]\nlikely_days = 8\n", "");
  assert_int_equal(struck(&a, "likely duplicate", NULL), 1);
  audit_free(&a);
}

/* A mistyped year is far from all others, and is not taken for today. */
static void far_days(void **state)
{
  bool far = false;
  (void)state;
  audit a = audit_of(HEAD "1,A,Ann,Won,5,2025-01-01,,2025-02-01\n2,B,Ann,Open,6,2025-01-05,2025-03-01,\n"
                          "3,C,Ann,Open,6,1925-01-05,2025-03-01,\n4,D,Bob,Won,7,2025-01-08,,2052-02-07\n"
                          "5,E,Bob,Open,7,2025-01-09,2052-02-07,\n6,F,Bob,Lost,7,2025-01-10,,2025-02-20\n",
                     NULL, NULL, "2025-02-20");
  assert_int_equal(struck(&a, "created far off", NULL), 1);
  assert_int_equal(struck(&a, "closed far off", NULL), 1);
  assert_int_equal(struck(&a, "expected close far off", NULL), 1);
  assert_int_equal(struck(&a, "closed in the future", NULL), 0);
  dc_deals_sources sources = {a.log->loads[0], NULL, a.log->roles[0], NULL, a.log->config};
  assert_int_equal(dc_audit_last_day(&sources, &far), day_of("2025-02-20"));
  assert_true(far);
  audit_free(&a);
}

/* A history alone: its deals are judged as they stand on the as-of day. */
static void history_alone(void **state)
{
  (void)state;
  audit a = audit_of(NULL,
                     "Deal ID,Changed At,Stage,Amount,Expected Close,Owner\n"
                     "1,2025-01-01,Proposal,5,2025-02-01,Ann\n"
                     "1,2025-01-20,Won,5,2025-02-01,Ann\n"
                     "2,2025-01-02,Proposal,,2025-01-25,Ann\n"
                     "3,2025-05-02,Proposal,0,2025-08-01,\n"
                     "3,2025-05-03,Proposal,0,2025-08-01,\n",
                     NULL, "");
  assert_int_equal(a.quality->sheets[0].kind, DC_SHEET_LOG);
  assert_int_equal(a.quality->sheets[0].n, 3);
  assert_int_equal(struck(&a, "amount missing", NULL), 1);
  assert_int_equal(struck(&a, "amount zero", NULL), 1);
  assert_int_equal(struck(&a, "owner missing", NULL), 1);
  assert_int_equal(struck(&a, "past its expected close", NULL), 1);
  assert_int_equal(struck(&a, "no activity", NULL), 1); /* 121 days, the default is 60 */
  audit_free(&a);
}

/* completeness and accuracy of single fields, and what a state does not need. */
static void scores(void **state)
{
  (void)state;
  audit a = audit_of(
      "Deal ID,Stage,Amount,Created,Expected Close,Closed\n1,Won,5,2025-01-01,,2025-02-01\n"
      "2,Open,,2025-01-01,2025-01-15,\n3,Open,7,2025-01-01,2025-04-01,\n4,Lost,8,2025-02-03,,2025-02-01\n",
      NULL, "[weights]\nid = 0\nstage = 0\nrows = 0\nclosed = 0\n", "");
  dc_scorer *scorer = NULL;
  dc_score score;
  dc_error error;
  check_ok(dc_scorer_new(&a.quality->sheets[0], &scorer, &error), &error);
  check_ok(dc_score_units(scorer, NULL, 4, &score, &error), &error);
  double amount = 0.75, created = 1, expected = 1;
  for (size_t k = 0; k < score.n_fields; k++) {
    const dc_score_field *f = &score.fields[k];
    if (f->role == DC_ROLE_AMOUNT) check_same(f->completeness, amount);
    if (f->role == DC_ROLE_CREATED) check_same(f->accuracy, 0.75);
    if (f->role == DC_ROLE_EXPECTED_CLOSE) assert_int_equal(f->should, 2);
    if (f->role == DC_ROLE_EXPECTED_CLOSE) check_same(f->accuracy, 0.5);
    if (f->role == DC_ROLE_CLOSED) assert_int_equal(f->should, 2);
  }
  check_close(score.score, 100 * (3 * amount + 2 * created * 0.75 + 2 * expected * 0.5) / 7, 1e-12, 0);
  assert_int_equal(score.open, 2);
  assert_int_equal(score.at_fault, 2);
  check_same(score.money, 7);
  free(score.fields);
  dc_scorer_free(scorer);
  audit_free(&a);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exact_sums),    cmocka_unit_test(missing_by_state),
      cmocka_unit_test(spellings),     cmocka_unit_test(words_and_numbers_for_nothing),
      cmocka_unit_test(copies),        cmocka_unit_test(far_days),
      cmocka_unit_test(history_alone), cmocka_unit_test(scores),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
