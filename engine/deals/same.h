/* Cells and rows of a table that are the same. */
#ifndef DC_DEALS_SAME_H
#define DC_DEALS_SAME_H

#include "dealcast/table.h"

/* Are the rows the same to the cell? 0 and -0, and all NaN, are one number. */
bool dc_rows_same(const dc_table *table, size_t a, size_t b);

/* Cells that are the same have the same hash under one seed. */
uint64_t dc_cell_hash(const dc_column *column, size_t row, uint64_t seed);

#endif
