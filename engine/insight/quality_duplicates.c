/* Rows that tell of one deal twice: the same in every column, the same id, or likely so. */
#include "engine/deals/same.h"
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

/* 0 = not to be compared. */
typedef struct hashing {
  const dc_sheet *sheet;
  int column; /* of the id; -1: the whole row */
  uint64_t *hash;
} hashing;

static uint64_t row_hash(const dc_table *table, size_t row)
{
  uint64_t hash = 0;
  for (size_t c = 0; c < table->n_columns; c++) hash = dc_cell_hash(&table->columns[c], row, hash + c + 1);
  return hash | 1;
}

static dc_status hash_rows(void *context, size_t first, size_t last)
{
  const hashing *h = context;
  const dc_table *table = h->sheet->table;
  for (size_t row = first; row < last; row++) {
    const dc_column *id = h->column < 0 ? NULL : &table->columns[h->column];
    if (!id) h->hash[row] = row_hash(table, row);
    if (id && !dc_role_cell_missing(id, row)) h->hash[row] = dc_cell_hash(id, row, 1) | 1;
  }
  return DC_OK;
}

static int by_hash(const void *a, const void *b)
{
  const hashed_row *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return (x->row > y->row) - (x->row < y->row);
}

/* Marks the rows whose hash another row has, too; how many there are. */
static size_t mark_shared(const uint64_t *hash, size_t n, uint32_t *slot, size_t mask, uint8_t *shared)
{
  size_t count = 0;
  for (size_t row = 0; row < n; row++) {
    if (hash[row] == 0) continue;
    size_t s = (size_t)(hash[row] >> 1) & mask;
    while (slot[s] && hash[slot[s] - 1] != hash[row]) s = (s + 1) & mask;
    if (!slot[s]) {
      slot[s] = (uint32_t)row + 1;
      continue;
    }
    count += !shared[slot[s] - 1];
    shared[slot[s] - 1] = shared[row] = 1;
    count++;
  }
  return count;
}

/* The rows that share their hash with another, those of one hash together, in order of rows. */
static dc_status find_shared(const uint64_t *hash, size_t n, hashed_row **out, size_t *n_out, dc_error *error)
{
  size_t n_slots = 64, k = 0;
  while (n_slots < 2 * n) n_slots *= 2;
  uint32_t *slot = calloc(n_slots, sizeof *slot);
  uint8_t *shared = calloc(n + 1, 1);
  hashed_row *rows = NULL;
  if (slot && shared) {
    *n_out = mark_shared(hash, n, slot, n_slots - 1, shared);
    rows = malloc((*n_out + 1) * sizeof *rows);
  }
  for (size_t row = 0; rows && row < n; row++)
    if (shared[row]) rows[k++] = (hashed_row){hash[row], (uint32_t)row};
  free(slot);
  free(shared);
  if (!rows) return dc_fail_memory(error, "looking for duplicates");
  qsort(rows, *n_out, sizeof *rows, by_hash);
  *out = rows;
  return DC_OK;
}

static dc_status note(dc_sheet *sheet, uint32_t unit, uint32_t of, int rule, dc_error *error)
{
  dc_duplicate one = {unit, of, rule};
  dc_unit_strike(sheet, unit, (size_t)rule);
  return dc_sheet_add_duplicate(sheet, &one) ? DC_OK : dc_fail_memory(error, "listing duplicates");
}

/* Rows of one hash: each that is the same as the first. */
static dc_status note_copies(dc_sheet *sheet, const hashed_row *rows, size_t n, int rule, dc_error *error)
{
  dc_status status = DC_OK;
  for (size_t k = 1; k < n && status == DC_OK; k++)
    if (dc_rows_same(sheet->table, rows[0].row, rows[k].row))
      status = note(sheet, rows[k].row, rows[0].row, rule, error);
  return status;
}

static size_t end_of(const hashed_row *rows, size_t n, size_t i)
{
  size_t end = i + 1;
  while (end < n && rows[end].hash == rows[i].hash) end++;
  return end;
}

/* Rows of one id: copies of each other, and where there are several kinds, all rows that are no copies contradict. */
static dc_status look_at_id(dc_sheet *sheet, hashed_row *rows, size_t n, const int *rules, int64_t *surplus,
                            dc_error *error)
{
  dc_status status = DC_OK;
  size_t kinds = 0;
  for (size_t k = 0; k < n; k++) rows[k].hash = row_hash(sheet->table, rows[k].row);
  qsort(rows, n, sizeof *rows, by_hash);
  for (size_t i = 0, end; i < n && status == DC_OK; i = end, kinds++) {
    end = end_of(rows, n, i);
    status = note_copies(sheet, rows + i, end - i, rules[1], error);
  }
  if (kinds < 2) return status;
  *surplus += (int64_t)kinds - 1;
  uint32_t first = rows[0].row;
  for (size_t k = 1; k < n; k++)
    if (rows[k].row < first) first = rows[k].row;
  for (size_t i = 0; i < n && status == DC_OK; i = end_of(rows, n, i))
    status = note(sheet, rows[i].row, first, rules[0], error);
  return status;
}

/* rules: same id, exact duplicate. Without an id whole rows are compared. */
static dc_status find_copies(dc_sheet *sheet, const int *rules, dc_error *error)
{
  hashing h = {sheet, rules[0] < 0 ? -1 : sheet->column[DC_ROLE_ID], calloc(sheet->n + 1, sizeof *h.hash)};
  hashed_row *rows = NULL;
  size_t n = 0;
  int64_t surplus = 0;
  dc_status status = h.hash ? DC_OK : dc_fail_memory(error, "looking for duplicates");
  if (status == DC_OK) status = dc_fold_each(sheet->n, BLOCK_ROWS, sheet->quality->threads, &h, hash_rows, error);
  if (status == DC_OK) status = find_shared(h.hash, sheet->n, &rows, &n, error);
  for (size_t i = 0, end; i < n && status == DC_OK; i = end) {
    end = end_of(rows, n, i);
    status = rules[0] < 0 ? note_copies(sheet, rows + i, end - i, rules[1], error)
                          : look_at_id(sheet, rows + i, end - i, rules, &surplus, error);
  }
  free(h.hash);
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
  return dc_role_cell_missing(column, row) ? 0 : (uint32_t)dc_cell_hash(column, row, 1);
}

/* What a unit must share with another; false when it cannot be a likely duplicate. */
static bool read_alike(const dc_sheet *sheet, size_t i, const int *rules, alike *one)
{
  dc_unit unit;
  bool copy = dc_rule_struck(sheet, i, (size_t)rules[1]) ||
              (rules[0] >= 0 && dc_rule_struck(sheet, i, (size_t)rules[0]));
  uint32_t account = word_of(sheet, DC_ROLE_ACCOUNT, i);
  if (copy || !account) return false;
  dc_unit_read(sheet, i, &unit);
  if (!unit.state || !(unit.amount > 0) || unit.created == DC_DATE_MISSING) return false;
  *one = (alike){.account = account, .unit = (uint32_t)i, .amount = unit.amount, .created = unit.created};
  one->owner = word_of(sheet, DC_ROLE_OWNER, i);
  one->product = word_of(sheet, DC_ROLE_PRODUCT, i);
  one->id = dc_unit_text(sheet, i, DC_ROLE_ID, &one->length);
  return true;
}

typedef struct likeness {
  const dc_sheet *sheet;
  const int *rules;
  uint64_t *hash;
} likeness;

static dc_status hash_alike(void *context, size_t first, size_t last)
{
  const likeness *l = context;
  for (size_t i = first; i < last; i++) {
    alike one;
    uint64_t bits;
    if (!read_alike(l->sheet, i, l->rules, &one)) continue;
    memcpy(&bits, &one.amount, sizeof bits);
    l->hash[i] = dc_random_bits(bits, (uint64_t)one.account << 32 | one.owner, one.product) | 1;
  }
  return DC_OK;
}

static dc_status find_likely(dc_sheet *sheet, const int *rules, int rule, dc_error *error)
{
  int32_t window = sheet->quality->config->check.likely_days;
  likeness l = {sheet, rules, calloc(sheet->n + 1, sizeof *l.hash)};
  hashed_row *rows = NULL;
  size_t n = 0;
  dc_status status = l.hash ? DC_OK : dc_fail_memory(error, "looking for duplicates");
  if (status == DC_OK) status = dc_fold_each(sheet->n, BLOCK_ROWS, sheet->quality->threads, &l, hash_alike, error);
  if (status == DC_OK) status = find_shared(l.hash, sheet->n, &rows, &n, error);
  free(l.hash);
  alike *list = status == DC_OK ? malloc((n + 1) * sizeof *list) : NULL;
  if (status == DC_OK && !list) status = dc_fail_memory(error, "looking for duplicates");
  if (status == DC_OK) {
    for (size_t k = 0; k < n; k++) (void)read_alike(sheet, rows[k].row, rules, &list[k]);
    qsort(list, n, sizeof *list, by_likeness);
  }
  for (size_t k = 1; k < n && status == DC_OK; k++)
    if (are_alike(&list[k - 1], &list[k]) && list[k].created - list[k - 1].created <= window)
      status = note(sheet, list[k].unit, list[k - 1].unit, rule, error);
  free(list);
  free(rows);
  return status;
}

dc_status dc_duplicates_audit(dc_sheet *sheet, dc_error *error)
{
  int rules[2] = {dc_sheet_find_rule(sheet, "same id, other values"), dc_sheet_find_rule(sheet, "exact duplicate")};
  int likely = dc_sheet_find_rule(sheet, "likely duplicate");
  dc_status status = find_copies(sheet, rules, error);
  return status == DC_OK && likely >= 0 ? find_likely(sheet, rules, likely, error) : status;
}
