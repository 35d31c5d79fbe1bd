/* Deals in canonical order, and the log of what was known of them when.
 *
 * A deals file tells the creation at the creation day, the closing at the closing day, and everything else at the day of
 * export; a stage history tells its fields at its instants. dc_deals_view is the only door to what was known on a day. */
#ifndef DC_DEALS_DEALS_H
#define DC_DEALS_DEALS_H

#include "dealcast/error.h"
#include "engine/base/arena.h"
#include "engine/deals/config.h"
#include "engine/deals/ids.h"
#include "engine/deals/roles.h"
#include "engine/ingest/load.h"
#include <stdint.h>

/* Words of one kind over several files, sorted; code 0 is "missing". */
typedef struct dc_words {
  size_t n;
  const char **text;
} dc_words;

/* The code of a word, to the byte; 0 when it is not among them. */
uint32_t dc_words_code(const dc_words *words, const char *text);

/* A categorical property that a deal keeps: account, product, region, source, columns of joined tables.
 * dated   told by the history from the deal's first row on; otherwise by the deals file, on the day of export only */
typedef struct dc_attribute {
  const char *name;
  dc_role role; /* DC_ROLE_NONE for others */
  bool dated;
  bool predictor;          /* set by the caller that decides on leaks; of joined columns by dc_deals_join */
  const char *dropped;     /* why it predicts no longer; NULL = nobody said so */
  const dc_column *column; /* that it was read from */
  dc_words words;
  uint32_t *code; /* n deals */
} dc_attribute;

/* One change in a deal's history; fields carried forward. */
typedef struct dc_event {
  double amount; /* NaN = unknown */
  int32_t day;
  int32_t expected;      /* DC_DATE_MISSING = unknown */
  int32_t stage_since;   /* day on which the present stage was entered */
  uint32_t stage, owner; /* codes, 0 = unknown */
  uint16_t pushes;       /* times the expected close was moved later so far */
  uint8_t meaning;       /* dc_meaning of the stage */
} dc_event;

typedef enum dc_state { DC_STATE_ABSENT = -1, DC_STATE_OPEN = 0, DC_STATE_WON = 1, DC_STATE_LOST = 2 } dc_state;

/* A time for which a deal was open; a reopened deal has several. */
typedef struct dc_spell {
  int32_t start; /* DC_DATE_MISSING = not known */
  int32_t end;   /* the closing day, DC_DATE_MISSING = open at the end of the data */
  int8_t state;  /* how it ended: dc_state */
} dc_spell;

typedef struct dc_deals {
  size_t n;
  dc_ids ids;
  int32_t *known;          /* first day on which the deal is known to exist */
  double *amount;          /* the deals file's, NaN = none */
  int32_t *expected;       /* of open deals */
  uint32_t *stage, *owner; /* the deals file's */
  uint64_t *event_at;      /* n + 1 */
  dc_event *events;
  uint64_t *spell_at; /* n + 1 */
  dc_spell *spells;
  dc_words stages, owners;
  uint8_t *stage_meaning; /* per stage code */
  size_t n_attributes;
  dc_attribute *attributes;
  int32_t export_day;  /* the last created, closed or history day */
  int32_t first_close; /* the first day on which a closing was recorded: DC_DATE_MISSING = none */
  bool has_history, has_amount, history_has_amount, history_has_expected, history_has_owner, has_stage;
  bool has_expected;       /* the deals file has expected closes */
  int64_t created_dropped; /* close before created */
  int64_t unknown_stage;   /* rows whose stage word says nothing */
  int64_t disagreements;   /* stage history and deals file end differently */
  int64_t only_in_history, only_in_deals;
  int64_t same_rows;     /* without an id: rows that are the same to the cell as an earlier one; they count */
  int64_t same_instants; /* changes that share deal and instant with another and differ from it; they count */
  dc_arena *arena;
  const dc_table *table; /* of the deals file, may be NULL; row[i] = the deal's row or DC_ID_NONE */
  uint32_t *row;
} dc_deals;

/* What deals are made of. deals or history may be NULL, not both. Loads are not owned and must outlive the deals;
 * their inputs' counts (rejected, duplicate, excluded) and reject lists are brought up to date. */
typedef struct dc_deals_sources {
  dc_load *deals, *history;
  const dc_roles *deals_roles, *history_roles;
  const dc_config *config;
} dc_deals_sources;

dc_status dc_deals_new(const dc_deals_sources *sources, dc_deals **deals, dc_error *error) DC_MUST_CHECK;
void dc_deals_free(dc_deals *deals);

/* Tells what the user should know of the deals, one sentence each: columns that are missing or empty, stages without a
 * usual meaning, outcomes that are all the same by the day, dates left out, and where history and deals file disagree. */
typedef void dc_deals_tell(void *context, const char *sentence);
void dc_deals_warn(const dc_deals *deals, const dc_deals_sources *sources, int32_t day, dc_deals_tell *tell,
                   void *context);

/* Adds the categorical columns (and binned numbers) of a table keyed by a deal attribute's words, or by deal id when
 * attribute is -1. Rows without a key are passed over; a key that comes twice is an error. A joined column is as well
 * known as its key: dated like it, and a predictor only where the key is one and is not the owner of an undated file.
 * What hangs on the deal's id is shown only. Columns that are personal by roles (may be NULL) are left out. *unmatched (may be NULL): deals with a key of which the table has no row. */
dc_status dc_deals_join(dc_deals *deals, const dc_table *table, const dc_roles *roles, int key_column, int attribute,
                        int64_t *unmatched, dc_error *error) DC_MUST_CHECK;

/* Adds a category of the deals file that plays no role as an attribute to be shown, never to predict. */
dc_status dc_deals_show(dc_deals *deals, int column, int *attribute, dc_error *error) DC_MUST_CHECK;

/* Books a row as rejected: its input's counts and the list of rejects. blame: the role whose cell is at fault. Under
 * --strict that is the error DC_E_INPUT. */
dc_status dc_row_reject(dc_load *load, const dc_roles *roles, size_t row, const char *rule, dc_role blame,
                        dc_error *error) DC_MUST_CHECK;

/* What was known of deal i at the end of a day. */
typedef struct dc_view {
  dc_state state;
  int32_t since;  /* start of the spell, DC_DATE_MISSING = not known */
  int32_t closed; /* closing day when won or lost */
  double amount;  /* open: as then recorded; won: as booked; NaN = not known */
  int32_t expected, stage_since;
  int32_t touched; /* day of the last history row, DC_DATE_MISSING = none */
  uint32_t stage, owner;
  uint16_t pushes;
} dc_view;

void dc_deals_view(const dc_deals *deals, size_t i, int32_t day, dc_view *view);

/* What the first history row of a spell told of it by the end of a day, before anything else happened; false without a
 * history. */
bool dc_deals_first_view(const dc_deals *deals, size_t i, const dc_spell *spell, int32_t day, dc_view *view);

/* Code of an attribute as known by someone who asks on day `asked`; 0 = not known then. The deals file tells it with the
 * deal's last closing, or on the day of export. */
uint32_t dc_deals_attribute(const dc_deals *deals, const dc_attribute *attribute, size_t i, int32_t asked);

/* Index of the attribute of a role, or of a name; -1 = none. */
int dc_deals_find_role(const dc_deals *deals, dc_role role);
int dc_deals_find_name(const dc_deals *deals, const char *name);

#endif
