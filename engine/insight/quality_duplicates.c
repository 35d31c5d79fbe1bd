/* Rows that tell of one deal twice: the same in every column, the same id, or likely so. */
#include "engine/insight/quality_parts.h"

#include "engine/base/fold.h"
#include "engine/base/random.h"
#include "engine/deals/roles_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_ROWS = 4096 };

typedef struct hashed_row {
  uint64_t hash;
  uint32_t row;
} hashed_row;

static bool same_cell(const dc_column *column, size_t a, size_t b)
{
  switch (column->type) {
    case DC_TYPE_NUMBER: return memcmp(&column->number[a], &column->number[b], sizeof(double)) == 0;
    case DC_TYPE_DATE: return column->date[a] == column->date[b];
    case DC_TYPE_INSTANT: return column->instant[a] == column->instant[b];
    case DC_TYPE_CATEGORY: return dc_column_code(column, a) == dc_column_code(column, b);
    case DC_TYPE_TEXT: {
      size_t n_a, n_b;
      const char *x = dc_column_text(column, a, &n_a), *y = dc_column_text(column, b, &n_b);
      return n_a == n_b && memcmp(x, y, n_a) == 0;
    }
    default: return true;
  }
}

static bool same_row(const dc_table *table, size_t a, size_t b)
{
  for (size_t c = 0; c < table->n_columns; c++)
    if (!same_cell(&table->columns[c], a, b)) return false;
  return true;
}

static uint64_t cell_hash(const dc_column *column, size_t row, uint64_t seed)
{
  uint64_t bits = 0;
  size_t length;
  switch (column->type) {
    case DC_TYPE_NUMBER: memcpy(&bits, &column->number[row], sizeof bits); break;
    case DC_TYPE_DATE: bits = (uint32_t)column->date[row]; break;
    case DC_TYPE_INSTANT: bits = (uint64_t)column->instant[row]; break;
    case DC_TYPE_CATEGORY: bits = dc_column_code(column, row); break;
    case DC_TYPE_TEXT: {
      const char *text = dc_column_text(column, row, &length);
      return dc_hash_bytes(text, length, seed);
    }
    default: break;
  }
  return dc_random_bits(seed, bits, 0);
}

/* column < 0: of the whole row. */
typedef struct hashing {
  const dc_table *table;
  int column;
  hashed_row *rows;
} hashing;

static dc_status hash_rows(void *context, size_t first, size_t last)
{
  const hashing *h = context;
  for (size_t row = first; row < last; row++) {
    uint64_t hash = 0;
    for (size_t c = 0; c < h->table->n_columns; c++)
      if (h->column < 0 || (int)c == h->column) hash = cell_hash(&h->table->columns[c], row, hash + c + 1);
    h->rows[row] = (hashed_row){hash, (uint32_t)row};
  }
  return DC_OK;
}

static int by_hash(const void *a, const void *b)
{
  const hashed_row *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return (x->row > y->row) - (x->row < y->row);
}

/* rows of the table with the hash of a column (or of all), those of one hash together. */
static dc_status sorted_hashes(dc_sheet *sheet, int column, hashed_row **out, dc_error *error)
{
  hashed_row *rows = malloc((sheet->n + 1) * sizeof *rows);
  if (!rows) return dc_fail_memory(error, "looking for duplicates");
  hashing h = {sheet->table, column, rows};
  dc_status status = dc_fold_each(sheet->n, BLOCK_ROWS, sheet->quality->threads, &h, hash_rows, error);
  if (status != DC_OK) {
    free(rows);
    return status;
  }
  qsort(rows, sheet->n, sizeof *rows, by_hash);
  *out = rows;
  return DC_OK;
}

static dc_status note(dc_sheet *sheet, uint32_t unit, uint32_t of, int rule, dc_error *error)
{
  dc_duplicate one = {unit, of, rule};
  dc_unit_strike(sheet, unit, (size_t)rule);
  return dc_sheet_add_duplicate(sheet, &one) ? DC_OK : dc_fail_memory(error, "listing duplicates");
}

static dc_status find_exact(dc_sheet *sheet, int rule, dc_error *error)
{
  hashed_row *rows;
  dc_status status = sorted_hashes(sheet, -1, &rows, error);
  if (status != DC_OK) return status;
  for (size_t i = 0; i < sheet->n && status == DC_OK; i++) {
    size_t first = i;
    while (i + 1 < sheet->n && rows[i + 1].hash == rows[first].hash && status == DC_OK) {
      i++;
      if (same_row(sheet->table, rows[first].row, rows[i].row))
        status = note(sheet, rows[i].row, rows[first].row, rule, error);
    }
  }
  free(rows);
  return status;
}

/* All rows of an id whose rows are not all the same. */
static dc_status mark_id(dc_sheet *sheet, const hashed_row *rows, size_t n, const int *rules, int64_t *surplus,
                         dc_error *error)
{
  const dc_column *id = &sheet->table->columns[sheet->column[DC_ROLE_ID]];
  dc_status status = DC_OK;
  bool differ = false;
  for (size_t k = 1; k < n && !differ; k++)
    differ = same_cell(id, rows[0].row, rows[k].row) && !same_row(sheet->table, rows[0].row, rows[k].row);
  for (size_t k = 0; k < n && differ && status == DC_OK; k++) {
    bool copy = rules[1] >= 0 && dc_rule_struck(sheet, rows[k].row, (size_t)rules[1]);
    if (copy || !same_cell(id, rows[0].row, rows[k].row)) continue;
    *surplus += k > 0;
    status = note(sheet, rows[k].row, rows[0].row, rules[0], error);
  }
  return status;
}

static dc_status find_ids(dc_sheet *sheet, const int *rules, dc_error *error)
{
  hashed_row *rows;
  int64_t surplus = 0;
  const dc_column *id = &sheet->table->columns[sheet->column[DC_ROLE_ID]];
  dc_status status = sorted_hashes(sheet, sheet->column[DC_ROLE_ID], &rows, error);
  if (status != DC_OK) return status;
  for (size_t i = 0, end; i < sheet->n && status == DC_OK; i = end) {
    for (end = i + 1; end < sheet->n && rows[end].hash == rows[i].hash;) end++;
    if (end - i > 1 && !dc_role_cell_missing(id, rows[i].row))
      status = mark_id(sheet, rows + i, end - i, rules, &surplus, error);
  }
  free(rows);
  if (status != DC_OK || surplus == 0) return status;
  dc_rule *rule = &sheet->rules[rules[0]];
  rule->what = dc_audit_text(sheet->quality, "%s: %lld rows too many, beside exact copies", rule->what,
                             (long long)surplus);
  return rule->what ? DC_OK : dc_fail_memory(error, "listing duplicates");
}

/* What must be the same in likely duplicates, and what orders them. */
typedef struct alike {
  uint32_t account, owner, product, unit;
  double amount;
  int32_t created;
  const char *id;
  size_t length;
} alike;

static int compare(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

static bool are_alike(const alike *a, const alike *b)
{
  return a->account == b->account && a->owner == b->owner && a->product == b->product && a->amount == b->amount;
}

static int by_likeness(const void *left, const void *right)
{
  const alike *a = left, *b = right;
  int order = compare(a->account, b->account);
  if (!order) order = (a->amount > b->amount) - (a->amount < b->amount);
  if (!order) order = compare(a->product, b->product);
  if (!order) order = compare(a->owner, b->owner);
  if (!order) order = (a->created > b->created) - (a->created < b->created);
  if (!order) order = memcmp(a->id, b->id, a->length < b->length ? a->length : b->length);
  if (!order) order = compare(a->length, b->length);
  return order ? order : compare(a->unit, b->unit);
}

static uint32_t word_of(const dc_sheet *sheet, dc_role role, size_t row)
{
  int c = sheet->column[role];
  if (c < 0) return 0;
  const dc_column *column = &sheet->table->columns[c];
  if (column->type == DC_TYPE_CATEGORY) return dc_column_code(column, row);
  return dc_role_cell_missing(column, row) ? 0 : (uint32_t)cell_hash(column, row, 1);
}

static size_t list_alike(const dc_sheet *sheet, const int *rules, alike *list)
{
  size_t n = 0;
  for (size_t i = 0; i < sheet->n; i++) {
    dc_unit unit;
    bool copy = dc_rule_struck(sheet, i, (size_t)rules[1]) ||
                (rules[0] >= 0 && dc_rule_struck(sheet, i, (size_t)rules[0]));
    if (copy) continue;
    dc_unit_read(sheet, i, &unit);
    uint32_t account = word_of(sheet, DC_ROLE_ACCOUNT, i);
    if (!unit.state || !account || !(unit.amount > 0) || unit.created == DC_DATE_MISSING) continue;
    list[n] = (alike){.account = account, .unit = (uint32_t)i, .amount = unit.amount, .created = unit.created};
    list[n].owner = word_of(sheet, DC_ROLE_OWNER, i);
    list[n].product = word_of(sheet, DC_ROLE_PRODUCT, i);
    list[n].id = dc_unit_text(sheet, i, DC_ROLE_ID, &list[n].length);
    n++;
  }
  return n;
}

static dc_status find_likely(dc_sheet *sheet, const int *rules, int rule, dc_error *error)
{
  int32_t window = sheet->quality->config->check.likely_days;
  alike *list = malloc((sheet->n + 1) * sizeof *list);
  if (!list) return dc_fail_memory(error, "looking for duplicates");
  size_t n = list_alike(sheet, rules, list);
  dc_status status = DC_OK;
  qsort(list, n, sizeof *list, by_likeness);
  for (size_t k = 1; k < n && status == DC_OK; k++)
    if (are_alike(&list[k - 1], &list[k]) && list[k].created - list[k - 1].created <= window)
      status = note(sheet, list[k].unit, list[k - 1].unit, rule, error);
  free(list);
  return status;
}

dc_status dc_duplicates_audit(dc_sheet *sheet, dc_error *error)
{
  int rules[2] = {dc_sheet_find_rule(sheet, "same id, other values"), dc_sheet_find_rule(sheet, "exact duplicate")};
  int likely = dc_sheet_find_rule(sheet, "likely duplicate");
  dc_status status = find_exact(sheet, rules[1], error);
  if (status == DC_OK && rules[0] >= 0) status = find_ids(sheet, rules, error);
  if (status == DC_OK && likely >= 0) status = find_likely(sheet, rules, likely, error);
  return status;
}
