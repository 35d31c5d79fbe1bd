/* What the files roles*.c share: candidates for roles by name, and what a column's content says of them. */
#ifndef DC_DEALS_ROLES_PARTS_H
#define DC_DEALS_ROLES_PARTS_H

#include "engine/base/arena.h"
#include "engine/deals/roles.h"

typedef struct dc_role_synonym {
  const char *word; /* plain, written together; see plain.h */
  dc_role role;
  int shapes; /* bit 1 << dc_shape for each shape that it holds for */
  int weight; /* 0..110: how usual the word is for the role */
} dc_role_synonym;

/* Made from engine/deals/columns.txt; sorted by word. The lists end with NULL. */
extern const dc_role_synonym dc_role_synonyms[];
extern const size_t dc_role_n_synonyms;
extern const char *const dc_role_prefixes[], *const dc_role_suffixes[];

/* The same with the words of each name in order of their bytes, small ones left out and the same ones made one. */
extern const dc_role_synonym dc_role_loose_synonyms[];
extern const size_t dc_role_n_loose_synonyms;
extern const char *const dc_role_small_words[], *const dc_role_same_words[][2];

/* What there is to know of a role. */
typedef struct dc_role_facts {
  const char *name;
  dc_type type;    /* that a column of a fitting name is expected to have; DC_TYPE_DATE: or instants */
  bool used;       /* dealcast works with it */
  bool decides;    /* a tie stops */
  bool many, told; /* any number of columns; told: says whether, when or how a deal was closed, so never predicts */
} dc_role_facts;

extern const dc_role_facts dc_role_table[DC_ROLES];

/* One reading of a column's name; weight as above, less what had to be left out of the name. */
typedef struct dc_role_guess {
  dc_role role;
  int weight;
} dc_role_guess;

enum { DC_MAX_GUESSES = 8, DC_EVIDENCE_BYTES = 96 };

/* Every role that a column of this name may have, heaviest first; returns their number. */
int dc_roles_guess(const char *name, dc_shape shape, dc_role_guess *guesses);

/* Does the request's column mean this name: the same to the byte, or after folding? */
bool dc_role_request_names(const dc_role_request *request, const char *name);

/* What a column holds, as far as roles care. The order of the rows does not matter. */
typedef struct dc_role_profile {
  size_t rows, filled, distinct;  /* distinct is estimated where it is above 32,768 and the column no category */
  size_t sampled, sampled_cells;  /* distinct values looked at one by one, and the cells that hold them */
  size_t readable;                /* cells with a value, of all rows */
  size_t won, lost, open, silent; /* distinct words by meaning; silent = says nothing */
  size_t flags;                   /* distinct values that are flags */
  bool whole;                     /* numbers: no fractions */
  bool personal;                  /* half of the cells or more are mail addresses or phone numbers */
  double least, most;             /* numbers; NaN when none */
} dc_role_profile;

dc_status dc_role_profile_column(const dc_table *table, int column, const dc_config *config, dc_role_profile *profile,
                                 dc_error *error) DC_MUST_CHECK;

/* Can a column of this content have the role at all (numbers for amounts, days for dates, ...)? */
bool dc_role_fits(const dc_column *column, const dc_role_profile *profile, dc_role role);

/* What the content adds to or takes from the name's weight; evidence (DC_EVIDENCE_BYTES) says why. */
int dc_role_content(const dc_column *column, const dc_role_profile *profile, dc_role role, dc_shape shape,
                    char *evidence);

/* Rows that are open by the roles found so far (flags first, then outcome, then stage; a stage word without a usual
 * meaning is open), the others, and how many of each have a value in the column `dated`. */
typedef struct dc_role_open {
  size_t rows, dated;
} dc_role_open;

dc_status dc_role_count_open(const dc_table *table, const int *column, const dc_config *config, int dated,
                             dc_role_open *open, dc_role_open *closed, dc_error *error) DC_MUST_CHECK;

/* Do half of the column's cells, as far as up to 1000 of them show, hold mail addresses or phone numbers? */
bool dc_role_shows_people(const dc_table *table, int column);

/* The cell as a word: numbers only when they are 0 or 1, "" when there is none. word: DC_ROLE_WORD_BYTES, used when the
 * column does not hold the word itself. */
enum { DC_ROLE_WORD_BYTES = 256 };
const char *dc_role_cell_word(const dc_column *column, size_t row, char *word);

/* DC_E_INPUT: WHAT ("a history needs the deal's id"), and no column is known for it. Names the column that was probably
 * meant (named for the role but unfit, with its first unfit cell; or nearly named so), the --map to give, all columns, and
 * that there may be no header when the names look like data. more, a sentence or "", comes last. */
dc_status dc_role_fail_missing(const dc_table *table, const dc_roles *roles, const char *file, dc_role role,
                               const char *what, const char *more, dc_error *error);

/* The names of all columns, for a message; cut where it gets long. Returns text. */
const char *dc_role_list_columns(const dc_table *table, char *text, size_t size);

/* The column without a role whose name is nearest to a usual one for this role; -1 = none is near. */
int dc_role_nearest_column(const dc_table *table, const dc_roles *roles, dc_role role);

/* Is the cell empty? */
bool dc_role_cell_missing(const dc_column *column, size_t row);

#endif
