/* The CSV files: deals, history, accounts, orders, quotas, as an export on the evening of the as-of day has them. */
#ifndef DATASETS_GENERATE_TABLES_H
#define DATASETS_GENERATE_TABLES_H

#include "deal.h"
#include "dirt.h"
#include "write.h"

typedef struct {
  const dg_world *world;
  bool dirt, with_history;
  dg_file deals, history, orders;
} dg_tables;

/* Opens the files and writes accounts and quotas, which need no deal. */
bool dg_tables_open(dg_tables *tables, const dg_world *world, const char *directory, bool dirt, bool with_history);
void dg_tables_deal(dg_tables *tables, uint64_t index, const dg_traits *traits, const dg_history *history);
bool dg_tables_close(dg_tables *tables);

#endif
