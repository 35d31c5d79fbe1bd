/* The roles that were found for a table, held against what is expected. */
#ifndef TESTS_DEALS_FOUND_H
#define TESTS_DEALS_FOUND_H

#include "engine/deals/roles.h"

/* Fails the test on any error, on a column without a reason, and where the two directions disagree. */
dc_roles *found_roles(const dc_table *table, dc_shape shape, const dc_role_request *requests, size_t n);

/* expected: "role=column" lines. Every role that is not listed has no column. */
void check_found(const dc_table *table, const dc_roles *roles, const char *expected);

/* The roles of a CSV text; expected_too: does the closed column hold expected closes? */
void check_roles(dc_shape shape, const char *csv, const char *expected, bool expected_too);

#endif
