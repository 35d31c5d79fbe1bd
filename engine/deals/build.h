/* Private to engine/deals: the steps from typed tables to deals. */
#ifndef DC_DEALS_BUILD_H
#define DC_DEALS_BUILD_H

#include "engine/deals/deals.h"

/* A row of the deals file, read through its roles. */
typedef struct dc_row_facts {
  int32_t created, closed, expected;
  double amount;
  dc_meaning meaning; /* open, won, lost or ignore */
  bool unknown_stage;
  bool created_dropped;
  bool total;       /* a line of totals or the header once more, not a deal */
  const char *rule; /* NULL = the row stands, otherwise why it is rejected */
  dc_role blame;    /* the role whose cell is at fault */
} dc_row_facts;

/* What each word of a column means, worked out once: a code's meaning and its yes/no (1, 0, -1 unknown). */
typedef struct dc_word_column {
  const dc_column *column; /* NULL = the role has none */
  uint8_t *meaning;
  int8_t *flag;
} dc_word_column;

typedef struct dc_row_reader {
  const dc_deals_sources *sources;
  const dc_column *id, *amount, *actual, *created, *closed, *won_at, *lost_at, *expected, *modified, *probability;
  int32_t last_day;       /* the last day on which anything is recorded; where expected closes stand for closings */
  const dc_column *label; /* where a line of totals says so */
  dc_word_column stage, outcome, is_won, is_closed, is_active;
} dc_row_reader;

dc_status dc_row_reader_new(const dc_deals_sources *sources, dc_arena *arena, dc_row_reader *reader,
                            dc_error *error) DC_MUST_CHECK;
void dc_row_read(const dc_row_reader *reader, size_t row, dc_row_facts *facts);

/* The amount as deals keep it: one below 1e-9 is 0. NaN stays. */
double dc_amount_settle(double amount);

/* Books a cell that is left out while its row stays. Under --strict that is the error DC_E_INPUT. */
dc_status dc_row_drop_cell(dc_load *load, const dc_roles *roles, size_t row, const char *rule, dc_role blame,
                           dc_error *error) DC_MUST_CHECK;

/* Without a history: rows; a stage or an outcome; a created or a closing date. DC_E_SHORT or DC_E_INPUT, naming the
 * nearest columns. */
dc_status dc_needs_check(const dc_deals_sources *sources, dc_error *error) DC_MUST_CHECK;

/* DC_E_INPUT: closed deals, and no column with their closing date. */
dc_status dc_needs_fail_closed(const dc_deals_sources *sources, dc_error *error) DC_MUST_CHECK;

/* dated = some deal has a day. If not: the rule that rejected all rows (DC_E_INPUT), or that there is none (DC_E_SHORT). */
dc_status dc_needs_check_dated(const dc_deals_sources *sources, bool dated, dc_error *error) DC_MUST_CHECK;

/* Merges the words of two category columns (either may be NULL) and maps their codes; maps are in the arena. */
dc_status dc_words_merge(dc_arena *arena, const dc_column *a, const dc_column *b, dc_words *words, uint32_t **map_a,
                         uint32_t **map_b, dc_error *error) DC_MUST_CHECK;

/* Events of all deals from the history table (deal_of[row], DC_ID_NONE = skip), sorted and with running fields. Rows that
 * come twice are dropped: their deal_of becomes DC_ID_NONE. */
dc_status dc_events_build(dc_deals *deals, const dc_deals_sources *sources, uint32_t *deal_of,
                          const uint32_t *stage_map, const uint32_t *owner_map, dc_error *error) DC_MUST_CHECK;

/* Spells from events, or from the deals file's facts where there are none. created, closed, meaning are per deal. */
dc_status dc_spells_build(dc_deals *deals, const dc_config *config, const int32_t *created, const int32_t *closed,
                          const uint8_t *meaning, dc_error *error) DC_MUST_CHECK;

/* Attributes from both tables. first_row[i] = the deal's first history row or DC_ID_NONE. */
dc_status dc_attributes_build(dc_deals *deals, const dc_deals_sources *sources, const uint32_t *first_row,
                              dc_error *error) DC_MUST_CHECK;

#endif
