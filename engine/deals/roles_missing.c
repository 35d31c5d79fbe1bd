/* What is told to who lacks a column: the one that was probably meant, and the --map to give. */
#include "engine/deals/roles_parts.h"

#include "engine/base/text.h"
#include "engine/ingest/number.h"
#include "engine/ingest/when.h"

#include <stdio.h>
#include <string.h>

enum { LIST_BYTES = 300, HINT_BYTES = 400, WORD_BYTES = 60, LEAST_NAME = 3, MAX_WORDS = 256 };

static const dc_when_style any_when;
static const dc_number_style any_number;

static bool wants_date(dc_role role) { return dc_role_table[role].type == DC_TYPE_DATE; }

const char *dc_role_list_columns(const dc_table *table, char *text, size_t size)
{
  size_t n = 0, total = table->n_columns;
  text[0] = '\0';
  for (size_t i = 0; i < total; i++) {
    const char *name = table->columns[i].name;
    if (n + strlen(name) + 24 > size) {
      snprintf(text + n, size - n, " and %zu more", total - i);
      break;
    }
    n += (size_t)snprintf(text + n, size - n, "%s%s", i ? ", " : "", name);
  }
  return text;
}

/* The column without a role that has a usual name for this one, so that its content must have spoken against it. */
static int named_column(const dc_table *table, const dc_roles *roles, dc_role role)
{
  dc_role_guess guesses[DC_MAX_GUESSES];
  for (size_t c = 0; c < table->n_columns; c++) {
    int n = roles->role[c] == DC_ROLE_NONE ? dc_roles_guess(table->columns[c].name, roles->shape, guesses) : 0;
    for (int i = 0; i < n; i++)
      if (guesses[i].role == role) return (int)c;
  }
  return -1;
}

int dc_role_nearest_column(const dc_table *table, const dc_roles *roles, dc_role role)
{
  const char *words[MAX_WORDS];
  size_t n = 0, least = SIZE_MAX;
  int best = -1;
  for (size_t i = 0; i < dc_role_n_synonyms && n < MAX_WORDS; i++)
    if (dc_role_synonyms[i].role == role && (dc_role_synonyms[i].shapes & (1 << roles->shape)))
      words[n++] = dc_role_synonyms[i].word;
  for (size_t c = 0; c < table->n_columns; c++) {
    const char *name = table->columns[c].name;
    if (roles->role[c] != DC_ROLE_NONE || strlen(name) < LEAST_NAME) continue;
    const char *near = dc_text_nearest(name, words, n);
    size_t distance = near ? dc_text_distance(name, near) : SIZE_MAX;
    if (distance >= least) continue;
    least = distance;
    best = (int)c;
  }
  return best;
}

/* The first cell that a date column would not hold; false when the column keeps no words. */
static bool first_unfit(const dc_table *table, int column, size_t *row, char *word)
{
  const dc_column *c = &table->columns[column];
  if (c->type != DC_TYPE_CATEGORY && c->type != DC_TYPE_TEXT) return false;
  for (size_t r = 0; r < table->rows; r++) {
    size_t length;
    uint32_t seen = 0;
    dc_when when;
    const char *text = dc_column_text(c, r, &length);
    if (length == 0 || dc_when_parse(text, length, &any_when, &when, &seen) == DC_WHEN_OK) continue;
    snprintf(word, WORD_BYTES, "%.*s", (int)(length < WORD_BYTES ? length : WORD_BYTES - 1), text);
    *row = r;
    return true;
  }
  return false;
}

static void describe_unfit(const dc_table *table, int column, dc_role role, char *hint)
{
  const dc_column *c = &table->columns[column];
  char word[WORD_BYTES];
  size_t row, n;
  n = (size_t)snprintf(hint, HINT_BYTES, "\"%.60s\" is named for it but holds %s", c->name,
                       c->type == DC_TYPE_EMPTY    ? "nothing"
                       : c->type == DC_TYPE_NUMBER ? "numbers"
                                                   : "words");
  if (!wants_date(role) || !first_unfit(table, column, &row, word)) return;
  snprintf(hint + n, HINT_BYTES - n, " (\"%s\" on line %u), not dates; write them as YYYY-MM-DD", word,
           (unsigned)table->line[row]);
}

/* Names that are dates or numbers: the first line is no header. */
static bool looks_like_data(const dc_table *table)
{
  size_t telling = 0;
  for (size_t c = 0; c < table->n_columns; c++) {
    const char *name = table->columns[c].name;
    uint32_t seen = 0;
    double number;
    dc_when when;
    if (dc_when_parse(name, strlen(name), &any_when, &when, &seen) == DC_WHEN_OK) return true;
    telling += dc_number_parse(name, strlen(name), &any_number, &number, &seen);
  }
  return 2 * telling >= table->n_columns && telling > 0;
}

/* The loader found no header, and numbered the columns. */
static bool are_numbered(const dc_table *table)
{
  for (size_t c = 0; c < table->n_columns; c++) {
    char name[32];
    snprintf(name, sizeof name, "column %zu", c + 1);
    if (strcmp(name, table->columns[c].name) != 0) return false;
  }
  return true;
}

/* "; likewise --map amount=Ammount": what else is missing and nearly named, so that one run tells it all. */
static void tell_likewise(const dc_table *table, const dc_roles *roles, dc_role role, int taken, char *text,
                          size_t size)
{
  static const dc_role wanted[] = {DC_ROLE_STAGE, DC_ROLE_AMOUNT, DC_ROLE_CREATED, DC_ROLE_CLOSED};
  int told[sizeof wanted / sizeof *wanted];
  size_t used = 0, n = 0;
  text[0] = '\0';
  for (size_t k = 0; k < sizeof wanted / sizeof *wanted && roles->shape == DC_SHAPE_DEALS; k++) {
    int near = wanted[k] == role || roles->column[wanted[k]] >= 0 ||
                       (wanted[k] == DC_ROLE_STAGE && roles->column[DC_ROLE_OUTCOME] >= 0)
                   ? -1
                   : dc_role_nearest_column(table, roles, wanted[k]);
    bool again = near < 0 || near == taken;
    for (size_t i = 0; i < n; i++) again = again || told[i] == near;
    const char *name = again ? "" : table->columns[near].name;
    if (again || used + strlen(name) + 40 > size) continue;
    told[n++] = near;
    used += (size_t)snprintf(text + used, size - used, "%s --map \"%s=%s\"", used ? "" : ", likewise",
                             dc_role_name(wanted[k]), name);
  }
}

dc_status dc_role_fail_missing(const dc_table *table, const dc_roles *roles, const char *file, dc_role role,
                               const char *what, const char *more, dc_error *error)
{
  char list[LIST_BYTES], hint[HINT_BYTES] = "", likewise[LIST_BYTES];
  const char *column = "COLUMN";
  if (are_numbered(table))
    return dc_fail_at(
        error, DC_E_INPUT, file, 1, 0,
        "%s, and the first line is a record, not a header; name the %zu columns with --columns NAME,... (or, "
        "when it is a header after all, say so with --skip 0)",
        what, table->n_columns);
  if (looks_like_data(table))
    return dc_fail_at(error, DC_E_INPUT, file, 1, 0,
                      "%s, and the first line looks like data, not like names of columns: %s; name them with --columns "
                      "NAME,...",
                      what, dc_role_list_columns(table, list, sizeof list));
  int named = named_column(table, roles, role), near = dc_role_nearest_column(table, roles, role);
  if (named >= 0)
    describe_unfit(table, named, role, hint);
  else if (near >= 0)
    column = table->columns[near].name;
  bool quoted = strchr(column, ' ') != NULL;
  tell_likewise(table, roles, role, named < 0 ? near : -1, likewise, sizeof likewise);
  return dc_fail_at(error, DC_E_INPUT, file, 0, 0,
                    "%s, and no column is known for it%s%s%sgive --map %s%s=%.80s%s%s%s. The columns are %s%s%s", what,
                    hint[0] ? ": " : "", hint, hint[0] ? ", or " : "; ", quoted ? "\"" : "", dc_role_name(role), column,
                    quoted ? "\"" : "", near >= 0 && named < 0 ? " if that is it" : "", likewise,
                    dc_role_list_columns(table, list, sizeof list), more[0] ? ". " : "", more);
}
