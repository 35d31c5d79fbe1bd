/* Names of columns to the roles that they may stand for, by the table in roles_synonyms.c. */
#include "engine/deals/roles_parts.h"

#include "engine/base/text.h"

#include <stdio.h>
#include <string.h>

/* What stands before the word that matters: "Deal - Owner", "opportunity_status". */
static const char *const prefixes[] = {"opportunity", "opp", "deal", "lead", "record", "sales", "crm"};

/* What stands behind an amount: "Opportunity Amount USD". */
static const char *const currencies[] = {"usd", "eur", "gbp", "chf", "cny", "jpy", "inr", "brl", "aud", "cad"};

enum { MAX_VARIANTS = 12, PREFIX_COST = 4, BRACKET_COST = 3, CURRENCY_COST = 3 };

typedef struct variant {
  char word[DC_FOLD_BYTES];
  int cost;
  bool amount_only;
} variant;

static bool ends_with(const char *text, size_t length, const char *end)
{
  size_t n = strlen(end);
  return length > n && strcmp(text + length - n, end) == 0;
}

/* The name without what stands in brackets and without Salesforce's mark of a custom field. */
static size_t plain_name(const char *name, bool brackets, char *plain)
{
  size_t n = 0;
  int depth = 0;
  for (const char *p = name; *p && n + 8 < DC_FOLD_BYTES; p++) {
    if (!brackets && (*p == '(' || *p == '[')) depth++;
    if (depth == 0) plain[n++] = *p;
    if (!brackets && (*p == ')' || *p == ']') && depth > 0) depth--;
  }
  plain[n] = '\0';
  if (ends_with(plain, n, "__c") || ends_with(plain, n, "__C")) plain[n -= 3] = '\0';
  if (n > 0 && plain[n - 1] == '$') n += (size_t)snprintf(plain + n - 1, 5, " usd") - 1;
  return n;
}

static void add(variant *list, int *n, const char *word, int cost, bool amount_only)
{
  if (*n == MAX_VARIANTS || !*word) return;
  snprintf(list[*n].word, sizeof list[*n].word, "%s", word);
  list[*n].cost = cost;
  list[(*n)++].amount_only = amount_only;
}

/* The folded name, then with prefixes dropped one by one, then without a currency behind it. */
static int variants_of(const char *name, variant *list)
{
  char plain[DC_FOLD_BYTES], folded[DC_FOLD_BYTES];
  int n = 0;
  for (int brackets = 1; brackets >= 0; brackets--) {
    size_t length = plain_name(name, brackets, plain);
    if (length == 0) continue;
    length = dc_text_fold(plain, length, folded);
    int cost = brackets ? 0 : BRACKET_COST;
    const char *rest = folded;
    add(list, &n, rest, cost, false);
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes;) {
      size_t skip = strlen(prefixes[i]);
      bool drop = strncmp(rest, prefixes[i], skip) == 0 && rest[skip];
      if (drop) add(list, &n, rest += skip, cost += PREFIX_COST, false);
      i = drop ? 0 : i + 1;
    }
  }
  for (int k = 0, first = n; k < first; k++)
    for (size_t i = 0; i < sizeof currencies / sizeof *currencies; i++) {
      size_t length = strlen(list[k].word);
      if (!ends_with(list[k].word, length, currencies[i])) continue;
      snprintf(folded, sizeof folded, "%.*s", (int)(length - strlen(currencies[i])), list[k].word);
      add(list, &n, folded, list[k].cost + CURRENCY_COST, true);
    }
  return n;
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

int dc_roles_guess(const char *name, dc_shape shape, dc_role_guess *guesses)
{
  variant list[MAX_VARIANTS];
  int n = 0, n_variants = variants_of(name, list);
  for (size_t i = 0; i < dc_role_n_synonyms; i++) {
    const dc_role_synonym *s = &dc_role_synonyms[i];
    if (!(s->shapes & (1 << shape))) continue;
    for (int k = 0; k < n_variants; k++) {
      if (list[k].amount_only && s->role != DC_ROLE_AMOUNT) continue;
      if (strcmp(list[k].word, s->word) == 0) keep(guesses, &n, s->role, s->weight - list[k].cost);
    }
  }
  return n;
}

bool dc_role_request_names(const dc_role_request *request, const char *name)
{
  return strcmp(request->column, name) == 0 || dc_text_same(request->column, name);
}

static dc_type type_of(dc_role role)
{
  switch (role) {
    case DC_ROLE_ID:
    case DC_ROLE_NAME: return DC_TYPE_TEXT;
    case DC_ROLE_AMOUNT:
    case DC_ROLE_PROBABILITY: return DC_TYPE_NUMBER;
    case DC_ROLE_CREATED:
    case DC_ROLE_CLOSED:
    case DC_ROLE_EXPECTED_CLOSE:
    case DC_ROLE_CHANGED_AT:
    case DC_ROLE_PERIOD_START: return DC_TYPE_DATE;
    case DC_ROLE_NONE:
    case DC_ROLES: return DC_TYPE_EMPTY;
    default: return DC_TYPE_CATEGORY;
  }
}

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
  enum { SURE = 60, SURE_NUMBER = 90 };
  dc_role_guess guesses[DC_MAX_GUESSES];
  for (size_t i = 0; i < n_requests; i++)
    if (dc_role_request_names(&requests[i], name) && dc_role_parse(requests[i].role) != DC_ROLE_NONE)
      return type_of(dc_role_parse(requests[i].role));
  int n = dc_roles_guess(name, shape, guesses);
  /* A hint that is wrong makes cells unreadable, so a faint one leaves it to the content; a date does so by itself. */
  for (int i = 0; i < n; i++)
    if (type_of(guesses[i].role) == DC_TYPE_DATE) return guesses[i].weight >= SURE ? DC_TYPE_DATE : DC_TYPE_EMPTY;
  if (n > 0 && guesses[0].weight >= (type_of(guesses[0].role) == DC_TYPE_NUMBER ? SURE_NUMBER : SURE))
    return type_of(guesses[0].role);
  return names_an_id(name) ? DC_TYPE_CATEGORY : DC_TYPE_EMPTY;
}
