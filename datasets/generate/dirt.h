/* The dirt of real exports, on request. It changes what is written, never what happened. */
#ifndef DATASETS_GENERATE_DIRT_H
#define DATASETS_GENERATE_DIRT_H

#include "names.h"

enum {
  DG_DEAL_ID,
  DG_ACCOUNT,
  DG_OWNER,
  DG_PRODUCT,
  DG_REGION,
  DG_SOURCE,
  DG_STAGE,
  DG_AMOUNT,
  DG_CREATED,
  DG_EXPECTED,
  DG_CLOSED,
  DG_DISCOUNT,
  DG_COMPETITOR,
  DG_DEAL_COLUMNS
};

/* A row of deals.csv before it is written. */
typedef struct {
  char cell[DG_DEAL_COLUMNS + 1][DG_NAME_SIZE]; /* room for a stray cell */
  int cells;
  int copies;
} dg_row;

/* What befalls deal `index`; most are spared. */
void dg_dirt_row(uint64_t seed, uint64_t index, dg_row *row);
/* Copies of a history row to write: 1, sometimes 2. */
int dg_dirt_history_copies(uint64_t seed, uint64_t index, int event);

#endif
