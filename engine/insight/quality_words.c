/* Words that stand for no value, and words that differ by spacing, case or punctuation only. */
#include "engine/insight/quality_parts.h"

#include "engine/base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ID_CHARS = 12, ID_DIGITS = 4, LEAST_FOLDED = 2, ZERO_CHARS = 8 };

/* Folded: lower case, letters and digits only. */
static const char *const blank_words[] = {"select",       "selectone", "pleaseselect", "choose",        "chooseone",
                                          "pleasechoose", "tbd",       "tba",          "tbc",           "blank",
                                          "empty",        "notset",    "nullnull",     "none",          "xxx",
                                          "dummy",        "todo",      "请选择",       "bitteauswählen"};
static const char *const unknown_words[] = {"unknown",   "notknown", "unspecified", "undefined",    "notspecified",
                                            "unbekannt", "inconnu",  "desconocido", "desconhecido", "未知"};

static bool is_among(const char *word, const char *const *list, size_t n)
{
  char folded[DC_FOLD_BYTES];
  dc_text_fold(word, strlen(word), folded);
  for (size_t i = 0; i < n; i++)
    if (strcmp(folded, list[i]) == 0) return true;
  return false;
}

/* An id of zeros, as Salesforce writes where there is none: 000000000000000AAA. */
static bool is_null_id(const char *word)
{
  size_t zeros = strspn(word, "0");
  return zeros >= ZERO_CHARS && strspn(word + zeros, "A") == strlen(word + zeros);
}

static bool is_blank_word(const char *word)
{
  return is_among(word, blank_words, sizeof blank_words / sizeof *blank_words) || is_null_id(word);
}

static bool is_unknown_word(const char *word)
{
  return is_among(word, unknown_words, sizeof unknown_words / sizeof *unknown_words);
}

/* A rule that strikes the words of a column for which `is` holds; none when there are no such words. *flags by code. */
static dc_status add_words(dc_sheet *sheet, const dc_rule *like, bool (*is)(const char *), const char *says,
                           const uint8_t **flags, dc_error *error)
{
  const dc_column *column = &sheet->table->columns[like->column];
  uint8_t *flagged = dc_arena_alloc(sheet->quality->arena, column->n_words + 1, 1);
  const char *shown = NULL;
  if (!flagged) return dc_fail_memory(error, "looking at words");
  for (size_t k = 1; k < column->n_words; k++) {
    flagged[k] = is(column->words[k]);
    if (flagged[k] && !shown) shown = column->words[k];
  }
  if (!shown) return DC_OK;
  dc_rule rule = *like;
  rule.strikes = dc_is_flagged;
  rule.flagged = *flags = flagged;
  rule.what = dc_audit_text(sheet->quality, says, shown);
  return rule.what && dc_sheet_add_rule(sheet, &rule) ? DC_OK : dc_fail_memory(error, "looking at words");
}

dc_status dc_words_audit(dc_sheet *sheet, int column, const int64_t *count, dc_error *error)
{
  (void)count;
  const uint8_t *unused;
  dc_role role = sheet->roles->role[column];
  dc_rule blank = {.name = "word for no value",
                   .kind = DC_DEFECT_MISSING,
                   .field = role,
                   .severity = role == DC_ROLE_NONE ? 0 : 1,
                   .cost = DC_COST_FIELD,
                   .fix = "choose a value",
                   .column = column,
                   .target = -1};
  dc_rule unknown = blank;
  unknown.name = "unknown, in words";
  unknown.kind = DC_DEFECT_NOTE;
  unknown.severity = 0;
  unknown.cost = DC_COST_NONE;
  unknown.fix = "find out, where it matters";
  dc_status status = add_words(sheet, &blank, is_blank_word, "\"%.40s\" stands for no value, and counts as missing",
                               &sheet->blank[column], error);
  if (status != DC_OK) return status;
  return add_words(sheet, &unknown, is_unknown_word, "\"%.40s\" counts as a value of its own, not as missing", &unused,
                   error);
}

/* Ids may differ by case alone. */
static bool is_id(const char *word)
{
  size_t length = strlen(word), digits = 0;
  for (const char *p = word; *p; p++) digits += *p >= '0' && *p <= '9';
  return length >= ID_CHARS && digits >= ID_DIGITS && !strchr(word, ' ');
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Without case, blanks and punctuation; what stands between two digits is kept, and so are the signs that make a word
 * another ("C" and "C++", "1-2" and "12"). */
static size_t squeeze(const char *word, char *out)
{
  size_t n = 0;
  bool apart = false;
  for (const unsigned char *p = (const unsigned char *)word; *p && n + 2 < DC_FOLD_BYTES; p++) {
    bool kept = isalnum(*p) || *p >= 0x80 || strchr("+#%<>=$@*", *p);
    if (!kept) {
      apart = true;
      continue;
    }
    if (p[0] == 0xC2 && p[1] == 0xA0) { /* a no-break space */
      apart = true;
      p++;
      continue;
    }
    if (apart && n && is_digit(out[n - 1]) && is_digit((char)*p)) out[n++] = ' ';
    apart = false;
    bool latin = p > (const unsigned char *)word && p[-1] == 0xC3 && *p >= 0x80 && *p <= 0x9E && *p != 0x97;
    out[n++] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : latin ? *p + 32 : *p);
  }
  out[n] = '\0';
  return n;
}

typedef struct spelling {
  const char *word;
  char *key; /* squeezed */
  int64_t count;
  uint32_t code;
  const char *from; /* NULL = this column, else the joined table */
} spelling;

static int by_key(const void *a, const void *b)
{
  const spelling *x = a, *y = b;
  int order = strcmp(x->key, y->key);
  if (order) return order;
  if (!x->from != !y->from) return x->from ? -1 : 1; /* what it is joined to is how it should be spelt */
  if (x->count != y->count) return x->count > y->count ? -1 : 1;
  return strcmp(x->word, y->word);
}

static dc_status add_spelling(dc_audit *q, spelling *list, size_t *n, const spelling *like, dc_error *error)
{
  char key[DC_FOLD_BYTES];
  if (is_id(like->word) || squeeze(like->word, key) < LEAST_FOLDED) return DC_OK;
  list[*n] = *like;
  list[*n].key = dc_arena_copy(q->arena, key, strlen(key));
  return list[(*n)++].key ? DC_OK : dc_fail_memory(error, "comparing spellings");
}

/* The table that the column is joined to, NULL = none. */
static const dc_audit_join *join_of(const dc_sheet *sheet, int c)
{
  const dc_audit *q = sheet->quality;
  for (size_t k = 0; k < q->n_joins && sheet->kind == DC_SHEET_DEALS; k++)
    if (dc_text_same(q->joins[k].main_name, sheet->table->columns[c].name)) return &q->joins[k];
  return NULL;
}

static dc_status list_spellings(dc_sheet *sheet, int c, const int64_t *count, const dc_audit_join *join, spelling *list,
                                size_t *n, dc_error *error)
{
  const dc_column *column = &sheet->table->columns[c];
  dc_status status = DC_OK;
  for (size_t k = 1; k < column->n_words && status == DC_OK; k++) {
    spelling one = {column->words[k], NULL, count[k], (uint32_t)k, NULL};
    if (count[k]) status = add_spelling(sheet->quality, list, n, &one, error);
  }
  for (size_t row = 0; join && row < join->table->rows && status == DC_OK; row++) {
    size_t length;
    const char *text = dc_column_text(&join->table->columns[join->key], row, &length);
    spelling one = {dc_arena_copy(sheet->quality->arena, text, length), NULL, 0, 0, join->name};
    if (!one.word) return dc_fail_memory(error, "comparing spellings");
    if (length) status = add_spelling(sheet->quality, list, n, &one, error);
  }
  return status;
}

/* A group of one key: the first is the usual one, unless it is the only spelling. */
static bool add_group(dc_sheet *sheet, int c, const spelling *group, size_t n, uint8_t *flagged, const char **mend)
{
  bool differ = false, fine = true, in_column = false;
  for (size_t k = 1; k < n; k++) differ |= strcmp(group[k].word, group[0].word) != 0;
  for (size_t k = 0; k < n && differ; k++) in_column |= !group[k].from && strcmp(group[k].word, group[0].word) != 0;
  if (!in_column) return true;
  for (size_t k = 0; k < n && fine; k++) {
    dc_variant one = {c, group[k].word, group[0].word, group[k].count, group[0].from};
    if (group[k].from) {
      one.count = 0;
      if (k > 0) continue;
    }
    fine = dc_sheet_add_variant(sheet, &one);
    if (group[k].from || strcmp(group[k].word, group[0].word) == 0) continue;
    flagged[group[k].code] = 1;
    mend[group[k].code] = group[0].word;
  }
  return fine;
}

dc_status dc_spellings_audit(dc_sheet *sheet, int c, const int64_t *count, dc_error *error)
{
  dc_audit *q = sheet->quality;
  const dc_column *column = &sheet->table->columns[c];
  const dc_audit_join *join = join_of(sheet, c);
  dc_role role = sheet->roles->role[c];
  if (role == DC_ROLE_ID) return DC_OK;
  size_t n = 0, before = sheet->n_variants;
  spelling *list = malloc((column->n_words + (join ? join->table->rows : 0) + 1) * sizeof *list);
  uint8_t *flagged = dc_arena_alloc(q->arena, column->n_words + 1, 1);
  const char **mend = dc_arena_alloc(q->arena, column->n_words + 1, sizeof *mend);
  dc_status status = list && flagged && mend ? DC_OK : dc_fail_memory(error, "comparing spellings");
  if (status == DC_OK) status = list_spellings(sheet, c, count, join, list, &n, error);
  if (status == DC_OK) qsort(list, n, sizeof *list, by_key);
  for (size_t i = 0, end; i < n && status == DC_OK; i = end) {
    for (end = i + 1; end < n && strcmp(list[end].key, list[i].key) == 0;) end++;
    if (end - i > 1 && !add_group(sheet, c, list + i, end - i, flagged, mend))
      status = dc_fail_memory(error, "comparing spellings");
  }
  free(list);
  if (status != DC_OK || sheet->n_variants == before) return status;
  const dc_variant *first = &sheet->variants[before];
  for (size_t k = before; k < sheet->n_variants; k++)
    if (strcmp(sheet->variants[k].word, sheet->variants[k].usual) != 0) first = &sheet->variants[k];
  dc_rule rule = {.name = "spelling",
                  .kind = DC_DEFECT_SPELLING,
                  .field = role,
                  .severity = role == DC_ROLE_NONE ? 1 : 2,
                  .cost = DC_COST_SPELLING,
                  .strikes = dc_is_flagged,
                  .what = dc_audit_text(q, "\"%.60s\" and \"%.60s\" are likely one%s%s", first->word, first->usual,
                                        first->from ? "; so it stands in " : "", first->from ? first->from : ""),
                  .fix = dc_audit_text(q, "write \"%.60s\" throughout", first->usual),
                  .column = c,
                  .target = -1,
                  .flagged = flagged,
                  .mend = mend};
  return rule.what && rule.fix && dc_sheet_add_rule(sheet, &rule) ? DC_OK
                                                                  : dc_fail_memory(error, "comparing spellings");
}
