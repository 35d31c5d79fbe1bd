/* --hide-names: the names of owners and accounts replaced by codes as soon as they are read, so that nothing behind can
 * tell them. */
#ifndef DC_RUN_NAMES_H
#define DC_RUN_NAMES_H

#include "dealcast/table.h"
#include "engine/run/files.h"

/* Every name met so far and its code. */
typedef struct dc_names dc_names;

/* The same name has the same code in all runs with one seed, but where codes of six digits collide: then the later one
 * is longer. A hash, not a cipher: who knows the seed can test a guess. */
dc_names *dc_names_new(uint64_t seed);
void dc_names_free(dc_names *names);

/* Replaces the words of a column by codes, "owner-7f3a21", and numbers them anew in order of their bytes. A name that is
 * not met yet but reads like one that is (in any case and spacing) gets that one's code when alike is set. Words that
 * mean the whole ("all", "total") stay. */
dc_status dc_names_hide(dc_names *names, dc_table *table, int column, dc_role role, bool alike,
                        dc_error *error) DC_MUST_CHECK;

/* The same for the columns of a loaded file whose role is owner or account, or whose name is that of such a column of the
 * deals or the history (may be NULL or not loaded). */
dc_status dc_names_hide_roles(dc_names *names, dc_loaded *loaded, const dc_loaded *const *known, size_t n_known,
                              dc_error *error) DC_MUST_CHECK;

#endif
