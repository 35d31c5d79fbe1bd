#include "engine/deals/same.h"

#include "engine/base/random.h"

#include <math.h>
#include <string.h>

static bool same_cell(const dc_column *column, size_t a, size_t b)
{
  size_t n_a, n_b;
  switch (column->type) {
    case DC_TYPE_NUMBER:
      return column->number[a] == column->number[b] || (isnan(column->number[a]) && isnan(column->number[b]));
    case DC_TYPE_DATE: return column->date[a] == column->date[b];
    case DC_TYPE_INSTANT: return column->instant[a] == column->instant[b];
    case DC_TYPE_CATEGORY: return dc_column_code(column, a) == dc_column_code(column, b);
    case DC_TYPE_TEXT: {
      const char *x = dc_column_text(column, a, &n_a), *y = dc_column_text(column, b, &n_b);
      return n_a == n_b && memcmp(x, y, n_a) == 0;
    }
    default: return true;
  }
}

bool dc_rows_same(const dc_table *table, size_t a, size_t b)
{
  for (size_t c = 0; c < table->n_columns; c++)
    if (!same_cell(&table->columns[c], a, b)) return false;
  return true;
}

uint64_t dc_cell_hash(const dc_column *column, size_t row, uint64_t seed)
{
  double number;
  uint32_t code;
  size_t length;
  switch (column->type) {
    case DC_TYPE_NUMBER:
      number = isnan(column->number[row]) ? (double)INFINITY : column->number[row] + 0.0;
      return dc_hash_bytes(&number, sizeof number, seed);
    case DC_TYPE_DATE: return dc_hash_bytes(&column->date[row], sizeof column->date[row], seed);
    case DC_TYPE_INSTANT: return dc_hash_bytes(&column->instant[row], sizeof column->instant[row], seed);
    case DC_TYPE_CATEGORY: code = dc_column_code(column, row); return dc_hash_bytes(&code, sizeof code, seed);
    case DC_TYPE_TEXT: {
      const char *text = dc_column_text(column, row, &length);
      return dc_hash_bytes(text, length, seed);
    }
    default: return seed;
  }
}
