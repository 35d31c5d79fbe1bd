/* What rows say: which are open, by the roles found; which columns tell of people. */
#include "engine/deals/roles_parts.h"

#include "engine/deals/words.h"

#include <stdlib.h>
#include <string.h>

/* Reads one role of a row as a small number; words of categories are read once. */
typedef struct cell_reader {
  const dc_column *column; /* NULL: the role has none */
  int (*read)(const struct cell_reader *reader, const char *word);
  const dc_config *config;
  int8_t *by_code;
} cell_reader;

enum { READERS = 5, WON_FLAG = 0, CLOSED_FLAG, OUTCOME, STAGE, ACTIVE_FLAG, NO_FLAG = -1 };

static int read_flag(const cell_reader *reader, const char *word)
{
  bool value;
  (void)reader;
  return dc_flag_parse(word, &value) ? value : NO_FLAG;
}

static int read_outcome(const cell_reader *reader, const char *word)
{
  return *word ? (int)dc_outcome_meaning(reader->config, reader->column->name, word) : (int)DC_MEANING_UNKNOWN;
}

static int read_stage(const cell_reader *reader, const char *word)
{
  dc_meaning meaning = *word ? dc_stage_meaning(reader->config, word) : DC_MEANING_UNKNOWN;
  return *word && meaning == DC_MEANING_UNKNOWN ? (int)DC_MEANING_OPEN : (int)meaning;
}

static dc_status start(cell_reader *reader, dc_error *error)
{
  const dc_column *column = reader->column;
  if (!column || column->type != DC_TYPE_CATEGORY) return DC_OK;
  reader->by_code = malloc(column->n_words ? column->n_words : 1);
  if (!reader->by_code) return dc_fail_memory(error, "looking for open deals");
  for (size_t i = 0; i < column->n_words; i++)
    reader->by_code[i] = (int8_t)reader->read(reader, i ? column->words[i] : "");
  return DC_OK;
}

static int read_cell(const cell_reader *reader, size_t row, int absent)
{
  char word[DC_ROLE_WORD_BYTES];
  if (!reader->column) return absent;
  if (reader->by_code) return reader->by_code[dc_column_code(reader->column, row)];
  return reader->read(reader, dc_role_cell_word(reader->column, row, word));
}

static bool is_open(const cell_reader *readers, size_t row)
{
  int won = read_cell(&readers[WON_FLAG], row, NO_FLAG), closed = read_cell(&readers[CLOSED_FLAG], row, NO_FLAG);
  if (won == 1 || closed == 1) return false;
  if (closed == 0) return true;
  int outcome = read_cell(&readers[OUTCOME], row, DC_MEANING_UNKNOWN);
  if (outcome != DC_MEANING_UNKNOWN) return outcome == DC_MEANING_OPEN;
  int stage = read_cell(&readers[STAGE], row, DC_MEANING_UNKNOWN);
  if (stage != DC_MEANING_UNKNOWN)
    return stage == DC_MEANING_OPEN && read_cell(&readers[ACTIVE_FLAG], row, NO_FLAG) != 0;
  /* With an outcome column, a deal that has none is open. */
  return readers[OUTCOME].column && dc_role_cell_missing(readers[OUTCOME].column, row);
}

dc_status dc_role_count_open(const dc_table *table, const int *column, const dc_config *config, int dated,
                             dc_role_open *open, dc_role_open *closed, dc_error *error)
{
  static const dc_role roles[READERS] = {DC_ROLE_IS_WON, DC_ROLE_IS_CLOSED, DC_ROLE_OUTCOME, DC_ROLE_STAGE,
                                         DC_ROLE_IS_ACTIVE};
  cell_reader readers[READERS] = {
      {.read = read_flag}, {.read = read_flag}, {.read = read_outcome}, {.read = read_stage}, {.read = read_flag}};
  dc_status status = DC_OK;
  *open = *closed = (dc_role_open){0, 0};
  for (int i = 0; i < READERS && status == DC_OK; i++) {
    int c = column[roles[i]];
    readers[i].column = c < 0 ? NULL : &table->columns[c];
    readers[i].config = config;
    status = start(&readers[i], error);
  }
  for (size_t row = 0; status == DC_OK && row < table->rows; row++) {
    bool here = !dc_role_cell_missing(&table->columns[dated], row);
    dc_role_open *count = is_open(readers, row) ? open : closed;
    count->rows++;
    count->dated += here;
  }
  for (int i = 0; i < READERS; i++) free(readers[i].by_code);
  return status;
}

/* "ann@acme.com" and "+49 171 2345678": what a cell shows of a person without its column's name. */
static bool is_personal(const char *word)
{
  enum { LEAST_DIGITS = 8, MOST_DIGITS = 15 };
  size_t n = strlen(word), digits = 0, signs = 0;
  const char *at = strchr(word, '@');
  if (at && at > word && strchr(at, '.') && !strchr(at + 1, '@') && !strpbrk(word, " /")) return true;
  for (size_t i = 0; i < n; i++) {
    digits += word[i] >= '0' && word[i] <= '9';
    signs += strchr(" -()./", word[i]) != NULL;
  }
  bool whole = digits >= LEAST_DIGITS && digits <= MOST_DIGITS;
  return whole && word[0] == '+' && digits + signs + 1 == n;
}

bool dc_role_shows_people(const dc_table *table, int column)
{
  enum { CELLS = 1000 };
  const dc_column *c = &table->columns[column];
  size_t step = table->rows / CELLS + 1, filled = 0, personal = 0;
  char word[DC_ROLE_WORD_BYTES];
  if (c->type != DC_TYPE_CATEGORY && c->type != DC_TYPE_TEXT) return false;
  for (size_t row = 0; row < table->rows; row += step) {
    const char *text = dc_role_cell_word(c, row, word);
    filled += *text != '\0';
    personal += *text && is_personal(text);
  }
  return personal > 0 && 2 * personal >= filled;
}
