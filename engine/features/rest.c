/* Ids, row numbers, days and constants are no terms that anybody means by "all other columns". */
#include "engine/features/rest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 8, DENSE_ROWS = 100 };

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80; }

static bool is_small(char c) { return c >= 'a' && c <= 'z'; }

/* The last word of a name, in small letters: of "Deal_ID", "dealId" and "Deal Id" it is "id". "" = a longer one. */
static void last_word(const char *name, char *word)
{
  size_t end = strlen(name);
  while (end && !is_letter(name[end - 1])) end--;
  size_t begin = end;
  while (begin && is_letter(name[begin - 1])) {
    begin--;
    if (begin && !is_small(name[begin]) && is_small(name[begin - 1])) break;
  }
  size_t n = end - begin < NAME_BYTES ? end - begin : 0;
  for (size_t i = 0; i < n; i++) word[i] = (char)(name[begin + i] | 0x20);
  word[n] = '\0';
}

static bool is_one_of(const char *word, const char *const *list, size_t n)
{
  bool found = false;
  for (size_t k = 0; k < n; k++) found |= strcmp(word, list[k]) == 0;
  return found;
}

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Is hardly a value there twice? */
static bool hardly_repeats(const double *x, size_t rows)
{
  double *sorted = malloc((rows + 1) * sizeof *sorted);
  size_t n = 0, distinct = 0;
  for (size_t r = 0; r < rows && sorted; r++)
    if (!isnan(x[r])) sorted[n++] = x[r];
  if (sorted) qsort(sorted, n, sizeof *sorted, by_value);
  for (size_t i = 0; i < n; i++) distinct += i == 0 || sorted[i] != sorted[i - 1];
  free(sorted);
  return n && 10 * distinct > 9 * n;
}

/* Whole numbers of which each is there once and that lie as densely as row numbers, in any order. */
static bool counts_rows(const double *x, size_t rows, double least, double most)
{
  if (rows < DENSE_ROWS || !(most - least < 2 * (double)rows)) return false;
  unsigned char *seen = calloc(2 * rows, 1);
  bool once = seen != NULL;
  for (size_t r = 0; r < rows && once; r++) {
    if (isnan(x[r])) continue;
    size_t place = (size_t)(x[r] - least);
    once = !seen[place];
    seen[place] = 1;
  }
  free(seen);
  return once;
}

static const char *why_not_number(const dc_column *column, size_t rows)
{
  static const char *const ids[] = {"id", "ids", "uuid", "guid"}, *const numbers[] = {"number", "no",   "nr",  "num",
                                                                                      "key",    "code", "row", "index"};
  const double *x = column->number;
  double least = INFINITY, most = -INFINITY;
  bool whole = true;
  char word[NAME_BYTES];
  for (size_t r = 0; r < rows; r++) {
    if (isnan(x[r])) continue;
    least = fmin(least, x[r]);
    most = fmax(most, x[r]);
    whole = whole && x[r] == floor(x[r]);
  }
  if (!(least < most)) return "it has one value only";
  last_word(column->name, word);
  if (!whole) return NULL;
  if (is_one_of(word, ids, sizeof ids / sizeof *ids)) return "its numbers are ids";
  if (column->n_missing < rows / 2 && counts_rows(x, rows, least, most)) return "it numbers the rows";
  bool named = is_one_of(word, numbers, sizeof numbers / sizeof *numbers);
  return named && hardly_repeats(x, rows) ? "its numbers hardly repeat, as ids" : NULL;
}

const char *dc_rest_why_not(const dc_table *table, const dc_column *column)
{
  if (column->currencies) return "it holds several currencies";
  switch (column->type) {
    case DC_TYPE_EMPTY: return "it has no value";
    case DC_TYPE_TEXT: return "its texts hardly repeat";
    case DC_TYPE_DATE:
    case DC_TYPE_INSTANT: return "it holds dates";
    case DC_TYPE_CATEGORY: return column->n_words < 3 ? "it has one value only" : NULL;
    case DC_TYPE_NUMBER: return why_not_number(column, table->rows);
  }
  return NULL;
}
