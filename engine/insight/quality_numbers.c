/* Numbers that stand for no value, that have a sign or a zero where none belongs, and words that name ranges of numbers. */
#include "engine/insight/quality_parts.h"

#include "engine/base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_CODED = 5, LEAST_DIGITS = 4, RANGE_WORDS = 64, VALUE_CHARS = 32 };
static const double CODE_GAP = 2;       /* a code lies this many times further out than any other value */
static const double STRAY_SHARE = 0.05; /* at most so many cells of a kind are strays among the others */
static const double MARKED_SHARE = 0.2;
static const double RANGE_SHARE = 0.95;

static bool is_value(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  return sheet->table->columns[rule->column].number[unit->row] == rule->value;
}

static bool is_below(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  return sheet->table->columns[rule->column].number[unit->row] < rule->value;
}

/* The outermost value on one side, the next one, and how often the outermost comes. */
typedef struct edge {
  double value, next;
  size_t count;
} edge;

/* sign 1: the largest values; -1: the smallest, with their signs turned. */
static edge find_edge(const dc_column *column, size_t rows, double sign)
{
  edge e = {-INFINITY, -INFINITY, 0};
  for (size_t row = 0; row < rows; row++) {
    double x = sign * column->number[row];
    if (isnan(x)) continue;
    if (x > e.value) {
      e.next = e.value;
      e.value = x;
      e.count = 1;
    } else if (x == e.value) {
      e.count++;
    } else if (x > e.next) {
      e.next = x;
    }
  }
  return e;
}

/* 99, 999, ... */
static bool is_nines(double x)
{
  for (double nines = 99; nines < 1e10; nines = nines * 10 + 9)
    if (x == nines) return true;
  return false;
}

static dc_status add_rule(dc_sheet *sheet, const dc_rule *rule, dc_error *error)
{
  bool fine = rule->what && dc_sheet_add_rule(sheet, rule);
  return fine ? DC_OK : dc_fail_memory(error, "looking at numbers");
}

static dc_rule rule_of(const dc_sheet *sheet, int c, const char *name, dc_defect_kind kind)
{
  dc_role role = sheet->roles->role[c];
  return (dc_rule){.name = name,
                   .kind = kind,
                   .field = role,
                   .severity = role == DC_ROLE_NONE ? 0 : 1,
                   .cost = DC_COST_NONE,
                   .strikes = is_value,
                   .column = c,
                   .target = -1};
}

/* 999 for "never", -1 for "not known": far out, often, and nothing between it and the true values. */
static dc_status find_codes(dc_sheet *sheet, int c, const edge *high, const edge *low, dc_error *error)
{
  dc_rule rule = rule_of(sheet, c, "number for no value", DC_DEFECT_MISSING);
  rule.fix = "leave the cell empty, or say so in a column of its own";
  dc_status status = DC_OK;
  bool coded = high->count >= LEAST_CODED && is_nines(high->value) && isfinite(high->next) &&
               high->value >= CODE_GAP * fmax(fabs(high->next), 1);
  if (coded) {
    rule.value = high->value;
    rule.what = dc_audit_text(sheet->quality, "%.10g is a code, not a number: all others end at %.10g", high->value,
                              high->next);
    status = add_rule(sheet, &rule, error);
  }
  bool minus = low->value == 1 || low->value == 9 || is_nines(low->value); /* -1, -9, -99 with the sign turned */
  if (status != DC_OK || low->count < LEAST_CODED || !minus || !(low->next <= 0) || !isfinite(low->next)) return status;
  rule.value = -low->value;
  rule.what = dc_audit_text(sheet->quality, "%.10g is a code, not a number: all others are %.10g or more", -low->value,
                            -low->next);
  return add_rule(sheet, &rule, error);
}

static bool is_money(const char *name)
{
  static const char *const words[] = {"amount", "price", "revenue", "value", "cost", "betrag", "preis", "金额", "价格"};
  char folded[DC_FOLD_BYTES];
  dc_text_fold(name, strlen(name), folded);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strstr(folded, words[i])) return true;
  return false;
}

dc_status dc_numbers_audit(dc_sheet *sheet, int c, dc_error *error)
{
  const dc_column *column = &sheet->table->columns[c];
  dc_role role = sheet->roles->role[c];
  edge high = find_edge(column, sheet->n, 1), low = find_edge(column, sheet->n, -1);
  dc_status status = find_codes(sheet, c, &high, &low, error);
  if (status != DC_OK || role == DC_ROLE_AMOUNT || role == DC_ROLE_PROBABILITY) return status;
  size_t filled = sheet->n - column->n_missing, below = 0, zero = 0;
  for (size_t row = 0; row < sheet->n; row++) {
    below += column->number[row] < 0;
    zero += column->number[row] == 0;
  }
  bool one_code = low.count == below && low.value == 1;
  if (below > 0 && !one_code && (double)below <= STRAY_SHARE * (double)filled) {
    dc_rule rule = rule_of(sheet, c, "negative number", DC_DEFECT_NOTE);
    rule.strikes = is_below;
    rule.what = dc_audit_text(sheet->quality, "below 0, down to %.10g, in a column of numbers above it", -low.value);
    rule.fix = "see whether they are returns or credits, and book those apart";
    status = add_rule(sheet, &rule, error);
  }
  if (status != DC_OK || zero == 0 || !is_money(column->name) || (double)zero > STRAY_SHARE * (double)filled)
    return status;
  dc_rule rule = rule_of(sheet, c, "money of 0", DC_DEFECT_NOTE);
  rule.what = "0 in a column of money";
  rule.fix = "see whether it was for free, or not known";
  return add_rule(sheet, &rule, error);
}

/* --- "10K to 20K" --- */

typedef struct range {
  double low, high;   /* as the word says */
  double least, most; /* of the amounts of its rows */
  int64_t rows, outside;
} range;

/* A number with K, M, B or thousands marks behind it; NULL when there is none at p. */
static const char *read_number(const char *p, double *value)
{
  char digits[VALUE_CHARS], *end;
  size_t n = 0;
  while (*p == '$' || *p == ' ') p++;
  if (*p < '0' || *p > '9') return NULL;
  for (; (*p >= '0' && *p <= '9') || *p == ',' || *p == '.'; p++)
    if (*p != ',' && n + 1 < sizeof digits) digits[n++] = *p;
  digits[n] = '\0';
  *value = strtod(digits, &end);
  switch (*p) {
    case 'k':
    case 'K': *value *= 1e3; return p + 1;
    case 'm':
    case 'M': *value *= 1e6; return p + 1;
    case 'b':
    case 'B': *value *= 1e9; return p + 1;
    default: return p;
  }
}

/* "10K to 20K", "1M - 5M", "10K or less", "More than 1M", ">= 5". */
static bool read_range(const char *word, range *r)
{
  char lower[DC_FOLD_BYTES];
  size_t n = 0;
  double a, b;
  for (; word[n] && n + 1 < sizeof lower; n++)
    lower[n] = (char)(word[n] >= 'A' && word[n] <= 'Z' ? word[n] + 32 : word[n]);
  lower[n] = '\0';
  const char *start = lower + strcspn(lower, "0123456789");
  const char *rest = read_number(start, &a);
  if (!rest) return false;
  bool above = strncmp(lower, "more than", 9) == 0 || strncmp(lower, "over", 4) == 0 || lower[0] == '>' ||
               strstr(rest, "or more") || strstr(rest, "and above") || *rest == '+';
  bool below = strncmp(lower, "less than", 9) == 0 || strncmp(lower, "under", 5) == 0 || lower[0] == '<' ||
               strstr(rest, "or less");
  *r = (range){.low = above ? a : -INFINITY, .high = below ? a : INFINITY, .least = INFINITY, .most = -INFINITY};
  if (above || below) return true;
  while (*rest == ' ') rest++;
  if (strncmp(rest, "to ", 3) == 0)
    rest += 3;
  else if (*rest == '-')
    rest++;
  else
    return false;
  if (!read_number(rest, &b) || b < a) return false;
  r->low = a;
  r->high = b;
  return true;
}

static int by_least(const void *a, const void *b)
{
  const range *x = a, *y = b;
  return (x->least > y->least) - (x->least < y->least);
}

/* Each word has a range of amounts of its own: the column is the amount, binned. */
static bool are_bins(const range *ranges, size_t n)
{
  range sorted[RANGE_WORDS];
  memcpy(sorted, ranges, n * sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, by_least);
  for (size_t k = 1; k < n; k++)
    if (sorted[k].least < sorted[k - 1].most) return false;
  return n > 1;
}

dc_status dc_ranges_audit(dc_sheet *sheet, int c, dc_error *error)
{
  const dc_column *column = &sheet->table->columns[c];
  int at = sheet->column[DC_ROLE_AMOUNT];
  range ranges[RANGE_WORDS];
  int of[RANGE_WORDS];
  size_t n = 0;
  if (at < 0 || column->n_words < 3 || column->n_words > RANGE_WORDS ||
      sheet->table->columns[at].type != DC_TYPE_NUMBER)
    return DC_OK;
  for (size_t k = 1; k < column->n_words; k++) of[k] = read_range(column->words[k], &ranges[n]) ? (int)n++ : -1;
  if ((double)n < RANGE_SHARE * (double)(column->n_words - 1)) return DC_OK;
  const double *amount = sheet->table->columns[at].number;
  int64_t rows = 0, outside = 0;
  for (size_t row = 0; row < sheet->n; row++) {
    uint32_t code = dc_column_code(column, row);
    if (code == 0 || of[code] < 0 || isnan(amount[row])) continue;
    range *r = &ranges[of[code]];
    r->least = fmin(r->least, amount[row]);
    r->most = fmax(r->most, amount[row]);
    rows++;
    outside += amount[row] < r->low || amount[row] > r->high;
  }
  if (outside == 0 || !are_bins(ranges, n)) return DC_OK;
  dc_finding one = {.name = "mislabelled ranges",
                    .kind = DC_DEFECT_COLUMN,
                    .field = sheet->roles->role[c],
                    .column = c,
                    .severity = 1,
                    .count = outside,
                    .of = rows,
                    .money = NAN,
                    .width_cost = NAN,
                    .no_cost = "the forecast uses the amount itself",
                    .fix = "correct the labels"};
  one.what = dc_audit_text(sheet->quality, "ranges of %.60s, yet the amounts lie outside what the words say",
                           sheet->table->columns[at].name);
  return one.what && dc_sheet_add_finding(sheet, &one) ? DC_OK : dc_fail_memory(error, "looking at ranges");
}

/* --- "C536379" among "536365" --- */

/* 0 = digits only; 'A'..'Z' = that letter and digits; -1 = anything else. */
static int mark_of(const char *text, size_t length)
{
  size_t start = length && ((text[0] >= 'A' && text[0] <= 'Z') || (text[0] >= 'a' && text[0] <= 'z'));
  if (length < start + LEAST_DIGITS) return -1;
  for (size_t i = start; i < length; i++)
    if (text[i] < '0' || text[i] > '9') return -1;
  return start ? (text[0] & ~32) : 0;
}

/* The column in which rows of a mark are nearly all negative, -1 = none. */
static int find_negative(const dc_sheet *sheet, const dc_column *column, int mark, int64_t *negative)
{
  for (size_t c = 0; c < sheet->table->n_columns; c++) {
    const dc_column *other = &sheet->table->columns[c];
    int64_t n = 0, marked = 0;
    if (other->type != DC_TYPE_NUMBER) continue;
    for (size_t row = 0; row < sheet->n; row++) {
      size_t length;
      if (!(other->number[row] < 0)) continue;
      const char *text = dc_column_text(column, row, &length);
      n++;
      marked += mark_of(text, length) == mark;
    }
    *negative = marked;
    if (2 * marked > n && marked > 0) return (int)c;
  }
  return -1;
}

dc_status dc_marks_audit(dc_sheet *sheet, int c, dc_error *error)
{
  const dc_column *column = &sheet->table->columns[c];
  int64_t count[128] = {0}, other = 0, all = 0;
  int64_t line[128] = {0};
  int file[128] = {0};
  for (size_t row = 0; row < sheet->n; row++) {
    size_t length;
    const char *text = dc_column_text(column, row, &length);
    if (length == 0) continue;
    int mark = mark_of(text, length);
    all++;
    if (mark < 0) {
      other++;
      continue;
    }
    if (!count[mark]++) dc_unit_place(sheet, row, &file[mark], &line[mark]);
  }
  if (count[0] == 0 || (double)(all - count[0]) > MARKED_SHARE * (double)all || other > all / 100) return DC_OK;
  for (int mark = 'A'; mark <= 'Z'; mark++) {
    if (!count[mark]) continue;
    int64_t negative = 0;
    int at = find_negative(sheet, column, mark, &negative);
    dc_finding one = {.name = "marked numbers",
                      .kind = DC_DEFECT_NOTE,
                      .field = sheet->roles->role[c],
                      .column = c,
                      .count = count[mark],
                      .of = all,
                      .money = NAN,
                      .file = file[mark],
                      .line = line[mark],
                      .width_cost = NAN,
                      .no_cost = "the forecast does not use it",
                      .fix = "see what the letter means, and book returns and credits apart"};
    one.what = at >= 0 ? dc_audit_text(
                             sheet->quality,
                             "\"%c\" before the number, like a return or credit: %.60s is below 0 in %lld of them",
                             mark, sheet->table->columns[at].name, (long long)negative)
                       : dc_audit_text(sheet->quality, "\"%c\" before the number", mark);
    if (!one.what || !dc_sheet_add_finding(sheet, &one)) return dc_fail_memory(error, "looking at numbers");
  }
  return DC_OK;
}
