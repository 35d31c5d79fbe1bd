/* Which rows are open, by the roles found. */
#include "engine/deals/roles_parts.h"

#include "engine/deals/words.h"

#include <stdlib.h>

/* Reads one role of a row as a small number; words of categories are read once. */
typedef struct cell_reader {
  const dc_column *column; /* NULL: the role has none */
  int (*read)(const dc_config *config, const char *word);
  const dc_config *config;
  int8_t *by_code;
} cell_reader;

enum { READERS = 4, WON_FLAG = 0, CLOSED_FLAG, OUTCOME, STAGE, NO_FLAG = -1 };

static int read_flag(const dc_config *config, const char *word)
{
  bool value;
  (void)config;
  return dc_flag_parse(word, &value) ? value : NO_FLAG;
}

static int read_outcome(const dc_config *config, const char *word)
{
  return *word ? (int)dc_outcome_meaning(config, word) : (int)DC_MEANING_UNKNOWN;
}

static int read_stage(const dc_config *config, const char *word)
{
  dc_meaning meaning = *word ? dc_stage_meaning(config, word) : DC_MEANING_UNKNOWN;
  return *word && meaning == DC_MEANING_UNKNOWN ? (int)DC_MEANING_OPEN : (int)meaning;
}

static dc_status start(cell_reader *reader, dc_error *error)
{
  const dc_column *column = reader->column;
  if (!column || column->type != DC_TYPE_CATEGORY) return DC_OK;
  reader->by_code = malloc(column->n_words ? column->n_words : 1);
  if (!reader->by_code) return dc_fail_memory(error, "looking for open deals");
  for (size_t i = 0; i < column->n_words; i++)
    reader->by_code[i] = (int8_t)reader->read(reader->config, i ? column->words[i] : "");
  return DC_OK;
}

static int read_cell(const cell_reader *reader, size_t row, int absent)
{
  char word[DC_ROLE_WORD_BYTES];
  if (!reader->column) return absent;
  if (reader->by_code) return reader->by_code[dc_column_code(reader->column, row)];
  return reader->read(reader->config, dc_role_cell_word(reader->column, row, word));
}

static bool is_open(const cell_reader *readers, size_t row)
{
  int won = read_cell(&readers[WON_FLAG], row, NO_FLAG), closed = read_cell(&readers[CLOSED_FLAG], row, NO_FLAG);
  if (won == 1 || closed == 1) return false;
  if (closed == 0) return true;
  int outcome = read_cell(&readers[OUTCOME], row, DC_MEANING_UNKNOWN);
  if (outcome != DC_MEANING_UNKNOWN) return outcome == DC_MEANING_OPEN;
  int stage = read_cell(&readers[STAGE], row, DC_MEANING_UNKNOWN);
  if (stage != DC_MEANING_UNKNOWN) return stage == DC_MEANING_OPEN;
  /* With an outcome column, a deal that has none is open. */
  return readers[OUTCOME].column && dc_role_cell_missing(readers[OUTCOME].column, row);
}

dc_status dc_role_count_open(const dc_table *table, const int *column, const dc_config *config, int dated,
                             dc_role_open *open, dc_error *error)
{
  static const dc_role roles[READERS] = {DC_ROLE_IS_WON, DC_ROLE_IS_CLOSED, DC_ROLE_OUTCOME, DC_ROLE_STAGE};
  cell_reader readers[READERS] = {
      {.read = read_flag}, {.read = read_flag}, {.read = read_outcome}, {.read = read_stage}};
  dc_status status = DC_OK;
  *open = (dc_role_open){0, 0};
  for (int i = 0; i < READERS && status == DC_OK; i++) {
    int c = column[roles[i]];
    readers[i].column = c < 0 ? NULL : &table->columns[c];
    readers[i].config = config;
    status = start(&readers[i], error);
  }
  for (size_t row = 0; status == DC_OK && row < table->rows; row++) {
    if (!is_open(readers, row)) continue;
    open->rows++;
    if (!dc_role_cell_missing(&table->columns[dated], row)) open->dated++;
  }
  for (int i = 0; i < READERS; i++) free(readers[i].by_code);
  return status;
}
