#include "engine/deals/words.h"

#include "tests/check.h"

typedef struct expectation {
  const char *word;
  dc_meaning meaning;
} expectation;

static const expectation expectations[] = {
    {"Won", DC_MEANING_WON},
    {"closed won", DC_MEANING_WON},
    {"Closed/Won", DC_MEANING_WON},
    {"closedwon", DC_MEANING_WON},
    {"Closed Won (EMEA pipeline)", DC_MEANING_WON},
    {"6 - Closed Won", DC_MEANING_WON},
    {"100% Closed - Won", DC_MEANING_WON},
    {"Deal won", DC_MEANING_WON},
    {"Contract signed", DC_MEANING_WON},
    {"Booked", DC_MEANING_WON},
    {"SOLD", DC_MEANING_WON},
    {"Win", DC_MEANING_WON},
    {"Tender won", DC_MEANING_WON},
    {"Won - renewal", DC_MEANING_WON},
    {"Lost", DC_MEANING_LOST},
    {"Loss", DC_MEANING_LOST},
    {"Closed Lost", DC_MEANING_LOST},
    {"Closed Lost to competitor", DC_MEANING_LOST},
    {"closedlost", DC_MEANING_LOST},
    {"Closed - Cancelled", DC_MEANING_LOST},
    {"canceled", DC_MEANING_LOST},
    {"Out-Sold", DC_MEANING_LOST},
    {"Dead", DC_MEANING_LOST},
    {"Disqualified", DC_MEANING_LOST},
    {"abandoned", DC_MEANING_LOST},
    {"Churned", DC_MEANING_LOST},
    {"No Decision", DC_MEANING_LOST},
    {"Not Won", DC_MEANING_LOST},
    {"Open", DC_MEANING_OPEN},
    {"In Progress", DC_MEANING_OPEN},
    {"Prospecting", DC_MEANING_OPEN},
    {"Proposal/Price Quote", DC_MEANING_OPEN},
    {"Negotiation/Review", DC_MEANING_OPEN},
    {"Id. Decision Makers", DC_MEANING_OPEN},
    {"1-Qualify", DC_MEANING_OPEN},
    {"Decision Maker Bought-In", DC_MEANING_OPEN},
    {"contractsent", DC_MEANING_OPEN},
    {"deleted", DC_MEANING_IGNORE},
    {"Duplicate", DC_MEANING_IGNORE},
    {"Design Win", DC_MEANING_UNKNOWN}, /* a stage of chip makers, years before a booking */
    {"Win Approved", DC_MEANING_UNKNOWN},
    {"Likely won", DC_MEANING_UNKNOWN},
    {"To be won", DC_MEANING_UNKNOWN},
    {"Nearly lost", DC_MEANING_UNKNOWN},
    {"Closed", DC_MEANING_UNKNOWN},
    {"Stage 3", DC_MEANING_UNKNOWN},
    {"Wonderful", DC_MEANING_UNKNOWN},
    {"Lostine", DC_MEANING_UNKNOWN},
    {"1", DC_MEANING_UNKNOWN},
    {"true", DC_MEANING_UNKNOWN},
    {"100", DC_MEANING_UNKNOWN},
    {"", DC_MEANING_UNKNOWN},
    {" - ", DC_MEANING_UNKNOWN},
    {"(Won)", DC_MEANING_UNKNOWN},
};

static void usual_words(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
    const expectation *e = &expectations[i];
    if (dc_word_meaning(e->word) != e->meaning)
      fail_msg("\"%s\" means %d, expected %d", e->word, (int)dc_word_meaning(e->word), (int)e->meaning);
  }
  assert_int_equal(dc_word_meaning(NULL), DC_MEANING_UNKNOWN);
}

static void words_of_any_length(void **state)
{
  char word[2000];
  (void)state;
  memset(word, 'x', sizeof word);
  word[sizeof word - 1] = '\0';
  assert_int_equal(dc_word_meaning(word), DC_MEANING_UNKNOWN);
  assert_int_equal(dc_stage_meaning(NULL, word), DC_MEANING_UNKNOWN);
  memset(word, ' ', sizeof word - 1);
  memcpy(word, "lost", 4);
  assert_int_equal(dc_word_meaning(word), DC_MEANING_LOST);
}

static void flags(void **state)
{
  static const char *const yes[] = {"1", "true", "TRUE", "Yes", "y", "t", "1.0", " 1 "};
  static const char *const no[] = {"0", "false", "No", "n", "F", "0.0"};
  static const char *const neither[] = {"", " ", "10", "00", "2", "-1", "won", "maybe", "1.5", "yes!no"};
  bool value;
  (void)state;
  for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
    value = false;
    assert_true(dc_flag_parse(yes[i], &value));
    assert_true(value);
  }
  for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
    value = true;
    assert_true(dc_flag_parse(no[i], &value));
    assert_false(value);
  }
  for (size_t i = 0; i < sizeof neither / sizeof *neither; i++) assert_false(dc_flag_parse(neither[i], &value));
  assert_false(dc_flag_parse(NULL, &value));
}

static void outcomes_may_be_flags(void **state)
{
  (void)state;
  assert_int_equal(dc_outcome_meaning(NULL, "Result", "1"), DC_MEANING_WON);
  assert_int_equal(dc_outcome_meaning(NULL, "Result", "No"), DC_MEANING_LOST);
  assert_int_equal(dc_outcome_meaning(NULL, "Result", "Lost"), DC_MEANING_LOST);
  assert_int_equal(dc_outcome_meaning(NULL, "Result", ""), DC_MEANING_UNKNOWN);
  assert_int_equal(dc_outcome_meaning(NULL, "Result", "Stage 3"), DC_MEANING_UNKNOWN);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(usual_words),
      cmocka_unit_test(words_of_any_length),
      cmocka_unit_test(flags),
      cmocka_unit_test(outcomes_may_be_flags),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
