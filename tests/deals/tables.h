/* Tables for tests, from a few lines of CSV. */
#ifndef TESTS_DEALS_TABLES_H
#define TESTS_DEALS_TABLES_H

#include "dealcast/table.h"
#include "engine/deals/roles.h"

/* The table of a CSV text: commas, double quotes, one header. Types as dc_roles_expect wants them, otherwise by content
 * (numbers, YYYY-MM-DD, YYYY-MM-DD HH:MM:SS, words). Empty cells are missing. Fails the test when memory ends. */
dc_table *table_from(dc_shape shape, const char *csv);

/* The same of a file. */
dc_table *table_from_file(dc_shape shape, const char *path);

/* A table of one column of numbers (NaN = missing), or of words ("" = missing). */
dc_table *table_of_numbers(const char *name, const double *x, size_t rows);
dc_table *table_of_words(const char *name, const char *const *words, size_t rows, dc_type type);

#endif
