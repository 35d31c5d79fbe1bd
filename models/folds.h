/* Rows of a task dealt to folds, and some of its rows as a task of their own. */
#ifndef DC_MODELS_FOLDS_H
#define DC_MODELS_FOLDS_H

#include "dealcast/model/model.h"

/* fold: n_rows, each below `count`, from what is in a row (its response, weight, offset and terms) and how many equal rows
 * are before it, so that the order of rows decides nothing: rows that are moved keep their fold or exchange it with an equal
 * one. Codes count by number: the same levels in the same order. */
dc_status dc_folds_deal(const dc_task *task, size_t count, uint32_t *fold, dc_error *error) DC_MUST_CHECK;

/* The rows of a task that are marked, as a task over copies in `arena`, which becomes its arena. */
typedef struct dc_some_rows {
  dc_design design;
  dc_response response;
  dc_task task;
} dc_some_rows;
dc_status dc_some_rows_take(const dc_task *task, const uint8_t *marked, struct dc_arena *arena, dc_some_rows *some,
                            dc_error *error) DC_MUST_CHECK;

#endif
