/* Rows that come twice: which of them count. Private to engine/deals. */
#ifndef DC_DEALS_DUPLICATES_H
#define DC_DEALS_DUPLICATES_H

#include "engine/deals/deals.h"

/* A row under the key that it shares with others. */
typedef struct dc_same_key {
  uint64_t key;  /* of its deal */
  uint64_t hash; /* of its cells; filled here */
  uint32_t row;
  bool dropped; /* out: counted as a duplicate */
} dc_same_key;

/* rows[0 .. n) in any order, n > 1, all of one key. Sets aside as duplicates: of rows that are the same to the cell all
 * but the first in file order; where the load says DC_DUPLICATES_FIRST or _LAST all but that one. Rows come back sorted by row.
 * Returns how many are left. Cost: n log n. */
size_t dc_duplicates_drop(dc_load *load, dc_same_key *rows, size_t n);

/* Settles the rows of the deals file that share a deal (many[deal]): what is dropped, and what is rejected because it
 * differs, has deal_of[row] = DC_ID_NONE afterwards. */
dc_status dc_duplicates_settle(const dc_deals_sources *sources, const uint8_t *many, uint32_t *deal_of,
                               dc_error *error) DC_MUST_CHECK;

/* How many rows (deal_of[row] other than DC_ID_NONE) are the same to the cell as an earlier one. */
dc_status dc_duplicates_count(const dc_table *table, const uint32_t *deal_of, int64_t *count,
                              dc_error *error) DC_MUST_CHECK;

#endif
