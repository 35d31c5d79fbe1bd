#include "engine/output/balance.h"

#include "engine/output/view.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The parts of a balance, in the order of the table's fields. */
static const struct {
  const char *name, *said;
} parts[] = {{"used", "used"},
             {"rejected", "rejected"},
             {"duplicate", "duplicate"},
             {"after_as_of", "after the as-of day"},
             {"excluded", "excluded"},
             {"blank", "blank"},
             {"preamble", "titles or totals"}};

enum { PARTS = sizeof parts / sizeof *parts };

/* Adds to a line that is long enough for all that a balance can say. */
static void say(char *line, const char *format, ...) DC_PRINTF(2, 3);

static void say(char *line, const char *format, ...)
{
  size_t used = strlen(line);
  va_list values;
  va_start(values, format);
  vsnprintf(line + used, DC_BALANCE_CHARS - used, format, values);
  va_end(values);
}

static void say_amounts(const dc_result_table *t, size_t row, char *line)
{
  char number[DC_NUMBER_CHARS], field[64];
  const char *sign = " =";
  double read = dc_view_number(t, row, dc_field_index(t, "amount_read"));
  int64_t unreadable = dc_view_integer(t, row, dc_field_index(t, "amount_unreadable"));
  if (isfinite(read)) say(line, "; amounts %s", dc_group_money(read, number));
  for (size_t k = 0; k < PARTS && isfinite(read); k++) {
    snprintf(field, sizeof field, "amount_%s", parts[k].name);
    int at = dc_field_index(t, field); /* blank lines have none */
    double x = at < 0 ? 0 : dc_view_number(t, row, at);
    if (x == 0) continue;
    say(line, "%s %s %s", sign, dc_group_money(x, number), parts[k].said);
    sign = " +";
  }
  if (unreadable > 0) say(line, ", %s unreadable", dc_group_integer(unreadable, number));
}

bool dc_balance_line(const dc_result *result, size_t input, char line[DC_BALANCE_CHARS])
{
  const dc_result_table *t = result->inputs;
  char number[DC_NUMBER_CHARS];
  const char *sign = " =";
  line[0] = '\0';
  if (!t || dc_field_index(t, "amount_unreadable") < 0) return false;
  int64_t read = dc_view_integer(t, input, dc_field_index(t, "read"));
  const char *file = dc_view_text(t, input, dc_field_index(t, "name"));
  if (read == dc_view_integer(t, input, dc_field_index(t, "used"))) return false;
  say(line, "%.200s: %s row%s", file ? file : "?", dc_group_integer(read, number), read == 1 ? "" : "s");
  for (size_t k = 0; k < PARTS; k++) {
    int64_t n = dc_view_integer(t, input, dc_field_index(t, parts[k].name));
    if (!n) continue;
    say(line, "%s %s %s", sign, dc_group_integer(n, number), parts[k].said);
    sign = " +";
  }
  say_amounts(t, input, line);
  return true;
}
