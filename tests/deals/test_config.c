#include "engine/deals/config.h"

#include "tests/check.h"

/* The path of a new file of this text, in a buffer that the next call overwrites. */
static const char *file_of(const char *text)
{
  static char path[64];
  snprintf(path, sizeof path, "/tmp/dealcast-config-XXXXXX");
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
  close(fd);
  return path;
}

static dc_config *read_text(const char *text)
{
  dc_config *config = NULL;
  dc_error error = {DC_OK, 0, 0, "", ""};
  const char *path = file_of(text);
  check_ok(dc_config_read(path, &config, &error), &error);
  unlink(path);
  return config;
}

static void check_refused(const char *text, int64_t line, const char *part)
{
  dc_config *config = NULL;
  dc_error error = {DC_OK, 0, 0, "", ""};
  const char *path = file_of(text);
  dc_status status = dc_config_read(path, &config, &error);
  unlink(path);
  check_fails(status, DC_E_USAGE, &error);
  assert_null(config);
  assert_string_equal(error.file, path);
  if (error.line != line || !strstr(error.message, part))
    fail_msg("line %lld: \"%s\"; expected line %lld and \"%s\"", (long long)error.line, error.message, (long long)line,
             part);
}

static void defaults(void **state)
{
  dc_config *config = NULL;
  (void)state;
  check_ok(dc_config_read(NULL, &config, NULL), NULL);
  assert_int_equal(config->n_columns + config->n_stages + config->n_order, 0);
  assert_int_equal(config->booked_at, DC_BOOKED_LAST_SPELL);
  assert_int_equal(config->fiscal_start, 0);
  assert_int_equal(config->timezone_minutes, 0);
  assert_string_equal(config->timezone, "UTC");
  assert_string_equal(config->currency, "");
  assert_int_equal(dc_stage_meaning(config, "Closed Won"), DC_MEANING_WON);
  dc_config_free(config);
  dc_config_free(NULL);
}

static void everything(void **state)
{
  (void)state;
  dc_config *config = read_text("\xEF\xBB\xBF; our way of selling\r\n"
                                "[columns]\r\n"
                                "amount = Contract Value   ; in thousands\r\n"
                                "Expected_Close: Decision Date\r\n"
                                "\r\n"
                                "[Stages]\r\n"
                                "won = Design Win, \"Signed, sealed\"\r\n"
                                "lost = Parked\r\n"
                                "ignore = Internal\r\n"
                                "order = Idea, Pilot , Design Win\r\n"
                                "[outcome]\r\n"
                                "booked_at = first\r\n"
                                "[calendar]\r\n"
                                "fiscal_start = 4\r\n"
                                "timezone = -03:30\r\n"
                                "dates = Month-First\r\n"
                                "[currency]\r\n"
                                "code = eur\r\n"
                                "decimal = comma\r\n");
  assert_int_equal(config->n_columns, 2);
  assert_string_equal(config->columns[0].role, "amount");
  assert_string_equal(config->columns[0].column, "Contract Value");
  assert_string_equal(config->columns[1].role, "expected_close");
  assert_string_equal(config->columns[1].column, "Decision Date");
  assert_int_equal(config->n_stages, 4);
  assert_int_equal(dc_stage_meaning(config, "design  WIN"), DC_MEANING_WON);
  assert_int_equal(dc_stage_meaning(config, "Signed, sealed"), DC_MEANING_WON);
  assert_int_equal(dc_stage_meaning(config, "parked"), DC_MEANING_LOST);
  assert_int_equal(dc_stage_meaning(config, "INTERNAL"), DC_MEANING_IGNORE);
  assert_int_equal(dc_stage_meaning(config, "Pilot"), DC_MEANING_OPEN); /* in order, else unknown */
  assert_int_equal(dc_stage_meaning(config, "Lost"), DC_MEANING_LOST);  /* a usual word */
  assert_int_equal(dc_stage_meaning(config, "Never heard of"), DC_MEANING_UNKNOWN);
  assert_int_equal(dc_stage_position(config, "idea"), 0);
  assert_int_equal(dc_stage_position(config, "Design win"), 2);
  assert_int_equal(dc_stage_position(config, "Parked"), -1);
  assert_int_equal(config->booked_at, DC_BOOKED_FIRST);
  assert_int_equal(config->fiscal_start, 4);
  assert_int_equal(config->timezone_minutes, -210);
  assert_string_equal(config->timezone, "-03:30");
  assert_string_equal(config->currency, "EUR");
  assert_int_equal(config->dates, DC_ORDER_MONTH_FIRST);
  assert_int_equal(config->decimal, DC_DECIMAL_COMMA);
  dc_config_free(config);
}

static void config_overrules_usual_words(void **state)
{
  (void)state;
  dc_config *config = read_text("[stages]\nopen = Won\nlost = Qualified\n");
  assert_int_equal(dc_stage_meaning(config, "won"), DC_MEANING_OPEN);
  assert_int_equal(dc_stage_meaning(config, "Qualified"), DC_MEANING_LOST);
  dc_config_free(config);
}

static void offsets(void **state)
{
  (void)state;
  dc_config *config = read_text("[calendar]\ntimezone = +05:30\n");
  assert_int_equal(config->timezone_minutes, 330);
  dc_config_free(config);
  config = read_text("[calendar]\ntimezone = -00:00\n");
  assert_string_equal(config->timezone, "UTC");
  dc_config_free(config);
  config = read_text("[calendar]\ntimezone = utc");
  assert_string_equal(config->timezone, "UTC");
  dc_config_free(config);
}

/* inih by itself cuts lines at 200 bytes and says nothing. */
static void long_lists_are_whole(void **state)
{
  enum { N = 300 };
  char text[N * 24], word[32];
  size_t n = (size_t)sprintf(text, "# %0300d\n[stages]\n  order = ", 7);
  (void)state;
  for (int i = 0; i < N; i++) n += (size_t)sprintf(text + n, "%sStage \"No, %d\"", i ? "," : "", i);
  sprintf(text + n, "\nlost = Stage 1\n");
  dc_config *config = read_text(text);
  assert_int_equal(config->n_order, N);
  for (int i = 0; i < N; i++) {
    sprintf(word, "stage no, %d", i);
    assert_int_equal(dc_stage_position(config, word), i);
  }
  assert_int_equal(config->n_stages, 1);
  dc_config_free(config);
}

/* inih by itself takes an indented key for more of the value above. */
static void indentation(void **state)
{
  (void)state;
  dc_config *config = read_text("[stages]\n"
                                "  won = A, B ; the good ones\n"
                                "    C,\n"
                                "    D ; and one more\n"
                                "  lost = E\n"
                                "  [calendar]\n"
                                "  fiscal_start = 7\n");
  assert_int_equal(config->n_stages, 5);
  assert_int_equal(dc_stage_meaning(config, "B"), DC_MEANING_WON);
  assert_int_equal(dc_stage_meaning(config, "D"), DC_MEANING_WON);
  assert_int_equal(dc_stage_meaning(config, "E"), DC_MEANING_LOST);
  assert_int_equal(config->fiscal_start, 7);
  dc_config_free(config);
}

static void one_word_per_line(void **state)
{
  (void)state;
  dc_config *config = read_text("[stages]\norder =\n  Idea\n  Offer, firm\n  \"Deal, done\"\n");
  assert_int_equal(config->n_order, 4);
  assert_int_equal(dc_stage_position(config, "Deal, done"), 3);
  dc_config_free(config);
}

static void refusals(void **state)
{
  (void)state;
  check_refused("[stage]\nwon = A\n", 2, "did you mean [stages]?");
  check_refused("[zebra]\nwon = A\n", 2, "there are [columns]");
  check_refused("won = A\n", 1, "before any [section]");
  check_refused("[stages]\nwon = A\nlsot = B\n", 3, "did you mean lost?");
  check_refused("[calendar]\nfiscal_strat = 4\n", 2, "did you mean fiscal_start?");
  check_refused("[columns]\namonut = X\n", 2, "did you mean amount?");
  check_refused("[columns]\namount =\n", 2, "no column");
  check_refused("[columns]\namount = A\n\namount = B\n", 4, "given twice");
  check_refused("[calendar]\nfiscal_start = 4\nfiscal_start = 5\n", 3, "given twice");
  check_refused("[calendar]\nfiscal_start = 13\n", 2, "1 to 12");
  check_refused("[calendar]\nfiscal_start = 4th\n", 2, "1 to 12");
  check_refused("[calendar]\nfiscal_start =\n", 2, "no value");
  check_refused("[calendar]\ntimezone = +2\n", 2, "+HH:MM");
  check_refused("[calendar]\ntimezone = +02:60\n", 2, "+HH:MM");
  check_refused("[calendar]\ntimezone = +15:00\n", 2, "+HH:MM");
  check_refused("[calendar]\ntimezone = Europe/Berlin\n", 2, "+HH:MM");
  check_refused("[currency]\ncode = Dollar\n", 2, "three letters");
  check_refused("[currency]\ncode = $\n", 2, "three letters");
  check_refused("[currency]\ndecimal = dot\n", 2, "point or comma");
  check_refused("[calendar]\ndates = DMY\n", 2, "day-first, month-first or year-first");
  check_refused("[outcome]\nbooked_at = whenever\n", 2, "last_spell or first");
  check_refused("[stages]\nwon = A\nlost = B, a\n", 3, "both won and lost");
  check_refused("[stages]\norder = A, B, a\n", 2, "twice in order");
  check_refused("[stages]\nwon = \"A, B\n", 2, "not closed");
  check_refused("[stages]\n\nwon A\n", 3, "neither [SECTION]");
  check_refused("[stages\nwon = A\n", 1, "neither [SECTION]");
  check_refused("[stages]\n= A\n", 2, "without a key");
}

static void lines_are_counted_through_long_ones(void **state)
{
  char text[4000];
  size_t n = (size_t)sprintf(text, "[stages]\norder = ");
  (void)state;
  for (int i = 0; i < 100; i++) n += (size_t)sprintf(text + n, "Stage number %d, ", i);
  sprintf(text + n, "\nnonsense\n");
  check_refused(text, 3, "neither [SECTION]");
  sprintf(text + n, "\nwno = A\n");
  check_refused(text, 3, "did you mean won?");
  memset(text, 'x', 1000);
  memcpy(text, "[stages]\nwon = ", 15);
  text[1000] = '\0';
  check_refused(text, 2, "longer than");
}

static void files_that_are_not_there(void **state)
{
  dc_config *config = NULL;
  dc_error error;
  (void)state;
  check_fails(dc_config_read("/nowhere/dealcast.ini", &config, &error), DC_E_SYSTEM, &error);
  assert_string_equal(error.file, "/nowhere/dealcast.ini");
  check_fails(dc_config_read("/tmp", &config, &error), DC_E_SYSTEM, &error);
  check_fails(dc_config_read("/tmp", &config, NULL), DC_E_SYSTEM, NULL);
  assert_null(config);
}

/* [required], [allowed], [check] and [weights]: what `check` holds the data against. */
static void standards(void **state)
{
  (void)state;
  dc_config *config = read_text(
      "[stages]\norder = Open, Offer\n[required]\nOffer = amount, \"Next, Step\"\noffer = owner\n"
      "[allowed]\nRegion = North,\n  South\n[check]\nstale_days = 30\n"
      "[weights]\namount = 5\nother = 0\nrows = .5\n");
  assert_int_equal(config->n_required, 1);
  assert_string_equal(config->required[0].name, "Offer");
  assert_int_equal(config->required[0].n, 3);
  assert_string_equal(config->required[0].words[1], "Next, Step");
  assert_string_equal(config->required[0].words[2], "owner");
  assert_int_equal(config->n_allowed, 1);
  assert_int_equal(config->allowed[0].n, 2);
  assert_string_equal(config->allowed[0].words[1], "South");
  assert_int_equal(config->check.stale_days, 30);
  assert_int_equal(config->check.far_days, 1826); /* the defaults stay */
  assert_int_equal(config->check.likely_days, 7);
  assert_int_equal(config->check.absurd_times, 1000);
  assert_int_equal(config->n_weights, 3);
  assert_string_equal(config->weights[0].role, "amount");
  check_same(config->weights[2].weight, 0.5);
  dc_config_free(config);
  check_refused("[required]\nOffer = amount\n", 0, "[stages] order does not");
  check_refused("[check]\nstale_days = soon\n", 2, "whole number from 1 to 1000000");
  check_refused("[check]\nstale = 3\n", 2, "did you mean stale_days");
  check_refused("[weights]\nmoney = 3\n", 2, "unknown role \"money\"");
  check_refused("[weights]\namount = much\n", 2, "a weight is a number");
  check_refused("[weights]\namount = 1\namount = 2\n", 3, "given twice");
}

/* The documented file has every key, and its values are the defaults where it says so. */
static void documented(void **state)
{
  dc_config *config = NULL, *bare = NULL;
  dc_error error = {DC_OK, 0, 0, "", ""};
  (void)state;
  check_ok(dc_config_read("datasets/dealcast.ini", &config, &error), &error);
  check_ok(dc_config_read(NULL, &bare, &error), &error);
  assert_memory_equal(&config->check, &bare->check, sizeof config->check);
  assert_int_equal(config->booked_at, bare->booked_at);
  assert_string_equal(config->timezone, bare->timezone);
  assert_true(config->n_weights > 20 && config->n_required == 3 && config->n_allowed == 1 && config->n_order == 5);
  dc_config_free(config);
  dc_config_free(bare);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults),
      cmocka_unit_test(standards),
      cmocka_unit_test(documented),
      cmocka_unit_test(everything),
      cmocka_unit_test(config_overrules_usual_words),
      cmocka_unit_test(offsets),
      cmocka_unit_test(long_lists_are_whole),
      cmocka_unit_test(indentation),
      cmocka_unit_test(one_word_per_line),
      cmocka_unit_test(refusals),
      cmocka_unit_test(lines_are_counted_through_long_ones),
      cmocka_unit_test(files_that_are_not_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
