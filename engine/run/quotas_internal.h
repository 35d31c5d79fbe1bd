/* What the files quotas*.c share. */
#ifndef DC_RUN_QUOTAS_INTERNAL_H
#define DC_RUN_QUOTAS_INTERNAL_H

#include "engine/run/quotas.h"

/* Instead of a period: rejected, starts in none, starts in one but not at its first day. */
enum { DC_QUOTA_REJECTED = -3, DC_QUOTA_OUTSIDE = -2, DC_QUOTA_ASKEW = -1 };
#define DC_QUOTA_STRANGE UINT32_MAX /* the code of a word that no deal has */

typedef struct dc_quota_row {
  size_t row;     /* in the table */
  int32_t day;    /* first of its period */
  int period;     /* index, or one of the above */
  int level;      /* how many columns it names a scope in */
  uint64_t hash;  /* of what it names */
  uint32_t *code; /* by dimension: 0 = names none */
  double amount;
} dc_quota_row;

struct dc_quotas {
  dc_resolved *r;
  const dc_scopes *scopes;
  const dc_periods *periods;
  const dc_table *table;
  dc_arena *arena;
  size_t n;
  dc_quota_row *rows; /* in an order that does not depend on the file's */
  bool *used;         /* by row of the table */
  uint32_t *code;
  int32_t step; /* days between the quotas' periods, 0 = there is one only */
  bool longer, shorter;
  size_t n_scope_columns;
  int *scope_column, *column_of; /* columns that name scopes; of each dimension, -1 = none */
  dc_wanted *wanted;
  double **quota; /* by grouping: n_scopes x periods */
};

/* How a row stands to a grouping: speaks of one of its scopes; names none; names a word that no deal has; the file has
 * no column for it. */
typedef enum dc_quota_fit { DC_QUOTA_FITS, DC_QUOTA_SILENT, DC_QUOTA_UNKNOWN, DC_QUOTA_NO_COLUMN } dc_quota_fit;

dc_quota_fit dc_quota_codes(const dc_quotas *quotas, const dc_grouping *grouping, const dc_quota_row *row,
                            uint32_t code[DC_MOST_CROSSED]);

#endif
