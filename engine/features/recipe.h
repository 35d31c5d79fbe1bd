/* How a design comes from a table: which columns, read as what, in which terms. Made once from a formula and the table that a
 * model is fitted to; kept with the fit, so that a further table is taken the same way. */
#ifndef DC_FEATURES_RECIPE_H
#define DC_FEATURES_RECIPE_H

#include "dealcast/model/design.h"
#include "dealcast/table.h"
#include "engine/features/formula.h"
#include "engine/ingest/number.h"
#include "engine/ingest/when.h"

/* A column that is read. Dates and instants are numbers of days since 1970-01-01. */
typedef struct dc_recipe_column {
  char *name;
  dc_type type; /* NUMBER, DATE, INSTANT, or CATEGORY for words of any kind */
  dc_number_style number;
  dc_when_style when; /* how its cells were written */
  bool leveled;       /* some term, the response or the clusters need its levels */
  uint32_t n_levels;  /* those of the rows that are used: words in order of their bytes, numbers and days by size */
  char **level;
  double *value;      /* of the levels of numbers and days; NULL for words */
  uint32_t reference; /* the level that the others are held against */
  char *asked;        /* f[ref=Level]; NULL = the first */
} dc_recipe_column;

/* A column's place in a term. */
typedef struct dc_recipe_part {
  uint32_t column;
  dc_transform transform;
  double power;
  bool factor;
  bool full; /* factor: every level has its column, the reference too */
} dc_recipe_part;

typedef struct dc_recipe_term {
  char *name;
  dc_term_kind
      kind; /* products of numbers are NUMBER, of levels FACTOR (SLOPES of 1 where all have columns), of both SLOPES */
  size_t n_parts;
  dc_recipe_part *parts;
  size_t basis;
  bool no_intercept;
  uint32_t
      n_cells; /* of several factors: combinations of levels that there are, n_cells x factors, sorted; 0 = one factor */
  uint32_t *cell; /* cell 0 stands for all that have no column, where there is a reference */
  uint32_t reference;
} dc_recipe_term;

#define DC_NO_COLUMN UINT32_MAX

enum { DC_MOST_LEVELS = 20000 };

typedef struct dc_recipe {
  struct dc_arena *arena;
  bool intercept;
  size_t n_columns, n_terms, n_offsets;
  dc_recipe_column *columns;
  dc_recipe_term *terms;
  dc_recipe_part *offsets;
  dc_recipe_part response;
  bool takes_missing;                          /* rows without a value in a term are used, too */
  bool has_category;                           /* the response is levels, not a number */
  bool is_chance;                              /* of two levels: 1 where it is not the reference */
  uint32_t trials, weights, cluster, time, id; /* columns, or DC_NO_COLUMN */
  char *formula, *target;                      /* as given */
} dc_recipe;

/* What is asked of a table. */
typedef struct dc_recipe_request {
  const dc_formula *formula, *target;
  const char *trials, *weights, *cluster, *offset, *time, *id; /* columns by name; NULL = none */
  bool wants_category, wants_chance;                           /* what the model makes of a response of levels */
  bool takes_missing;                                          /* rows without a value in a term are used; any levels */
  bool wants_effects;                                          /* the model shrinks: `.` makes effects of many levels */
  const char *file;                                            /* for messages */
} dc_recipe_request;

/* Columns to the byte, else in any case and spacing; DC_E_USAGE names the place, and the nearest column. Levels are not known
 * yet. left_out: of a formula with `.`, told each column that it does not take and why. */
typedef void dc_recipe_left_out(void *context, const char *column, const char *why);
dc_status dc_recipe_new(const dc_recipe_request *request, const dc_table *table, dc_recipe_left_out *left_out,
                        void *context, dc_recipe **recipe, dc_error *error) DC_MUST_CHECK;
void dc_recipe_free(dc_recipe *recipe);

/* The columns of the table that the recipe reads, n_columns of them, -1 = not there; DC_E_INPUT for one that is needed to
 * predict and is missing. */
dc_status dc_recipe_match(const dc_recipe *recipe, const dc_table *table, const char *file, int *column,
                          dc_error *error) DC_MUST_CHECK;

/* Is the column read to predict? Must a row have a value in it? */
bool dc_recipe_needs(const dc_recipe *recipe, size_t column);
bool dc_recipe_predicts(const dc_recipe *recipe, size_t column);

/* A level's number; n_levels when it has none. */
uint32_t dc_recipe_level(const dc_recipe_column *column, const char *word, size_t length);
uint32_t dc_recipe_level_of(const dc_recipe_column *column, double value);

#endif
