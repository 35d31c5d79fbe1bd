/* A job's files, loaded and with the roles of their columns. */
#ifndef DC_RUN_FILES_H
#define DC_RUN_FILES_H

#include "dealcast/job.h"
#include "engine/deals/deals.h"

/* A loaded file (or several of one shape) with its roles; load is NULL when the job has none.
 * key        of a joined table the index of its key column, -1 otherwise
 * unmatched  of a joined table the deals whose key it does not have */
typedef struct dc_loaded {
  dc_load *load;
  dc_roles *roles;
  int key;
  int64_t unmatched;
} dc_loaded;

/* Loads the files as one table and finds roles. key: the name of the column that a DC_SHAPE_OTHER table is joined by,
 * read as text whatever it looks like; NULL for other shapes. --map speaks of the deals (of the history when it comes
 * alone); of accounts and quotas where the column that it names is there and the role is one of theirs. */
dc_status dc_loaded_read(const dc_job *job, const dc_config *config, const dc_strings *files, dc_shape shape,
                         const char *key, int threads, dc_loaded *loaded, dc_error *error) DC_MUST_CHECK;
void dc_loaded_clear(dc_loaded *loaded);

/* Under --strict, the first row that cannot be used stops. */
dc_status dc_loaded_check(const dc_loaded *loaded, bool strict, dc_error *error) DC_MUST_CHECK;

/* --columns and --skip, for the files that they speak of. */
dc_status dc_ask_for_layout(const dc_job *job, dc_load_request *request, dc_error *error) DC_MUST_CHECK;

#endif
