#include "engine/ingest/rejects.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool same(const dc_reject *a, const dc_reject *b)
{
  return strcmp(a->rule, b->rule) == 0 && strcmp(a->column_name, b->column_name) == 0;
}

static void add_to(dc_reject *into, const dc_reject *one)
{
  into->count += one->count;
  if (isnan(one->amount)) return;
  into->amount = isnan(into->amount) ? one->amount : into->amount + one->amount;
}

/* Index of the entry, with one added; SIZE_MAX when memory ends. */
static size_t add_item(dc_rejects *rejects, const dc_reject *one)
{
  for (size_t i = 0; i < rejects->count; i++) {
    if (!same(&rejects->items[i], one)) continue;
    add_to(&rejects->items[i], one);
    return i;
  }
  if (rejects->count == rejects->capacity) {
    size_t capacity = rejects->capacity ? rejects->capacity * 2 : 8;
    dc_reject *items = realloc(rejects->items, capacity * sizeof *items);
    if (!items) return SIZE_MAX;
    rejects->items = items;
    rejects->capacity = capacity;
  }
  rejects->items[rejects->count] = *one;
  return rejects->count++;
}

static bool reserve_rows(dc_rejects *rejects, size_t more)
{
  size_t wanted = rejects->n_rows + more;
  if (wanted <= rejects->rows_capacity) return true;
  size_t capacity = rejects->rows_capacity ? rejects->rows_capacity * 2 : 8;
  if (capacity < wanted) capacity = wanted;
  dc_rejected *rows = realloc(rejects->rows, capacity * sizeof *rows);
  if (!rows) return false;
  rejects->rows = rows;
  rejects->rows_capacity = capacity;
  return true;
}

bool dc_rejects_add(dc_rejects *rejects, const dc_reject *one)
{
  size_t item = add_item(rejects, one);
  if (item == SIZE_MAX) return false;
  if (!one->whole_row && !rejects->strict) return true;
  if (!reserve_rows(rejects, 1)) return false;
  rejects->rows[rejects->n_rows++] = (dc_rejected){(uint32_t)one->line, (uint32_t)item, (uint16_t)one->file};
  return true;
}

bool dc_rejects_join(dc_rejects *rejects, const dc_rejects *from)
{
  if (!from->count) return true;
  uint32_t *at = malloc(from->count * sizeof *at);
  bool fine = at && reserve_rows(rejects, from->n_rows);
  for (size_t i = 0; i < from->count && fine; i++) {
    size_t item = add_item(rejects, &from->items[i]);
    fine = item != SIZE_MAX;
    at[i] = (uint32_t)item;
  }
  for (size_t i = 0; i < from->n_rows && fine; i++) {
    dc_rejected one = from->rows[i];
    one.item = at[one.item];
    rejects->rows[rejects->n_rows++] = one;
  }
  free(at);
  return fine;
}

void dc_rejects_clear(dc_rejects *rejects)
{
  free(rejects->items);
  free(rejects->rows);
  memset(rejects, 0, sizeof *rejects);
}

/* How to mend it, for each rule that the loader or the deals know. */
static const struct {
  const char *rule, *remedy;
} remedies[] = {
    {"short row", "it has fewer fields than the header; complete it, or delete it"},
    {"long row", "it has more fields than the header; quote the value that holds the delimiter, or delete the row"},
    {"control character",
     "delete the NUL and control characters, and bytes that are no UTF-8, or export the file again as \"CSV UTF-8\""},
    {"field too long", "at most 1 MiB in a field; a quote too many may have joined rows"},
    {"stray quote", "double a quote that belongs to the text, and close the quote that opens the field"},
    {"not a number", "write it as 1234.56, or leave it empty"},
    {"not a date", "write it as YYYY-MM-DD, or leave it empty"},
    {"impossible date", "no calendar has this day; write it as YYYY-MM-DD, or leave it empty"},
    {"negative amount", "deals are worth 0 or more; leave credits and refunds out"},
    {"amount above 1e15", "check the number, or the column that is taken for the amount (--map amount=COLUMN)"},
    {"won deal without an amount", "fill it in, or leave the amounts out with --map none=COLUMN"},
    {"closed deal without a closing date", "fill it in"},
    {"close before created", "correct either date"},
    {"no id", "give every deal an id"},
    {"rows that differ for one id", "keep the right one"},
    {"history row without an instant", "give every change its time"},
    {"quota without a period", "give every quota the first day of its period"},
    {"quota without an amount", "fill it in, or delete the row"},
    {"negative quota", "quotas are 0 or more"},
    {"no key to join by", "fill the key in, or delete the row"},
};

const char *dc_reject_fix(const char *rule)
{
  for (size_t k = 0; k < sizeof remedies / sizeof *remedies; k++)
    if (strcmp(remedies[k].rule, rule) == 0) return remedies[k].remedy;
  return "";
}

dc_status dc_reject_fail(const dc_reject *r, const char *path, dc_error *error)
{
  const char *fix = dc_reject_fix(r->rule);
  bool named = r->column_name[0] != 0;
  return dc_fail_at(error, DC_E_INPUT, path, r->line, r->column, "%s%s%s%s: '%s'%s%s", r->rule,
                    named ? " in column '" : "", named ? r->column_name : "", named ? "'" : "", r->value,
                    *fix ? "; " : "", fix);
}
