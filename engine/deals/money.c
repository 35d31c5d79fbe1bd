#include "engine/deals/money.h"

#include "engine/base/date.h"
#include "engine/base/text.h"
#include "engine/deals/build.h"
#include "engine/ingest/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 250, LIST_BYTES = 400, NO_CURRENCY = 0, N_AMOUNTS = 2 };

/* The currencies that were met, numbered from 1, and the amounts in each. */
typedef struct names {
  char name[MOST + 1][DC_CURRENCY_CHARS];
  int64_t count[MOST + 1];
  int n;
  bool full;
} names;

/* A table's amounts and what says whose they are. */
typedef struct purse {
  dc_load *load;
  dc_column *amount[N_AMOUNTS]; /* NULL = none */
  const dc_column *word;        /* the currency column */
  uint8_t *of_word;             /* its codes to currencies */
  uint8_t of_sign[256];         /* cells' currencies to currencies */
} purse;

/* Of one deal: where its history looks. */
typedef struct keeper {
  int32_t day;
  uint8_t currency;
  bool from_deals;
} keeper;

typedef struct money_job {
  const dc_deals_sources *s;
  const char *wanted, *rates_file;
  const dc_rates *rates;
  int32_t as_of;
  names names;
  purse deals, history;
  bool trial; /* is there a rate for everything? nothing is changed yet */
  int run;    /* the run's currency, an index into names; 0 = not known */
  dc_money *money;
  dc_ids ids;
  keeper *keepers;
  dc_row_reader reader;
  dc_arena *arena;
} money_job;

/* Signs that several currencies share, and the codes that they may stand for. */
static const struct {
  const char *sign, *codes, *usual;
} shared[] = {{"$", "USD CAD AUD NZD SGD HKD TWD MXN ARS CLP COP UYU DOP", "USD"},
              {"\xC2\xA5", "JPY CNY", NULL},
              {"kr", "SEK NOK DKK ISK", NULL}};
enum { N_SHARED = sizeof shared / sizeof *shared };

static int shared_index(const char *name)
{
  for (int k = 0; k < N_SHARED; k++)
    if (strcmp(shared[k].sign, name) == 0) return k;
  return -1;
}

static bool may_stand_for(const char *sign, const char *code)
{
  int k = shared_index(sign);
  return k >= 0 && strlen(code) == 3 && strstr(shared[k].codes, code) != NULL;
}

static uint8_t index_of(names *list, const char *name)
{
  if (!*name) return NO_CURRENCY;
  for (int k = 1; k <= list->n; k++)
    if (strcmp(list->name[k], name) == 0) return (uint8_t)k;
  if (list->n == MOST) {
    list->full = true;
    return NO_CURRENCY;
  }
  memcpy(list->name[++list->n], name, DC_CURRENCY_CHARS);
  return (uint8_t)list->n;
}

/* "Amount (converted)", "Amount in company currency", "Est. Revenue (Base)": in one currency, whatever the deals are in. */
static bool is_converted(const char *name)
{
  static const char *const words[] = {"converted", "companycurrency", "basecurrency", "homecurrency",
                                      "corporatecurrency"};
  char folded[DC_FOLD_BYTES];
  size_t length = dc_text_fold(name, strlen(name) < DC_FOLD_BYTES ? strlen(name) : DC_FOLD_BYTES - 1, folded);
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    if (strstr(folded, words[k])) return true;
  return length > 4 && strcmp(folded + length - 4, "base") == 0 && strchr(name, '(') != NULL;
}

static dc_column *role_column(dc_load *load, const dc_roles *roles, dc_role role)
{
  int c = roles->column[role];
  return c < 0 ? NULL : &load->table->columns[c];
}

/* The currencies that the cells of the amounts name. */
static void find_signs(money_job *j, purse *p)
{
  bool met[256] = {false};
  for (int k = 0; k < N_AMOUNTS; k++) {
    const dc_column *column = p->amount[k];
    if (!column) continue;
    met[column->currency] = true;
    for (size_t row = 0; column->currencies && row < p->load->table->rows; row++) met[column->currencies[row]] = true;
  }
  for (int k = 1; dc_currency_code((uint8_t)k); k++) {
    char name[DC_CURRENCY_CHARS] = "";
    snprintf(name, sizeof name, "%s", dc_currency_code((uint8_t)k));
    if (met[k]) p->of_sign[k] = index_of(&j->names, name);
  }
}

static dc_status open_purse(money_job *j, dc_load *load, const dc_roles *roles, purse *p, dc_error *error)
{
  static const dc_role amounts[N_AMOUNTS] = {DC_ROLE_AMOUNT, DC_ROLE_ACTUAL_AMOUNT};
  if (!load) return DC_OK;
  p->load = load;
  for (int k = 0; k < N_AMOUNTS; k++) {
    dc_column *column = role_column(load, roles, amounts[k]);
    p->amount[k] = column && column->type == DC_TYPE_NUMBER && !is_converted(column->name) ? column : NULL;
  }
  find_signs(j, p);
  p->word = role_column(load, roles, DC_ROLE_CURRENCY);
  if (!p->word || p->word->type != DC_TYPE_CATEGORY) p->word = NULL;
  if (!p->word) return DC_OK;
  p->of_word = calloc(p->word->n_words, 1);
  if (!p->of_word) return dc_fail_memory(error, "reading currencies");
  for (size_t w = 1; w < p->word->n_words; w++) {
    char name[DC_CURRENCY_CHARS] = "";
    dc_currency_name(p->word->words[w], strlen(p->word->words[w]), name);
    p->of_word[w] = index_of(&j->names, name);
  }
  if (j->names.full)
    return dc_fail_at(error, DC_E_INPUT, load->inputs[0].name, 0, 0,
                      "column \"%.80s\" names more than %d currencies; give --map currency=COLUMN if it is another",
                      p->word->name, MOST);
  return DC_OK;
}

static dc_status fail_row(const purse *p, size_t row, dc_error *error, const char *what, const char *a, const char *b)
{
  const dc_table *table = p->load->table;
  const dc_input *input = &p->load->inputs[table->file ? table->file[row] : 0];
  return dc_fail_at(error, DC_E_INPUT, input->name, table->line[row], 0, what, a, b);
}

/* The currency of amount k of a row, 0 = it names none. */
static dc_status currency_of(const money_job *j, const purse *p, int k, size_t row, uint8_t *currency, dc_error *error)
{
  const dc_column *column = p->amount[k];
  uint8_t word = p->word ? p->of_word[dc_column_code(p->word, row)] : NO_CURRENCY;
  uint8_t sign = p->of_sign[column->currencies ? column->currencies[row] : column->currency];
  *currency = word ? word : sign;
  if (!word || !sign || word == sign || shared_index(j->names.name[sign]) >= 0) return DC_OK;
  return fail_row(p, row, error, "the amount is in %s, but its row says %s", j->names.name[sign], j->names.name[word]);
}

static dc_status count(money_job *j, const purse *p, dc_error *error)
{
  dc_status status = DC_OK;
  for (int k = 0; k < N_AMOUNTS && p->load; k++) {
    for (size_t row = 0; p->amount[k] && row < p->load->table->rows && status == DC_OK; row++) {
      uint8_t currency;
      if (isnan(p->amount[k]->number[row])) continue;
      status = currency_of(j, p, k, row, &currency, error);
      if (status == DC_OK) j->names.count[currency]++;
    }
  }
  return status;
}

/* "EUR (12), GBP (3)", with how many amounts, in order of the names. */
static const char *list_of(const names *list, char *text)
{
  size_t used = 0;
  const char *last = "";
  for (;;) {
    int next = 0;
    for (int k = 1; k <= list->n; k++)
      if (list->count[k] && strcmp(list->name[k], last) > 0 && (!next || strcmp(list->name[k], list->name[next]) < 0))
        next = k;
    if (!next || used + DC_CURRENCY_CHARS + 40 > LIST_BYTES) return text;
    used += (size_t)snprintf(text + used, LIST_BYTES - used, "%s%s (%lld)", used ? ", " : "", list->name[next],
                             (long long)list->count[next]);
    last = list->name[next];
  }
}

/* What shared signs stand for, once the run's currency is known. */
static dc_status settle_signs(money_job *j, dc_error *error)
{
  for (int k = 1; k <= j->names.n; k++) {
    int s = shared_index(j->names.name[k]);
    if (s < 0 || !j->names.count[k]) continue;
    const char *run = j->names.name[j->run];
    bool own = may_stand_for(shared[s].sign, run);
    if (!own && !shared[s].usual)
      return dc_fail(
          error, DC_E_INPUT,
          "amounts are in %s, which may be any of %s: name the currency of each row in a currency column, or "
          "write codes instead of signs",
          shared[s].sign, shared[s].codes);
    snprintf(j->names.name[k], DC_CURRENCY_CHARS, "%s", own ? run : shared[s].usual);
  }
  return DC_OK;
}

/* The run's currency: what is wanted, else the only one there is. */
static dc_status choose(money_job *j, dc_error *error)
{
  char list[LIST_BYTES] = "";
  int used = 0, only = 0;
  for (int k = 1; k <= j->names.n; k++) {
    if (!j->names.count[k]) continue;
    used++;
    only = k;
  }
  if (j->wanted && *j->wanted) {
    char name[DC_CURRENCY_CHARS] = "";
    dc_currency_name(j->wanted, strlen(j->wanted), name);
    if (strlen(name) != 3 || strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
      return dc_fail(error, DC_E_USAGE, "--currency takes a code of three letters such as EUR, not '%.40s'", j->wanted);
    j->run = index_of(&j->names, name);
    return settle_signs(j, error);
  }
  j->run = used == 1 ? only : 0;
  if (used <= 1) return DC_OK;
  return dc_fail(
      error, DC_E_INPUT,
      "the deals are in several currencies: %s; give --currency CODE for the one to forecast in, and --rates "
      "FILE with what one unit of each other is worth in it",
      list_of(&j->names, list));
}

/* Whether some amount is in another currency than the run's; if so, there must be a rate. */
static dc_status check_rates(const money_job *j, bool *needed, dc_error *error)
{
  char list[LIST_BYTES] = "";
  const char *run = j->names.name[j->run];
  *needed = false;
  for (int k = 1; k <= j->names.n && j->run; k++) {
    if (!j->names.count[k] || strcmp(j->names.name[k], run) == 0) continue;
    *needed = true;
    if (!j->rates)
      return dc_fail(
          error, DC_E_INPUT,
          "the forecast is in %s, but the deals are in %s; give --rates FILE (columns currency, rate and, where "
          "they change, date) with what one unit of each is worth in %s",
          run, list_of(&j->names, list), run);
    if (!dc_rates_has(j->rates, j->names.name[k]))
      return dc_fail_at(error, DC_E_INPUT, j->rates_file, 0, 0, "no rate of %s; amounts in it: %lld", j->names.name[k],
                        (long long)j->names.count[k]);
  }
  return DC_OK;
}

static bool is_closing(dc_meaning meaning) { return meaning == DC_MEANING_WON || meaning == DC_MEANING_LOST; }

static const dc_column *history_column(const money_job *j, dc_role role)
{
  return j->s->history ? role_column(j->s->history, j->s->history_roles, role) : NULL;
}

static int32_t history_day(const money_job *j, size_t row)
{
  return dc_column_day(history_column(j, DC_ROLE_CHANGED_AT), row, j->s->config->timezone_minutes);
}

/* The last day on which something is known to have happened. */
static void find_as_of(money_job *j)
{
  dc_row_facts facts;
  for (size_t row = 0; j->s->deals && row < j->s->deals->table->rows; row++) {
    dc_row_read(&j->reader, row, &facts);
    if (facts.rule) continue;
    if (facts.created > j->as_of) j->as_of = facts.created;
    if (facts.closed > j->as_of) j->as_of = facts.closed;
  }
  for (size_t row = 0; j->s->history && row < j->s->history->table->rows; row++) {
    int32_t day = history_day(j, row);
    if (day > j->as_of) j->as_of = day;
  }
}

static keeper *keeper_of(money_job *j, const dc_column *id, size_t row, bool *fresh)
{
  size_t length;
  const char *text = dc_column_text(id, row, &length);
  uint32_t k = length ? dc_ids_add(&j->ids, text, length, fresh) : DC_ID_NONE;
  return k == DC_ID_NONE ? NULL : &j->keepers[k];
}

static dc_status convert_cell(const money_job *j, const purse *p, int k, size_t row, uint8_t currency, int32_t day,
                              dc_error *error)
{
  char text[DC_DATE_CHARS];
  double *amount = &p->amount[k]->number[row];
  if (isnan(*amount)) return DC_OK;
  if (!currency && !j->trial) j->money->assumed++;
  if (!currency || strcmp(j->names.name[currency], j->names.name[j->run]) == 0) return DC_OK;
  double rate = dc_rates_at(j->rates, j->names.name[currency], day);
  if (isnan(rate))
    return fail_row(p, row, error, "no rate of %s on or before %s: begin the file of rates earlier",
                    j->names.name[currency], dc_date_format(day, text));
  if (!j->trial) *amount *= rate;
  return DC_OK;
}

/* Deals at the rates of their closing day, or of the as-of day; what their history has to know is kept. */
static dc_status convert_deals(money_job *j, dc_error *error)
{
  dc_status status = DC_OK;
  const purse *p = &j->deals;
  for (size_t row = 0; p->load && row < p->load->table->rows && status == DC_OK; row++) {
    dc_row_facts facts;
    bool fresh;
    uint8_t currency[N_AMOUNTS] = {0};
    dc_row_read(&j->reader, row, &facts);
    bool closed = is_closing(facts.meaning) && facts.closed != DC_DATE_MISSING && facts.closed < j->as_of;
    int32_t day = closed ? facts.closed : j->as_of;
    for (int k = 0; k < N_AMOUNTS && status == DC_OK; k++) {
      if (!p->amount[k]) continue;
      status = currency_of(j, p, k, row, &currency[k], error);
      if (status == DC_OK) status = convert_cell(j, p, k, row, currency[k], day, error);
    }
    keeper *one = j->reader.id && j->history.load ? keeper_of(j, j->reader.id, row, &fresh) : NULL;
    if (one) *one = (keeper){.day = day, .currency = currency[0], .from_deals = true};
  }
  return status;
}

/* The last closing of each deal that only the history has. */
static void find_closings(money_job *j)
{
  const dc_column *id = history_column(j, DC_ROLE_ID), *stage = history_column(j, DC_ROLE_STAGE);
  if (!stage) stage = history_column(j, DC_ROLE_OUTCOME);
  for (size_t row = 0; row < j->s->history->table->rows; row++) {
    bool fresh = false;
    keeper *one = keeper_of(j, id, row, &fresh);
    if (!one) continue;
    if (fresh) *one = (keeper){.day = DC_DATE_MISSING};
    if (one->from_deals || !stage || stage->type != DC_TYPE_CATEGORY) continue;
    int32_t day = history_day(j, row);
    bool closing = is_closing(dc_stage_meaning(j->s->config, stage->words[dc_column_code(stage, row)]));
    if (closing && day <= j->as_of && day > one->day) one->day = day;
  }
}

static dc_status convert_history(money_job *j, dc_error *error)
{
  const dc_column *id = history_column(j, DC_ROLE_ID);
  const purse *p = &j->history;
  dc_status status = DC_OK;
  if (!p->amount[0]) return DC_OK;
  find_closings(j);
  for (size_t row = 0; row < p->load->table->rows && status == DC_OK; row++) {
    bool fresh;
    uint8_t currency;
    const keeper *one = keeper_of(j, id, row, &fresh);
    if (!one) continue;
    status = currency_of(j, p, 0, row, &currency, error);
    if (status != DC_OK) break;
    int32_t day = one->day == DC_DATE_MISSING ? j->as_of : one->day;
    status = convert_cell(j, p, 0, row, currency ? currency : one->currency, day, error);
  }
  return status;
}

static dc_status add_format(const money_job *j, const purse *p, dc_error *error)
{
  for (int k = 0; k < N_AMOUNTS; k++) {
    dc_column *column = p->amount[k];
    if (!column) continue;
    size_t before = column->format ? strlen(column->format) : 0, size = before + DC_CURRENCY_CHARS + 64;
    char *grown = realloc(column->format, size);
    if (!grown) return dc_fail_memory(error, "converting amounts");
    snprintf(grown + before, size - before, "%sconverted to %s", before ? "; " : "", j->names.name[j->run]);
    column->format = grown;
  }
  return DC_OK;
}

static dc_status convert(money_job *j, dc_error *error)
{
  size_t rows = (j->s->deals ? j->s->deals->table->rows : 0) + (j->s->history ? j->s->history->table->rows : 0);
  dc_status status = DC_OK;
  j->keepers = j->s->history ? calloc(rows + 1, sizeof *j->keepers) : NULL;
  if (j->s->history && !(j->keepers && dc_ids_reserve(&j->ids, rows)))
    return dc_fail_memory(error, "converting amounts");
  if (j->as_of == DC_DATE_MISSING) find_as_of(j);
  j->money->day = j->as_of;
  for (int trial = 1; trial >= 0 && status == DC_OK; trial--) {
    j->trial = trial;
    status = convert_deals(j, error);
    if (status == DC_OK && j->s->history) status = convert_history(j, error);
  }
  j->money->converted = status == DC_OK;
  if (status == DC_OK) status = add_format(j, &j->deals, error);
  return status == DC_OK ? add_format(j, &j->history, error) : status;
}

dc_status dc_money_settle(const dc_deals_sources *s, const char *wanted, const dc_rates *rates, const char *rates_file,
                          int32_t as_of, dc_money *money, dc_error *error)
{
  money_job *j = calloc(1, sizeof *j);
  bool needed = false;
  memset(money, 0, sizeof *money);
  if (!j || !(j->arena = dc_arena_new())) {
    free(j);
    return dc_fail_memory(error, "reading currencies");
  }
  j->s = s;
  j->wanted = wanted;
  j->rates = rates;
  j->rates_file = rates_file;
  j->as_of = as_of;
  j->money = money;
  dc_status status = open_purse(j, s->deals, s->deals_roles, &j->deals, error);
  if (status == DC_OK) status = open_purse(j, s->history, s->history_roles, &j->history, error);
  if (status == DC_OK) status = count(j, &j->deals, error);
  if (status == DC_OK) status = count(j, &j->history, error);
  if (status == DC_OK) status = choose(j, error);
  if (status == DC_OK) status = check_rates(j, &needed, error);
  if (status == DC_OK && needed && s->deals) status = dc_row_reader_new(s, j->arena, &j->reader, error);
  if (status == DC_OK && needed) status = convert(j, error);
  if (status == DC_OK && shared_index(j->names.name[j->run]) < 0)
    memcpy(money->currency, j->names.name[j->run], sizeof money->currency);
  free(j->deals.of_word);
  free(j->history.of_word);
  free(j->keepers);
  dc_ids_clear(&j->ids);
  dc_arena_free(j->arena);
  free(j);
  return status;
}
