/* The audit of a table as it was read: rules that rows can break, what broke them, and what that is worth.
 *
 * A sheet is a table seen as a list of units: the rows of the deals file, the rows of the history, or, where there is only
 * a history, the deals that it tells of. Rules are rows of tables (quality_rules.c) and rows made from the columns of the
 * sheet (quality_columns.c); each unit keeps one bit for each rule that it breaks. Counts, sums and places follow from the
 * bits and do not depend on threads; apart from places they do not depend on the order of rows either. */
#ifndef DC_INSIGHT_QUALITY_H
#define DC_INSIGHT_QUALITY_H

#include "engine/deals/build.h"
#include "engine/deals/deals.h"
#include <stdbool.h>

typedef enum dc_defect_kind {
  DC_DEFECT_MISSING,    /* counts against completeness */
  DC_DEFECT_IMPOSSIBLE, /* these count against accuracy: .. */
  DC_DEFECT_STALE,
  DC_DEFECT_CONTRADICTORY,
  DC_DEFECT_DUPLICATE,
  DC_DEFECT_SPELLING,
  DC_DEFECT_STANDARD, /* .. up to here */
  DC_DEFECT_COLUMN,   /* of a column as a whole; no unit is at fault */
  DC_DEFECT_NEEDED,   /* what a forecast needs and the file lacks */
  DC_DEFECT_REJECTED, /* rows and cells that the loader could not use */
  DC_DEFECT_NOTE      /* worth knowing, no fault */
} dc_defect_kind;

const char *dc_defect_kind_name(dc_defect_kind kind);
bool dc_defect_is_inaccurate(dc_defect_kind kind);

/* How mending a defect would narrow the forecast: quality_width.h. */
typedef enum dc_width_cost {
  DC_COST_NONE,    /* not at all: it has no part in the width */
  DC_COST_FIELD,   /* the chance to win would be known better by the field */
  DC_COST_AMOUNT,  /* the amount would be known */
  DC_COST_STATE,   /* whether the deal is open at all would be known */
  DC_COST_HISTORY, /* one more closed deal to learn from */
  DC_COST_SPELLING /* the chance would be that of the usual spelling */
} dc_width_cost;

/* States of a unit, as bits, for which a rule holds. */
enum { DC_WHEN_OPEN = 1, DC_WHEN_WON = 2, DC_WHEN_LOST = 4, DC_WHEN_CLOSED = 6, DC_WHEN_ANY = 7 };

#define DC_ROLE_BIT(role) ((uint64_t)1 << (role))

/* A unit as its roles tell it. */
typedef struct dc_unit {
  size_t index;
  uint32_t row;                 /* of the table */
  uint32_t deal;                /* of the log, DC_ID_NONE = none */
  uint8_t state;                /* DC_WHEN_ bit; 0 = no deal (a line of totals, a stage to be ignored) */
  dc_meaning by_flag, by_stage; /* what flags or outcome say, and what the stage says */
  bool flags_disagree;          /* won, and yet not closed */
  bool unknown_stage;
  uint64_t filled; /* DC_ROLE_BITs */
  int32_t created, closed, expected, active;
  double amount, probability;
} dc_unit;

struct dc_audit;
struct dc_sheet;
struct dc_rule;

typedef bool dc_strike(const struct dc_rule *rule, const struct dc_sheet *sheet, const dc_unit *unit);

typedef struct dc_rule {
  const char *name; /* "amount missing"; with a column in play only the first part: "spelling" */
  dc_defect_kind kind;
  dc_role field;
  int when;       /* DC_WHEN_ bits; 0 = all units, deals or not */
  uint64_t needs; /* roles that must be filled for the rule to apply */
  dc_strike *strikes;
  int severity; /* 3 the forecast is wrong by it, 2 it is wider or a deal is misjudged, 1 worth mending, 0 worth knowing */
  dc_width_cost cost;
  const char *what, *fix;
  /* Of rules made from a column: */
  int column;             /* looked at; -1 = that of the field */
  int target;             /* required by a standard; -1 = that of the field */
  double value;           /* number that a cell is compared with */
  const uint8_t *flagged; /* by code of the column's words */
  const char **mend;      /* by code: the spelling to use */
  /* What came of it: */
  int64_t could, struck; /* units that it could strike, and struck */
  double money;          /* sum of their amounts, NaN = none is known */
  uint32_t first;        /* unit of the first place, DC_ID_NONE = none */
  double width_cost;     /* share of the width, NaN = not known: */
  const char *no_cost;   /* why not */
} dc_rule;

/* A finding that no unit carries: about a column, the file, or what the loader left out. */
typedef struct dc_finding {
  const char *name;
  dc_defect_kind kind;
  dc_role field;
  int column; /* -1 = none */
  int severity;
  int64_t count, of;
  double money;
  int file; /* input of the first place, and its line: 0 = none */
  int64_t line;
  double width_cost;
  const char *no_cost;
  const char *what, *fix;
} dc_finding;

/* A spelling of a word beside the one that is used most. */
typedef struct dc_variant {
  int column;
  const char *word, *usual; /* the same for the usual one itself */
  int64_t count;
  const char *from; /* NULL, or the joined file that the usual spelling stands in */
} dc_variant;

/* Two rows that tell of one deal: exact ones, one id, or likely ones. */
typedef struct dc_duplicate {
  uint32_t unit, of; /* the later row and the first one */
  int rule;          /* index into rules */
} dc_duplicate;

typedef enum dc_sheet_kind { DC_SHEET_DEALS, DC_SHEET_HISTORY, DC_SHEET_LOG } dc_sheet_kind;

typedef struct dc_sheet {
  struct dc_audit *quality;
  dc_sheet_kind kind;
  dc_load *load;
  const dc_table *table;
  const dc_roles *roles;
  size_t n;             /* units */
  int column[DC_ROLES]; /* of the role, in the table; the expected close may be in the closed column */
  bool has_state;       /* a stage, outcome or flag tells won, lost and open apart; without, a closing date says won */
  uint8_t *strange_stage; /* by stage of the log: a word without a usual meaning */
  bool stage_tells[DC_MEANING_IGNORE +
                   1]; /* some stage word has the meaning: where none says won, a won deal keeps its last stage */
  dc_row_reader reader;
  uint32_t *row;         /* of the table, by unit; NULL = the same */
  uint32_t *deal;        /* of the log, by unit; NULL = none */
  const uint8_t **blank; /* by column: words that stand for no value, by code; NULL = none */
  size_t n_rules, rule_capacity;
  dc_rule *rules;
  size_t words;   /* 64-bit words of bits per unit */
  uint64_t *bits; /* n x words */
  uint8_t *state; /* n: DC_WHEN_ bit */
  size_t n_findings, finding_capacity;
  dc_finding *findings;
  size_t n_variants, variant_capacity;
  dc_variant *variants;
  size_t n_duplicates, duplicate_capacity;
  dc_duplicate *duplicates;
  const int32_t *joined_day[2]; /* created, closed from a joined table where the file has none; by row; may be NULL */
  const char *joined_name[2];
} dc_sheet;

/* A further table, joined by a key: its words are spellings, too, and its dates are the deals' where these have none. */
typedef struct dc_audit_join {
  const dc_table *table;
  const char *name;
  int key;               /* its column */
  const char *main_name; /* the column of the deals that it is joined by */
} dc_audit_join;

/* What is looked at, and the limits that follow from the data and the configuration. */
typedef struct dc_audit {
  dc_deals_sources sources;
  const dc_config *config;
  const dc_deals *log; /* NULL: the files make no deals */
  const char *currency;
  int32_t as_of; /* DC_DATE_MISSING = no day is known */
  int threads;
  uint64_t seed;
  const dc_audit_join *joins;
  size_t n_joins;
  const dc_use *use;
  const char (*why)[200];
  size_t n_rejects[2];
  /* From the data, by dc_audit_survey: */
  int32_t day_low, day_high; /* days outside are far from all others */
  int32_t old_days;          /* as long as nearly all closed deals took; 0 = too few closed */
  double amount_high;        /* amounts above are absurd */
  size_t n_sheets;
  dc_sheet sheets[3];
  struct dc_arena *arena;
} dc_audit;

typedef struct dc_audit_request {
  dc_deals_sources sources;
  const dc_deals *log;
  int32_t as_of; /* of the log, or as asked; DC_DATE_MISSING = the last day that is not far from all others */
  const char *currency;
  int threads;
  uint64_t seed;
  const dc_audit_join *joins;
  size_t n_joins;
  const dc_use *use; /* by column of the deals file, as dc_leak_check says; NULL = to be found */
  const char (*why)[200];
  size_t n_rejects[2]; /* of the deals and of the history, as loaded */
} dc_audit_request;

/* Audits the files of a request. What it points to must outlive it. */
dc_status dc_audit_new(const dc_audit_request *request, dc_audit **quality, dc_error *error) DC_MUST_CHECK;
void dc_audit_free(dc_audit *quality);

/* The last day among created, closed and change days that is not far from all others: what an as-of day is worth before
 * deals are made. *far: some day is far later. DC_DATE_MISSING when there is none. */
int32_t dc_audit_last_day(const dc_deals_sources *sources, bool *far);

void dc_unit_read(const dc_sheet *sheet, size_t index, dc_unit *unit);
bool dc_rule_struck(const dc_sheet *sheet, size_t unit, size_t rule);

/* The column that a rule looks at, NULL when it has none. */
const dc_column *dc_rule_column(const dc_sheet *sheet, const dc_rule *rule);

/* Input and physical line of a unit. */
void dc_unit_place(const dc_sheet *sheet, size_t unit, int *file, int64_t *line);

/* The id, owner and account of a unit, "" when there is none; *length bytes, not terminated. */
const char *dc_unit_text(const dc_sheet *sheet, size_t unit, dc_role role, size_t *length);

#endif
