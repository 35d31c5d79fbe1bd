/* What an INI file (--config) says about a way of selling: columns, stages, outcome, calendar, currency; and the standard
 * that `dealcast check` holds the data against. */
#ifndef DC_DEALS_CONFIG_H
#define DC_DEALS_CONFIG_H

#include "dealcast/error.h"
#include "engine/ingest/number.h"
#include "engine/ingest/when.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum dc_meaning {
  DC_MEANING_UNKNOWN,
  DC_MEANING_OPEN,
  DC_MEANING_WON,
  DC_MEANING_LOST,
  DC_MEANING_IGNORE
} dc_meaning;

/* When a booking counts: at the first entry of the last won spell (a reopened deal counts when won again), or at the
 * first entry of any won stage, whatever follows. */
typedef enum dc_booked_at { DC_BOOKED_LAST_SPELL, DC_BOOKED_FIRST } dc_booked_at;

/* [columns]  ROLE = COLUMN            as --map
 * [stages]   won, lost, open, ignore = WORD, WORD, ...   (case and spacing do not matter)
 *            order = WORD, WORD, ...  first to last
 * [outcome]  booked_at = last_spell | first
 * [calendar] fiscal_start = 1..12, timezone = UTC | +HH:MM | -HH:MM, dates = day-first | month-first | year-first
 * [currency] code = USD, decimal = point | comma
 * [required] STAGE = FIELD, FIELD, ... from that stage of [stages] order on; a field is a role or a column
 * [allowed]  COLUMN = WORD, WORD, ...  a column or a role; to the byte
 * [check]    stale_days, far_days, likely_days, absurd_times = whole numbers, see dc_check_config
 * [weights]  ROLE = NUMBER            of the field in the score; `rows` = of the rows themselves, `other` = of all columns
 *                                     without a role together
 * An unknown section or key stops, naming the nearest known one. */
/* A name and words. */
typedef struct dc_config_list {
  char *name;
  char **words;
  size_t n;
} dc_config_list;

typedef struct dc_check_config {
  int stale_days;   /* an open deal that nobody touched for longer is stale; default 60 */
  int far_days;     /* a day that is further away from all others is a slip of the pen; default 1826 */
  int likely_days;  /* deals of one account and amount are likely one when created within; default 7 */
  int absurd_times; /* an amount that is more times the median is absurd; default 1000 */
} dc_check_config;

typedef struct dc_config {
  struct {
    char *role, *column;
  } * columns;
  size_t n_columns;
  struct {
    char *word;
    dc_meaning meaning;
  } * stages;
  size_t n_stages;
  char **order;
  size_t n_order;
  dc_booked_at booked_at;
  int fiscal_start;         /* 0 = not given */
  int32_t timezone_minutes; /* east of UTC */
  char timezone[16];        /* as shown: "UTC" or "+02:00" */
  char currency[8];         /* "" = not given */
  dc_day_order dates;       /* of 03/04/2021, DC_ORDER_UNKNOWN = as proven */
  dc_decimal decimal;       /* DC_DECIMAL_UNKNOWN = as proven */
  size_t n_required, n_allowed, n_weights;
  dc_config_list *required, *allowed;
  dc_check_config check;
  struct {
    char *role; /* or "rows", "other" */
    double weight;
  } * weights;
} dc_config;

/* path NULL: the defaults. */
dc_status dc_config_read(const char *path, dc_config **config, dc_error *error) DC_MUST_CHECK;
void dc_config_free(dc_config *config);

/* What a stage, status or outcome word means: the config first, then usual words ("Closed Won", "won", "lost",
 * "abandoned", "disqualified", "1"/"true" only where the role is an is-won flag, "Prospecting", ...). Words that say
 * nothing are open when they are stages. */
dc_meaning dc_stage_meaning(const dc_config *config, const char *word);

/* Position in [stages] order, or -1. */
int dc_stage_position(const dc_config *config, const char *word);

#endif
