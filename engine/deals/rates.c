#include "engine/deals/rates.h"

#include "engine/base/text.h"
#include "engine/ingest/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct rate {
  char currency[DC_CURRENCY_CHARS];
  int32_t day; /* INT32_MIN = always */
  double value;
  uint32_t row;
} rate;

struct dc_rates {
  size_t n;
  rate *items; /* by currency, then day */
};

/* Names as CRMs write them in a currency column, folded. */
static const struct {
  const char *name, *code;
} names[] = {{"usdollar", "USD"},
             {"dollar", "$"},
             {"unitedstatesdollar", "USD"},
             {"euro", "EUR"},
             {"britishpound", "GBP"},
             {"poundsterling", "GBP"},
             {"gbpounds", "GBP"},
             {"swissfranc", "CHF"},
             {"yuan", "CNY"},
             {"chineseyuan", "CNY"},
             {"yuanrenminbi", "CNY"},
             {"renminbi", "CNY"},
             {"rmb", "CNY"},
             {"yen", "JPY"},
             {"japaneseyen", "JPY"},
             {"indianrupee", "INR"},
             {"canadiandollar", "CAD"},
             {"australiandollar", "AUD"},
             {"newzealanddollar", "NZD"},
             {"singaporedollar", "SGD"},
             {"hongkongdollar", "HKD"},
             {"swedishkrona", "SEK"},
             {"norwegiankrone", "NOK"},
             {"danishkrone", "DKK"},
             {"polishzloty", "PLN"},
             {"czechkoruna", "CZK"},
             {"hungarianforint", "HUF"},
             {"turkishlira", "TRY"},
             {"brazilianreal", "BRL"},
             {"mexicanpeso", "MXN"},
             {"southafricanrand", "ZAR"},
             {"southkoreanwon", "KRW"},
             {"koreanwon", "KRW"}};

void dc_currency_name(const char *word, size_t length, char name[DC_CURRENCY_CHARS])
{
  char folded[DC_FOLD_BYTES];
  const char *text = word;
  size_t left = length;
  uint8_t known = length ? dc_currency_take_front(&text, &left) : 0;
  if (known && left == 0) {
    snprintf(name, DC_CURRENCY_CHARS, "%s", dc_currency_code(known));
    return;
  }
  if (length < DC_FOLD_BYTES) {
    dc_text_fold(word, length, folded);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
      if (strcmp(names[k].name, folded) != 0) continue;
      snprintf(name, DC_CURRENCY_CHARS, "%s", names[k].code);
      return;
    }
  }
  if (length >= DC_CURRENCY_CHARS) length = DC_CURRENCY_CHARS - 1;
  for (size_t i = 0; i < length; i++) name[i] = (char)(word[i] >= 'a' && word[i] <= 'z' ? word[i] - 32 : word[i]);
  name[length] = '\0';
}

typedef enum part { CURRENCY, RATE, DATE, PARTS } part;

static const struct {
  const char *name;
  part part;
} columns[] = {{"currency", CURRENCY}, {"currencycode", CURRENCY}, {"code", CURRENCY}, {"isocode", CURRENCY},
               {"rate", RATE},         {"exchangerate", RATE},     {"value", RATE},    {"date", DATE},
               {"day", DATE},          {"startdate", DATE},        {"validfrom", DATE}};

/* PARTS: none of them. */
static part part_of(const char *name)
{
  char folded[DC_FOLD_BYTES];
  size_t length = strlen(name);
  if (length >= sizeof folded) return PARTS;
  dc_text_fold(name, length, folded);
  for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
    if (strcmp(columns[k].name, folded) == 0) return columns[k].part;
  return PARTS;
}

/* context: the type that rates have to have, DC_TYPE_EMPTY = see what they are */
static dc_type expect(void *context, const char *name)
{
  const dc_type types[] = {DC_TYPE_TEXT, *(const dc_type *)context, DC_TYPE_DATE, DC_TYPE_EMPTY};
  return types[part_of(name)];
}

/* The columns of the parts, -1 = there is none. */
static void find_parts(const dc_table *table, int found[PARTS])
{
  for (int p = 0; p < PARTS; p++) found[p] = -1;
  for (size_t c = table->n_columns; c-- > 0;) {
    part one = part_of(table->columns[c].name);
    if (one != PARTS) found[one] = (int)c;
  }
}

/* 1.085 alone in a file of rates is no thousand; 1,085 is in doubt. */
static bool has_comma(const dc_column *column, size_t rows)
{
  for (size_t row = 0; row < rows; row++) {
    size_t length;
    const char *text = dc_column_text(column, row, &length);
    if (length && memchr(text, ',', length)) return true;
  }
  return false;
}

dc_status dc_rates_load(const char *path, const dc_load_request *how, dc_load **load, dc_error *error)
{
  dc_type type = how->decimal == DC_DECIMAL_UNKNOWN ? DC_TYPE_EMPTY : DC_TYPE_NUMBER;
  dc_load_request request = {.paths = &path, .n_paths = 1, .threads = how->threads, .strict = how->strict};
  int found[PARTS];
  request.skip = DC_SKIP_NOT_SAID;
  request.expect = expect;
  request.context = &type;
  request.decimal = how->decimal;
  request.dates = how->dates;
  dc_status status = dc_load_csv(&request, load, error);
  if (status != DC_OK) return status;
  find_parts((*load)->table, found);
  if (found[RATE] >= 0 && (*load)->table->columns[found[RATE]].type != DC_TYPE_NUMBER && type == DC_TYPE_EMPTY &&
      !has_comma(&(*load)->table->columns[found[RATE]], (*load)->table->rows)) {
    type = DC_TYPE_NUMBER;
    request.decimal = DC_DECIMAL_POINT;
    dc_load_free(*load);
    *load = NULL;
    status = dc_load_csv(&request, load, error);
    if (status != DC_OK) return status;
    find_parts((*load)->table, found);
  }
  if (found[CURRENCY] >= 0 && found[RATE] >= 0 && (*load)->table->columns[found[RATE]].type == DC_TYPE_NUMBER)
    return DC_OK;
  dc_load_free(*load);
  *load = NULL;
  return dc_fail_at(error, DC_E_INPUT, path, 1, 0,
                    "a file of rates has the columns currency and rate, and date where the rates change: what one unit "
                    "of the currency is worth in the run's, with a decimal point and without marks of thousands");
}

static int compare(const void *left, const void *right)
{
  const rate *a = left, *b = right;
  int order = strcmp(a->currency, b->currency);
  if (order == 0) order = (a->day > b->day) - (a->day < b->day);
  return order ? order : (a->row > b->row) - (a->row < b->row);
}

static dc_status read_row(const dc_load *load, const int found[PARTS], size_t row, rate *one, dc_error *error)
{
  const dc_table *table = load->table;
  const dc_column *date = found[DATE] < 0 ? NULL : &table->columns[found[DATE]];
  const char *file = load->inputs[0].name, *wrong = NULL;
  size_t length;
  const char *word = dc_column_text(&table->columns[found[CURRENCY]], row, &length);
  dc_currency_name(word, length, one->currency);
  one->row = (uint32_t)row;
  one->value = table->columns[found[RATE]].number[row];
  one->day = date ? dc_column_day(date, row, 0) : INT32_MIN;
  if (length == 0) wrong = "a rate without a currency";
  if (!(one->value > 0) || isinf(one->value)) wrong = "a rate is a number above 0";
  if (date && one->day == DC_DATE_MISSING) wrong = "a rate without a day, in a file that has days";
  return wrong ? dc_fail_at(error, DC_E_INPUT, file, table->line[row], 0, "%s", wrong) : DC_OK;
}

dc_status dc_rates_new(const dc_load *load, dc_rates **out, dc_error *error)
{
  const dc_table *table = load->table;
  int found[PARTS];
  dc_rates *rates = calloc(1, sizeof *rates);
  if (rates) rates->items = calloc(table->rows + 1, sizeof *rates->items);
  dc_status status = rates && rates->items ? DC_OK : dc_fail_memory(error, "reading rates");
  find_parts(table, found);
  for (size_t row = 0; row < table->rows && status == DC_OK; row++, rates->n++)
    status = read_row(load, found, row, &rates->items[row], error);
  if (status == DC_OK) qsort(rates->items, rates->n, sizeof *rates->items, compare);
  for (size_t k = 1; status == DC_OK && k < rates->n; k++) {
    const rate *a = &rates->items[k - 1], *b = &rates->items[k];
    if (strcmp(a->currency, b->currency) != 0 || a->day != b->day || a->value == b->value) continue;
    status = dc_fail_at(error, DC_E_INPUT, load->inputs[0].name, table->line[b->row], 0,
                        "another rate of %s%s than on line %u", b->currency,
                        found[DATE] < 0 ? " (give a date column where rates change)" : " for the same day",
                        (unsigned)table->line[a->row]);
  }
  if (status == DC_OK)
    *out = rates;
  else
    dc_rates_free(rates);
  return status;
}

void dc_rates_free(dc_rates *rates)
{
  if (!rates) return;
  free(rates->items);
  free(rates);
}

double dc_rates_at(const dc_rates *rates, const char *currency, int32_t day)
{
  size_t low = 0, high = rates->n; /* how many items come before or at (currency, day) */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const rate *one = &rates->items[middle];
    int order = strcmp(one->currency, currency);
    if (order < 0 || (order == 0 && one->day <= day))
      low = middle + 1;
    else
      high = middle;
  }
  bool there = low > 0 && strcmp(rates->items[low - 1].currency, currency) == 0;
  return there ? rates->items[low - 1].value : (double)NAN;
}

bool dc_rates_has(const dc_rates *rates, const char *currency)
{
  return !isnan(dc_rates_at(rates, currency, INT32_MAX));
}
