/* Names of columns to the roles that they may stand for, by the table engine/deals/columns.txt. */
#include "engine/deals/roles_parts.h"

#include "engine/base/text.h"
#include "engine/deals/plain.h"
#include "engine/deals/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands behind an amount: "Opportunity Amount USD". */
static const char *const currencies[] = {"usd", "eur", "gbp", "chf", "cny", "rmb", "jpy",
                                         "inr", "brl", "mxn", "aud", "cad", NULL};

/* Columns that each tell of one stage: "Date entered 'Closed won' (Sales Pipeline)". */
static const char *const stage_dates[] = {"dateentered",
                                          "dateexited",
                                          "datumdeseintrittsin",
                                          "datedentree",
                                          "fechadeentrada",
                                          "datadeentrada",
                                          "hsdateentered",
                                          "hsdateexited",
                                          "hsv2dateentered",
                                          "hsv2dateexited",
                                          NULL};

enum { MAX_VARIANTS = 24, AFFIX_COST = 4, BRACKET_COST = 3, CURRENCY_COST = 3, PART_COST = 6, STAGE_DATE_WEIGHT = 85 };
enum { LEGEND_WEIGHT = 90, LOOSE_COST = 8, DAY_COST = 2, SURE = 60, SURE_NUMBER = 90 };

typedef struct variant {
  char word[DC_PLAIN_BYTES];
  int cost;
  bool amount_only;
} variant;

typedef struct variants {
  variant list[MAX_VARIANTS];
  int n;
} variants;

static bool begins_with(const char *text, const char *begin)
{
  size_t n = strlen(begin);
  return strncmp(text, begin, n) == 0 && text[n];
}

static bool ends_with(const char *text, size_t length, const char *end)
{
  size_t n = strlen(end);
  return length > n && strcmp(text + length - n, end) == 0;
}

static void add(variants *v, const char *word, size_t length, int cost, bool amount_only)
{
  if (v->n == MAX_VARIANTS || length == 0 || length >= DC_PLAIN_BYTES) return;
  for (int i = 0; i < v->n; i++)
    if (strlen(v->list[i].word) == length && memcmp(v->list[i].word, word, length) == 0) return;
  variant *one = &v->list[v->n++];
  memcpy(one->word, word, length);
  one->word[length] = '\0';
  one->cost = cost;
  one->amount_only = amount_only;
}

/* Plain, with and without what stands in brackets. */
static void add_plain(variants *v, const char *name, int cost)
{
  char plain[DC_PLAIN_BYTES];
  for (int without = 0; without <= 1; without++) {
    size_t length = dc_plain(name, (dc_plain_style){.brackets = !without}, plain);
    add(v, plain, length, cost + without * BRACKET_COST, false);
  }
}

/* Chinese systems write 时间 (time) and 日期 (date) for the same. */
static void add_days(variants *v)
{
  static const char time[] = "时间", date[] = "日期";
  for (int k = 0, n = v->n; k < n; k++) {
    const variant one = v->list[k];
    size_t length = strlen(one.word), stem = length - (sizeof time - 1);
    bool is_time = ends_with(one.word, length, time);
    char other[DC_PLAIN_BYTES];
    if (!is_time && !ends_with(one.word, length, date)) continue;
    snprintf(other, sizeof other, "%.*s%s", (int)stem, one.word, is_time ? date : time);
    add(v, other, length, one.cost + DAY_COST, false);
  }
}

/* "Amount / 金额": a name in two languages. */
static void add_parts(variants *v, const char *name)
{
  char part[DC_PLAIN_BYTES];
  for (const char *from = name, *sign = name; sign; from = sign + 3) {
    sign = strstr(from, " / ");
    if (!sign && from == name) return;
    snprintf(part, sizeof part, "%.*s", (int)(sign ? sign - from : (ptrdiff_t)strlen(from)), from);
    add_plain(v, part, PART_COST);
  }
}

/* The name without Salesforce's mark of a custom field, "$" as a currency, "#" as a number. */
static void bare_name(const char *name, char *bare)
{
  size_t n = (size_t)snprintf(bare, DC_PLAIN_BYTES, "%.*s", DC_PLAIN_BYTES - 8, name);
  if (n >= DC_PLAIN_BYTES - 8) n = strlen(bare);
  if (ends_with(bare, n, "__c") || ends_with(bare, n, "__C")) bare[n -= 3] = '\0';
  if (n > 0 && bare[n - 1] == '$') memcpy(bare + n - 1, " usd", 5);
  if (n > 1 && bare[n - 1] == '#') memcpy(bare + n - 1, " no", 4);
}

/* The plain name, then without what stands before or behind the word that matters, one by one, then without a currency. */
static void find_variants(const char *name, variants *v)
{
  char bare[DC_PLAIN_BYTES];
  v->n = 0;
  bare_name(name, bare);
  add_plain(v, bare, 0);
  add_parts(v, bare);
  add_days(v);
  for (int k = 0; k < v->n; k++) {
    const variant one = v->list[k];
    size_t length = strlen(one.word);
    for (const char *const *p = dc_role_prefixes; *p; p++)
      if (begins_with(one.word, *p)) add(v, one.word + strlen(*p), length - strlen(*p), one.cost + AFFIX_COST, false);
    for (const char *const *s = dc_role_suffixes; *s; s++)
      if (ends_with(one.word, length, *s)) add(v, one.word, length - strlen(*s), one.cost + AFFIX_COST, false);
  }
  for (int k = 0, first = v->n; k < first; k++)
    for (const char *const *c = currencies; *c; c++) {
      size_t length = strlen(v->list[k].word);
      if (ends_with(v->list[k].word, length, *c))
        add(v, v->list[k].word, length - strlen(*c), v->list[k].cost + CURRENCY_COST, true);
    }
}

/* Keeps the guesses sorted, one per role. */
static void keep(dc_role_guess *guesses, int *n, dc_role role, int weight)
{
  int at = 0;
  for (int i = 0; i < *n; i++)
    if (guesses[i].role == role) {
      if (guesses[i].weight >= weight) return;
      memmove(guesses + i, guesses + i + 1, (size_t)(--*n - i) * sizeof *guesses);
    }
  while (at < *n && guesses[at].weight >= weight) at++;
  if (at == DC_MAX_GUESSES) return;
  if (*n < DC_MAX_GUESSES) (*n)++;
  memmove(guesses + at + 1, guesses + at, (size_t)(*n - at - 1) * sizeof *guesses);
  guesses[at] = (dc_role_guess){role, weight};
}

static void keep_table(const dc_role_synonym *table, size_t n, const variant *one, dc_shape shape,
                       dc_role_guess *guesses, int *n_guesses)
{
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (strcmp(table[middle].word, one->word) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low < n && strcmp(table[low].word, one->word) == 0; low++) {
    const dc_role_synonym *s = &table[low];
    /* In a table that is joined nothing is looked for but what must not leave. */
    bool holds = shape == DC_SHAPE_OTHER ? s->role == DC_ROLE_CONTACT : (s->shapes & (1 << shape)) != 0;
    if (holds && (!one->amount_only || s->role == DC_ROLE_AMOUNT))
      keep(guesses, n_guesses, s->role, s->weight - one->cost);
  }
}

static bool is_listed(const char *word, const char *const *list)
{
  for (; *list; list++)
    if (strcmp(word, *list) == 0) return true;
  return false;
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* The name's words in order of their bytes, as the loose table has them: "Dt. Prev. Fechamento" is "date fechamento planned".
 * first: how many of the words in front, such as "Deal", are left out. */
static void loose_key(const char *name, int first, char *key)
{
  char plain[DC_PLAIN_BYTES];
  const char *words[DC_PLAIN_BYTES / 2] = {NULL};
  size_t n = 0, used = 0;
  dc_plain(name, (dc_plain_style){.blanks = true}, plain);
  for (char *at = plain, *end; *at; at = end) {
    end = at + strcspn(at, " ");
    if (*end) *end++ = '\0';
    if (first-- > 0 || is_listed(at, dc_role_small_words)) continue;
    const char *word = at;
    for (size_t i = 0; dc_role_same_words[i][0]; i++)
      if (strcmp(at, dc_role_same_words[i][0]) == 0) word = dc_role_same_words[i][1];
    words[n++] = word;
  }
  qsort(words, n, sizeof *words, by_bytes);
  key[0] = '\0';
  for (size_t i = 0; i < n && used < DC_PLAIN_BYTES; i++)
    used += (size_t)snprintf(key + used, DC_PLAIN_BYTES - used, "%s%s", i ? " " : "", words[i]);
}

/* In any order of the words, with their usual short forms. */
static void guess_loosely(const char *name, dc_shape shape, dc_role_guess *guesses, int *n)
{
  char bare[DC_PLAIN_BYTES], plain[DC_PLAIN_BYTES];
  variant one = {.cost = LOOSE_COST};
  bare_name(name, bare);
  dc_plain(bare, (dc_plain_style){.blanks = true}, plain);
  loose_key(bare, 0, one.word);
  keep_table(dc_role_loose_synonyms, dc_role_n_loose_synonyms, &one, shape, guesses, n);
  plain[strcspn(plain, " ")] = '\0';
  if (*n > 0 || !is_listed(plain, dc_role_prefixes)) return;
  loose_key(bare, 1, one.word);
  one.cost += AFFIX_COST;
  keep_table(dc_role_loose_synonyms, dc_role_n_loose_synonyms, &one, shape, guesses, n);
}

int dc_roles_guess(const char *name, dc_shape shape, dc_role_guess *guesses)
{
  variants v;
  int n = 0;
  find_variants(name, &v);
  for (int k = 0; k < v.n; k++) keep_table(dc_role_synonyms, dc_role_n_synonyms, &v.list[k], shape, guesses, &n);
  if (n == 0) guess_loosely(name, shape, guesses, &n);
  if (shape != DC_SHAPE_DEALS) return n;
  for (int k = 0; n == 0 && k < v.n; k++)
    for (const char *const *s = stage_dates; *s; s++)
      if (begins_with(v.list[k].word, *s)) keep(guesses, &n, DC_ROLE_STAGE_DATE, STAGE_DATE_WEIGHT - v.list[k].cost);
  if (dc_is_legend(name)) keep(guesses, &n, DC_ROLE_OUTCOME, LEGEND_WEIGHT);
  return n;
}

bool dc_role_names_stage(const char *name)
{
  dc_role_guess guesses[DC_MAX_GUESSES];
  int n = dc_roles_guess(name, DC_SHAPE_HISTORY, guesses);
  return n > 0 && guesses[0].weight >= SURE && (guesses[0].role == DC_ROLE_STAGE || guesses[0].role == DC_ROLE_OUTCOME);
}

bool dc_role_request_names(const dc_role_request *request, const char *name)
{
  return strcmp(request->column, name) == 0 || dc_text_same(request->column, name);
}

static dc_type type_of(dc_role role) { return dc_role_table[role].type; }

/* "AccountId", "campaign_id", "Campaign ID", but neither "Paid" nor "Valid". */
static bool names_an_id(const char *name)
{
  size_t n = strlen(name);
  if (n < 3) return n == 2 && dc_text_same(name, "id");
  const char *end = name + n - 2;
  bool apart = end[-1] == '_' || end[-1] == ' ' || end[-1] == '.' || end[-1] == '-';
  bool capital = end[0] == 'I' && end[-1] >= 'a' && end[-1] <= 'z';
  return (apart && dc_text_same(end, "id")) || (capital && (end[1] == 'd' || end[1] == 'D'));
}

dc_type dc_roles_expect(const char *name, dc_shape shape, const dc_role_request *requests, size_t n_requests)
{
  dc_role_guess guesses[DC_MAX_GUESSES];
  for (size_t i = 0; i < n_requests; i++)
    if (dc_role_request_names(&requests[i], name) && dc_role_parse(requests[i].role) != DC_ROLE_NONE)
      return type_of(dc_role_parse(requests[i].role));
  int n = dc_roles_guess(name, shape, guesses);
  /* Text can hold anything, and an id that was read as a number is none. */
  if (n > 0 && guesses[0].role == DC_ROLE_ID) return DC_TYPE_TEXT;
  /* A hint that is wrong makes cells unreadable, so a faint one leaves it to the content; a date does so by itself. */
  for (int i = 0; i < n; i++)
    if (type_of(guesses[i].role) == DC_TYPE_DATE) return guesses[i].weight >= SURE ? DC_TYPE_DATE : DC_TYPE_EMPTY;
  if (n > 0 && guesses[0].weight >= (type_of(guesses[0].role) == DC_TYPE_NUMBER ? SURE_NUMBER : SURE))
    return type_of(guesses[0].role);
  return names_an_id(name) ? DC_TYPE_CATEGORY : DC_TYPE_EMPTY;
}
