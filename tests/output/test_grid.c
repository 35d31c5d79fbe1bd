/* Columns of text that fit the screen. */
#include "engine/output/grid.h"

#include "tests/check.h"

enum { ROWS = 2 };

/* What a grid of an id, a name and a number prints; the caller looks into the sink's buffer. */
static const char *printed(const char *id, const char *name, bool ends, dc_sink *sink)
{
  const dc_grid_column columns[] = {{"id", false, false}, {"name", false, false}, {"money", true, true}};
  dc_grid *grid = dc_grid_new(columns, 3);
  if (ends) dc_grid_show_ends(grid, 0);
  for (int r = 0; r < ROWS; r++) {
    dc_grid_text(grid, id);
    dc_grid_text(grid, name);
    dc_grid_money(grid, 1234567);
  }
  dc_sink_open(sink, -1, false);
  dc_grid_print(grid, sink, 2, false);
  dc_grid_free(grid);
  sink->buffer[sink->used] = '\0';
  return sink->buffer;
}

static void test_short(void **state)
{
  (void)state;
  static dc_sink sink;
  assert_string_equal(printed("A1", "Ann", true, &sink), "  id  name      money\n"
                                                         "  A1  Ann   1,234,567\n"
                                                         "  A1  Ann   1,234,567\n");
}

/* Each line fits; what is cut says so at the side on which it is cut, and keeps its other end. */
static void test_cut(void **state)
{
  (void)state;
  static dc_sink sink;
  char id[200], name[200];
  memset(id, 'i', sizeof id);
  memset(name, 'n', sizeof name);
  memcpy(id, "FIRST", 5);
  memcpy(id + 194, "LAST", 5);
  memcpy(name, "Begin", 5);
  name[199] = '\0';
  for (int ends = 0; ends < 2; ends++) {
    const char *text = printed(id, name, ends, &sink);
    assert_int_equal(strstr(text, "LAST") != NULL, ends);
    assert_int_equal(strstr(text, "FIRST") != NULL, !ends);
    assert_non_null(strstr(text, ends ? "  \xE2\x80\xA6i" : "i\xE2\x80\xA6  "));
    assert_non_null(strstr(text, "Begin"));
    assert_non_null(strstr(text, "1,234,567\n"));
    for (const char *line = text; *line;) {
      char one[512];
      size_t length = strcspn(line, "\n");
      snprintf(one, sizeof one, "%.*s", (int)length, line);
      assert_true(dc_text_width(one) <= DC_SCREEN_COLUMNS);
      line += length + (line[length] == '\n');
    }
  }
}

/* Letters of more than a byte, and of two columns, are cut whole. */
static void test_wide(void **state)
{
  (void)state;
  static dc_sink sink;
  char id[400] = "", name[200];
  for (int k = 0; k < 80; k++) strcat(id, "\xE6\x98\x93");
  memset(name, 'n', sizeof name - 1);
  name[199] = '\0';
  for (int ends = 0; ends < 2; ends++) {
    const char *text = printed(id, name, ends, &sink);
    for (const char *p = text; *p; p++)
      if ((*p & 0xC0) == 0x80) assert_true((p[-1] & 0x80) != 0);
    assert_non_null(strstr(text, "\xE6\x98\x93"));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_short),
      cmocka_unit_test(test_cut),
      cmocka_unit_test(test_wide),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
