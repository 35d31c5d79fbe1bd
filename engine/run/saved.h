/* A fit with what prediction needs. */
#ifndef DC_RUN_SAVED_H
#define DC_RUN_SAVED_H

#include "dealcast/model/model.h"
#include "engine/features/frame.h"

typedef struct dc_saved {
  dc_recipe *recipe;
  dc_fit *fit;
  struct dc_arena *arena; /* of texts that are static in a fit made here: one that was read; else NULL */
} dc_saved;

void dc_saved_clear(dc_saved *saved);

#endif
