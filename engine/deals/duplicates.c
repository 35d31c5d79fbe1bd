#include "engine/deals/duplicates.h"

#include "engine/deals/same.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_row(const dc_table *table, size_t row)
{
  uint64_t hash = 0;
  for (size_t c = 0; c < table->n_columns; c++) hash = dc_cell_hash(&table->columns[c], row, hash);
  return hash;
}

static int by_content(const void *left, const void *right)
{
  const dc_same_key *a = left, *b = right;
  if (a->key != b->key) return a->key < b->key ? -1 : 1;
  if (a->hash != b->hash) return a->hash < b->hash ? -1 : 1;
  return (a->row > b->row) - (a->row < b->row);
}

static int by_row(const void *left, const void *right)
{
  const dc_same_key *a = left, *b = right;
  return (a->row > b->row) - (a->row < b->row);
}

/* Marks all but the first of rows that are the same; rows come back sorted by content. Rows that differ under one hash
 * are as good as never there, and are compared with the first one only. */
static size_t mark_same(const dc_table *table, dc_same_key *rows, size_t n)
{
  size_t left = n, first = 0;
  for (size_t i = 0; i < n; i++) rows[i].hash = hash_row(table, rows[i].row);
  qsort(rows, n, sizeof *rows, by_content);
  for (size_t i = 1; i < n; i++) {
    bool alike = rows[i].key == rows[first].key && rows[i].hash == rows[first].hash;
    rows[i].dropped = alike && dc_rows_same(table, rows[first].row, rows[i].row);
    if (rows[i].dropped)
      left--;
    else
      first = i;
  }
  return left;
}

size_t dc_duplicates_drop(dc_load *load, dc_same_key *rows, size_t n)
{
  dc_duplicates which = load->duplicates;
  size_t left = 1;
  for (size_t i = 0; i < n; i++) rows[i].dropped = false;
  if (which == DC_DUPLICATES_REJECT) left = mark_same(load->table, rows, n);
  qsort(rows, n, sizeof *rows, by_row);
  for (size_t i = 0; i < n; i++) {
    if (which != DC_DUPLICATES_REJECT) rows[i].dropped = i != (which == DC_DUPLICATES_FIRST ? 0 : n - 1);
    if (rows[i].dropped) dc_load_set_aside(load, rows[i].row, DC_ROW_DUPLICATE);
  }
  return left;
}

static int by_key(const void *left, const void *right)
{
  const dc_same_key *a = left, *b = right;
  if (a->key != b->key) return a->key < b->key ? -1 : 1;
  return (a->row > b->row) - (a->row < b->row);
}

/* The rows that share a deal, in order of deal. */
static dc_status gather(const dc_table *table, const uint8_t *many, const uint32_t *deal_of, dc_same_key **out,
                        size_t *n_out, dc_error *error)
{
  size_t n = 0;
  for (size_t r = 0; r < table->rows; r++) n += deal_of[r] != DC_ID_NONE && many[deal_of[r]];
  dc_same_key *rows = malloc((n + 1) * sizeof *rows);
  if (!rows) return dc_fail_memory(error, "looking for duplicates");
  n = 0;
  for (size_t r = 0; r < table->rows; r++)
    if (deal_of[r] != DC_ID_NONE && many[deal_of[r]]) rows[n++] = (dc_same_key){.key = deal_of[r], .row = (uint32_t)r};
  qsort(rows, n, sizeof *rows, by_key);
  *out = rows;
  *n_out = n;
  return DC_OK;
}

dc_status dc_duplicates_settle(const dc_deals_sources *s, const uint8_t *many, uint32_t *deal_of, dc_error *error)
{
  const dc_table *table = s->deals->table;
  dc_same_key *rows = NULL;
  uint8_t *conflict = NULL;
  size_t n = 0;
  dc_status status = gather(table, many, deal_of, &rows, &n, error);
  if (status == DC_OK && n && !(conflict = calloc(table->rows, 1)))
    status = dc_fail_memory(error, "looking for duplicates");
  for (size_t i = 0, next; i < n && status == DC_OK; i = next) {
    for (next = i; next < n && rows[next].key == rows[i].key;) next++;
    bool differ = dc_duplicates_drop(s->deals, rows + i, next - i) > 1;
    for (size_t k = i; k < next; k++) {
      if (rows[k].dropped)
        deal_of[rows[k].row] = DC_ID_NONE;
      else
        conflict[rows[k].row] = differ;
    }
  }
  for (size_t r = 0; r < table->rows && n && status == DC_OK;
       r++) { /* in file order, so that the first place is the first */
    if (!conflict[r]) continue;
    deal_of[r] = DC_ID_NONE;
    status = dc_row_reject(s->deals, s->deals_roles, r, "rows that differ for one id", DC_ROLE_ID, error);
  }
  free(conflict);
  free(rows);
  return status;
}

dc_status dc_duplicates_count(const dc_table *table, const uint32_t *deal_of, int64_t *count, dc_error *error)
{
  size_t n = 0;
  dc_same_key *rows = malloc((table->rows + 1) * sizeof *rows);
  if (!rows) return dc_fail_memory(error, "looking for duplicates");
  for (size_t r = 0; r < table->rows; r++)
    if (deal_of[r] != DC_ID_NONE) rows[n++] = (dc_same_key){.row = (uint32_t)r};
  *count = n ? (int64_t)(n - mark_same(table, rows, n)) : 0;
  free(rows);
  return DC_OK;
}
