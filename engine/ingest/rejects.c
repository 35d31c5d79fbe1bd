#include "engine/ingest/load.h"

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

bool dc_rejects_add(dc_rejects *rejects, const dc_reject *one)
{
  for (size_t i = 0; i < rejects->count; i++) {
    if (!same(&rejects->items[i], one)) continue;
    add_to(&rejects->items[i], one);
    return true;
  }
  if (rejects->count == rejects->capacity) {
    size_t capacity = rejects->capacity ? rejects->capacity * 2 : 8;
    dc_reject *items = realloc(rejects->items, capacity * sizeof *items);
    if (!items) return false;
    rejects->items = items;
    rejects->capacity = capacity;
  }
  rejects->items[rejects->count++] = *one;
  return true;
}

/* How to mend it, for each rule that the loader or the deals know. */
static const struct {
  const char *rule, *remedy;
} remedies[] = {
    {"short row", "it has fewer fields than the header; complete it, or delete it"},
    {"long row", "it has more fields than the header; quote the value that holds the delimiter, or delete the row"},
    {"control character", "delete the NUL or control characters, or export the file again as \"CSV UTF-8\""},
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
};

dc_status dc_reject_fail(const dc_reject *r, const char *path, dc_error *error)
{
  const char *remedy = NULL;
  bool named = r->column_name[0] != 0;
  for (size_t k = 0; k < sizeof remedies / sizeof *remedies && !remedy; k++)
    if (strcmp(remedies[k].rule, r->rule) == 0) remedy = remedies[k].remedy;
  return dc_fail_at(error, DC_E_INPUT, path, r->line, r->column, "%s%s%s%s: '%s'%s%s", r->rule,
                    named ? " in column '" : "", named ? r->column_name : "", named ? "'" : "", r->value,
                    remedy ? "; " : "", remedy ? remedy : "");
}
