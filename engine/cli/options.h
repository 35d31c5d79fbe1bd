/* Every option of the command line in one table: parsing, range checks and help come from it. */
#ifndef DC_CLI_OPTIONS_H
#define DC_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum dc_option_kind {
  DC_OPTION_GROUP,   /* a heading of the help */
  DC_OPTION_FLAG,    /* bool */
  DC_OPTION_INTEGER, /* int, min..max */
  DC_OPTION_SHARE,   /* double, between 0 and 1 */
  DC_OPTION_SEED,    /* uint64_t */
  DC_OPTION_DATE,    /* int32_t */
  DC_OPTION_MONTH,   /* int 1..12, a number or a name */
  DC_OPTION_CHOICE,  /* an enum: the index in choices */
  DC_OPTION_TEXT,    /* const char * */
  DC_OPTION_LIST,    /* dc_strings, one more at each use */
  DC_OPTION_PAIRS,   /* the same, each NAME<separator>VALUE */
  DC_OPTION_SPLIT    /* dc_strings, one for each part between commas */
} dc_option_kind;

typedef struct dc_option {
  const char *name; /* without "--"; of a group its heading */
  char letter;
  dc_option_kind kind;
  size_t offset; /* in dc_command */
  const char *value;
  const char *help;
  int min, max;
  char separator;
  const char *const *choices;
  const char *verb; /* those that take it, apart by blanks; NULL = all do */
} dc_option;

extern const dc_option dc_options[]; /* ended by a NULL name */

const dc_option *dc_find_option(const char *name, size_t length);

/* The known name nearest to what was typed, or NULL when none is near. names ended by NULL. */
const char *dc_nearest(const char *typed, const char *const *names);
const char *dc_nearest_option(const char *typed, const char *verb);

/* Does the verb take the option? */
bool dc_option_is_of(const dc_option *option, const char *verb);

#endif
