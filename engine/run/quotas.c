/* Quota rows: read, checked, placed in periods, and named in the words of the deals. */
#include "engine/run/quotas_internal.h"

#include "engine/base/random.h"
#include "engine/base/text.h"
#include "engine/ingest/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *dc_run_currency(const dc_resolved *r) { return r->money.currency[0] ? r->money.currency : NULL; }

static const dc_column *role_column(const dc_quotas *q, dc_role role)
{
  int c = q->r->quotas.roles->column[role];
  return c < 0 ? NULL : &q->table->columns[c];
}

/* A cell that names a scope; "all" and "total" name none. */
static const char *scope_cell(const dc_column *column, size_t row, size_t *length, char *text, size_t size)
{
  const char *cell = dc_column_text(column, row, length);
  if (*length >= size) *length = size - 1;
  memcpy(text, cell, *length);
  text[*length] = '\0';
  if (*length && (dc_text_same(text, "all") || dc_text_same(text, "total"))) *length = 0;
  return text;
}

static dc_status reject_rows(dc_quotas *q, dc_error *error)
{
  const dc_column *start = role_column(q, DC_ROLE_PERIOD_START), *amount = role_column(q, DC_ROLE_AMOUNT);
  dc_status status = DC_OK;
  for (size_t row = 0; row < q->n && status == DC_OK; row++) {
    dc_quota_row *one = &q->rows[row];
    *one = (dc_quota_row){.row = row, .period = DC_QUOTA_REJECTED};
    one->day = dc_column_day(start, row, q->r->config->timezone_minutes);
    one->amount = amount->type == DC_TYPE_NUMBER ? amount->number[row] : NAN;
    const char *rule = one->day == DC_DATE_MISSING ? "quota without a period"
                       : isnan(one->amount)        ? "quota without an amount"
                       : one->amount < 0           ? "negative quota"
                                                   : NULL;
    if (!rule)
      one->period = DC_QUOTA_OUTSIDE;
    else
      status = dc_row_reject(q->r->quotas.load, q->r->quotas.roles, row, rule,
                             one->day == DC_DATE_MISSING ? DC_ROLE_PERIOD_START : DC_ROLE_AMOUNT, error);
  }
  return status;
}

/* What a quota is in: its row's word, else the sign of its cell; "" = nothing says so, or a sign of many currencies. */
static void currency_of(const dc_quotas *q, size_t row, char name[DC_CURRENCY_CHARS])
{
  const dc_column *column = role_column(q, DC_ROLE_CURRENCY), *amount = role_column(q, DC_ROLE_AMOUNT);
  bool words = column && column->type == DC_TYPE_CATEGORY;
  const char *word = words ? column->words[dc_column_code(column, row)] : "";
  uint8_t sign = amount->currencies ? amount->currencies[row] : amount->currency;
  if (!*word && sign) word = dc_currency_code(sign);
  dc_currency_name(word, strlen(word), name);
  if (strlen(name) != 3) name[0] = '\0';
}

static dc_status check_currency(const dc_quotas *q, dc_error *error)
{
  char expected[DC_CURRENCY_CHARS] = "", name[DC_CURRENCY_CHARS];
  const char *run = dc_run_currency(q->r), *file = q->r->quotas.load->inputs[0].name;
  if (run) snprintf(expected, sizeof expected, "%s", run);
  for (size_t row = 0; row < q->n; row++) {
    if (q->rows[row].period == DC_QUOTA_REJECTED) continue;
    currency_of(q, row, name);
    if (!expected[0]) memcpy(expected, name, sizeof expected);
    if (!name[0] || strcmp(expected, name) == 0) continue;
    return dc_fail_at(error, DC_E_INPUT, file, q->table->line[row], 0,
                      run ? "the quota is in %s, but the deals are in %s: convert the quotas"
                          : "the quota is in %s, others are in %s: quotas need one currency, that of the deals",
                      name, expected);
  }
  return DC_OK;
}

static int compare_days(const void *left, const void *right)
{
  int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
  return (a > b) - (a < b);
}

/* How long the quotas' periods are: the shortest way from one first day to the next, 0 when there is only one. */
static dc_status measure_step(dc_quotas *q, dc_error *error)
{
  size_t n = 0;
  int32_t *days = malloc((q->n + 1) * sizeof *days);
  if (!days) return dc_fail_memory(error, "reading quotas");
  for (size_t k = 0; k < q->n; k++)
    if (q->rows[k].period != DC_QUOTA_REJECTED) days[n++] = q->rows[k].day;
  qsort(days, n, sizeof *days, compare_days);
  for (size_t k = 1; k < n; k++) {
    int32_t gap = days[k] - days[k - 1];
    if (gap && (!q->step || gap < q->step)) q->step = gap;
  }
  free(days);
  return DC_OK;
}

/* Rows of the same length must start when the forecast's periods do; shorter ones count where they start. */
static void place(dc_quotas *q)
{
  static const struct {
    int32_t least, most;
  } length[DC_PERIODS] = {[DC_MONTH] = {28, 31}, [DC_QUARTER] = {89, 92}, [DC_WEEK] = {7, 7}};
  int32_t least = length[q->r->calendar.period].least, most = length[q->r->calendar.period].most;
  q->longer = q->step > most;
  q->shorter = q->step > 0 && q->step < least;
  for (size_t k = 0; k < q->n; k++) {
    dc_quota_row *one = &q->rows[k];
    if (one->period == DC_QUOTA_REJECTED) continue;
    for (int p = 0; p < q->periods->n && !q->longer; p++) {
      if (one->day < q->periods->start[p] || one->day > q->periods->end[p]) continue;
      one->period = q->shorter || one->day == q->periods->start[p] ? p : DC_QUOTA_ASKEW;
    }
    if (one->period >= 0) continue;
    dc_load_set_aside(q->r->quotas.load, one->row, DC_ROW_EXCLUDED);
  }
}

/* Which columns name scopes: all words but the currency. */
static dc_status find_scope_columns(dc_quotas *q, dc_error *error)
{
  q->scope_column = dc_arena_alloc(q->arena, q->table->n_columns + 1, sizeof *q->scope_column);
  q->column_of = dc_arena_alloc(q->arena, q->scopes->n_dimensions + 1, sizeof *q->column_of);
  if (!q->scope_column || !q->column_of) return dc_fail_memory(error, "reading quotas");
  for (size_t c = 0; c < q->table->n_columns; c++) {
    dc_type type = q->table->columns[c].type;
    bool words = type == DC_TYPE_CATEGORY || type == DC_TYPE_TEXT;
    if (words && q->r->quotas.roles->role[c] != DC_ROLE_CURRENCY) q->scope_column[q->n_scope_columns++] = (int)c;
  }
  for (size_t d = 0; d < q->scopes->n_dimensions; d++) {
    const dc_dimension *one = &q->scopes->dimensions[d];
    q->column_of[d] = one->role == DC_ROLE_NONE ? -1 : q->r->quotas.roles->column[one->role];
    for (size_t k = 0; k < q->n_scope_columns && q->column_of[d] < 0; k++)
      if (dc_text_same(q->table->columns[q->scope_column[k]].name, one->name)) q->column_of[d] = q->scope_column[k];
    if (q->column_of[d] < 0) continue;
    dc_type type = q->table->columns[q->column_of[d]].type;
    if (type != DC_TYPE_CATEGORY && type != DC_TYPE_TEXT) q->column_of[d] = -1;
  }
  return DC_OK;
}

/* The code of a quota's word among the deals' words: to the byte, else in any case and spacing. */
static uint32_t find_word(const dc_words *words, const char *text)
{
  uint32_t code = dc_words_code(words, text);
  if (code) return code;
  for (size_t k = 1; k < words->n; k++)
    if (dc_text_same(words->text[k], text)) return (uint32_t)k;
  return DC_QUOTA_STRANGE;
}

/* Levels, hashes, and the codes of each dimension. Only rows in the forecast's periods are looked up. */
static dc_status name_rows(dc_quotas *q, dc_error *error)
{
  size_t n_dimensions = q->scopes->n_dimensions, length;
  char text[DC_FOLD_BYTES];
  q->code = dc_arena_alloc(q->arena, q->n * n_dimensions + 1, sizeof *q->code);
  if (!q->code) return dc_fail_memory(error, "reading quotas");
  for (size_t k = 0; k < q->n; k++) {
    dc_quota_row *one = &q->rows[k];
    one->code = q->code + k * n_dimensions;
    if (one->period < 0) continue;
    for (size_t c = 0; c < q->n_scope_columns; c++) {
      scope_cell(&q->table->columns[q->scope_column[c]], one->row, &length, text, sizeof text);
      one->level += length > 0;
      one->hash = dc_hash_bytes(text, length, one->hash + c + 1);
    }
    for (size_t d = 0; d < n_dimensions; d++) {
      if (q->column_of[d] < 0) continue;
      scope_cell(&q->table->columns[q->column_of[d]], one->row, &length, text, sizeof text);
      one->code[d] = length ? find_word(&q->scopes->dimensions[d].words, text) : 0;
    }
  }
  return DC_OK;
}

dc_quota_fit dc_quota_codes(const dc_quotas *q, const dc_grouping *g, const dc_quota_row *row,
                            uint32_t code[DC_MOST_CROSSED])
{
  dc_quota_fit fit = DC_QUOTA_FITS;
  memset(code, 0, DC_MOST_CROSSED * sizeof *code);
  for (int k = 0; k < g->n; k++) {
    if (q->column_of[g->dimension[k]] < 0) return DC_QUOTA_NO_COLUMN;
    code[k] = row->code[g->dimension[k]];
    if (code[k] == 0) return DC_QUOTA_SILENT;
    if (code[k] == DC_QUOTA_STRANGE) fit = DC_QUOTA_UNKNOWN;
  }
  return fit;
}

static dc_status list_wanted(dc_quotas *q, dc_error *error)
{
  q->wanted = dc_arena_alloc(q->arena, q->scopes->n + 1, sizeof *q->wanted);
  if (!q->wanted) return dc_fail_memory(error, "reading quotas");
  for (size_t g = 1; g < q->scopes->n; g++) {
    uint32_t *codes = dc_arena_alloc(q->arena, q->n + 1, DC_MOST_CROSSED * sizeof *codes);
    size_t n = 0;
    if (!codes) return dc_fail_memory(error, "reading quotas");
    for (size_t k = 0; k < q->n; k++)
      if (q->rows[k].period >= 0 &&
          dc_quota_codes(q, &q->scopes->groupings[g], &q->rows[k], codes + n * DC_MOST_CROSSED) == DC_QUOTA_FITS)
        n++;
    q->wanted[g] = (dc_wanted){n, codes};
  }
  return DC_OK;
}

/* By period and what they name, so that sums do not depend on the file's order. */
static int compare_rows(const void *left, const void *right)
{
  const dc_quota_row *a = left, *b = right;
  if (a->day != b->day) return a->day < b->day ? -1 : 1;
  if (a->hash != b->hash) return a->hash < b->hash ? -1 : 1;
  if (a->amount != b->amount) return a->amount < b->amount ? -1 : 1;
  return (a->row > b->row) - (a->row < b->row);
}

static dc_status read_quotas(dc_quotas *q, dc_error *error)
{
  q->arena = dc_arena_new();
  q->rows = malloc((q->n + 1) * sizeof *q->rows);
  q->used = calloc(q->n + 1, sizeof *q->used);
  if (!q->arena || !q->rows || !q->used) return dc_fail_memory(error, "reading quotas");
  dc_status status = reject_rows(q, error);
  if (status == DC_OK) status = check_currency(q, error);
  if (status == DC_OK) status = measure_step(q, error);
  if (status != DC_OK) return status;
  place(q);
  status = find_scope_columns(q, error);
  if (status == DC_OK) status = name_rows(q, error);
  if (status == DC_OK) status = list_wanted(q, error);
  for (size_t k = 0; k < q->n && status == DC_OK; k++) q->used[q->rows[k].row] = q->rows[k].period >= 0;
  if (status == DC_OK) qsort(q->rows, q->n, sizeof *q->rows, compare_rows);
  return status;
}

dc_status dc_quotas_new(dc_resolved *r, const dc_scopes *scopes, const dc_periods *periods, dc_quotas **out,
                        dc_error *error)
{
  *out = NULL;
  if (!r->quotas.load) return DC_OK;
  dc_quotas *q = calloc(1, sizeof *q);
  if (!q) return dc_fail_memory(error, "reading quotas");
  q->r = r;
  q->scopes = scopes;
  q->periods = periods;
  q->table = r->quotas.load->table;
  q->n = q->table->rows;
  dc_status status = read_quotas(q, error);
  if (status == DC_OK)
    *out = q;
  else
    dc_quotas_free(q);
  return status;
}

void dc_quotas_free(dc_quotas *q)
{
  if (!q) return;
  for (size_t g = 0; q->quota && g < q->scopes->n; g++) free(q->quota[g]);
  dc_arena_free(q->arena);
  free(q->rows);
  free(q->used);
  free(q);
}

const dc_wanted *dc_quotas_wanted(const dc_quotas *q) { return q ? q->wanted : NULL; }

double dc_quota_of(const dc_quotas *q, size_t grouping, size_t scope, int period)
{
  return q ? q->quota[grouping][scope * (size_t)q->periods->n + (size_t)period] : NAN;
}

bool dc_quota_is_used(const dc_quotas *q, size_t row) { return q->used[row]; }
