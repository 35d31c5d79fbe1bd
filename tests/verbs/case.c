#include "tests/verbs/case.h"

#include "tests/check.h"
#include "tests/output/sample.h"

void case_begin(job_case *c)
{
  memset(c, 0, sizeof *c);
  c->folder = check_folder();
  c->job.as_of = DC_DATE_MISSING;
  c->job.horizon = 2;
  c->job.origins = 12;
  c->job.no_backtest = true;
  c->job.threads = 1;
}

void case_end(job_case *c)
{
  dc_strings *lists[] = {&c->job.files, &c->job.history, &c->job.accounts, &c->job.quotas,
                         &c->job.joins, &c->job.maps,    &c->job.by};
  dc_result_free(c->result);
  for (size_t k = 0; k < c->n_paths; k++) free(c->paths[k]);
  for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) free(lists[k]->items);
  remove_folder(c->folder);
}

const char *case_file(job_case *c, const char *name, const char *text)
{
  size_t room = strlen(c->folder) + strlen(name) + 2;
  char *path = malloc(room);
  assert_non_null(path);
  assert_true(c->n_paths < sizeof c->paths / sizeof *c->paths);
  snprintf(path, room, "%s/%s", c->folder, name);
  c->paths[c->n_paths++] = path;
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
  return path;
}

void case_add(dc_strings *list, const char *item)
{
  list->items = realloc(list->items, (list->count + 1) * sizeof *list->items);
  assert_non_null(list->items);
  list->items[list->count++] = item;
}

void case_run(job_case *c)
{
  dc_result_free(c->result);
  c->result = NULL;
  memset(&c->error, 0, sizeof c->error);
  check_ok(dc_run_forecast(&c->job, &c->result, &c->error), &c->error);
}

void case_run_fails(job_case *c, dc_status status, const char *part)
{
  dc_result *none = NULL;
  memset(&c->error, 0, sizeof c->error);
  check_fails(dc_run_forecast(&c->job, &none, &c->error), status, &c->error);
  assert_null(none);
  if (!strstr(c->error.message, part)) fail_msg("\"%s\" is not in: %s", part, c->error.message);
}

static const dc_result_table *find(const job_case *c, const char *table)
{
  const dc_result_table *t = strcmp(table, "inputs") == 0 ? c->result->inputs : dc_result_find(c->result, table);
  if (!t) fail_msg("no table %s", table);
  return t;
}

static const dc_cell *cell(const job_case *c, const char *table, size_t row, const char *field)
{
  const dc_result_table *t = find(c, table);
  int f = dc_field_index(t, field);
  if (f < 0) fail_msg("no field %s in %s", field, table);
  assert_true(row < t->rows);
  return &t->cells[row * t->n_fields + (size_t)f];
}

double case_number(const job_case *c, const char *table, size_t row, const char *field)
{
  return cell(c, table, row, field)->number;
}

int64_t case_integer(const job_case *c, const char *table, size_t row, const char *field)
{
  return cell(c, table, row, field)->integer;
}

const char *case_text(const job_case *c, const char *table, size_t row, const char *field)
{
  return cell(c, table, row, field)->text;
}

static bool matches(const job_case *c, const char *table, size_t row, const char *const *pairs)
{
  for (; pairs[0]; pairs += 2) {
    const char *text = case_text(c, table, row, pairs[0]);
    if (strcmp(text ? text : "", pairs[1]) != 0) return false;
  }
  return true;
}

size_t case_row(const job_case *c, const char *table, int period, const char *const *pairs)
{
  const dc_result_table *t = find(c, table);
  size_t found = t->rows;
  int64_t first = period < 0 ? 0 : case_integer(c, table, 0, "period_start"), start = first;
  for (int p = 0; p < period; p++) {
    int64_t next = INT64_MAX;
    for (size_t r = 0; r < t->rows; r++) {
      int64_t day = case_integer(c, table, r, "period_start");
      if (day > start && day < next) next = day;
    }
    start = next;
  }
  for (size_t r = 0; r < t->rows; r++) {
    if (period >= 0 && case_integer(c, table, r, "period_start") != start) continue;
    if (!matches(c, table, r, pairs)) continue;
    if (found < t->rows) fail_msg("%s has two rows with %s %s", table, pairs[0], pairs[1]);
    found = r;
  }
  if (found == t->rows) fail_msg("%s has no row with %s %s", table, pairs[0], pairs[1]);
  return found;
}

double case_total(const job_case *c, int period, const char *type, const char *id, const char *field)
{
  const char *const pairs[] = {"scope_type", type,        "scope_id", id ? id : "", "measure",
                               "amount",     "component", "total",    NULL,         NULL};
  return case_number(c, "forecast", case_row(c, "forecast", period, pairs), field);
}

bool case_warns(const job_case *c, const char *part)
{
  for (size_t k = 0; k < c->result->n_warnings; k++)
    if (strstr(c->result->warnings[k], part)) return true;
  return false;
}

static void balance_amounts(const job_case *c, size_t r)
{
  static const char *const parts[] = {"amount_used",        "amount_rejected", "amount_duplicate",
                                      "amount_after_as_of", "amount_excluded", "amount_preamble"};
  double sum = 0, read = case_number(c, "inputs", r, "amount_read");
  for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
    double x = case_number(c, "inputs", r, parts[k]);
    assert_int_equal(isnan(x), isnan(read));
    sum += x;
  }
  if (!isnan(read)) check_close(sum, read, 1e-12, 0);
}

void case_balances(const job_case *c)
{
  static const char *const parts[] = {"used", "rejected", "duplicate", "after_as_of", "excluded", "blank", "preamble"};
  assert_true(c->result->inputs->rows > 0);
  for (size_t r = 0; r < c->result->inputs->rows; r++) {
    int64_t sum = 0, read = case_integer(c, "inputs", r, "read");
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
      int64_t n = case_integer(c, "inputs", r, parts[k]);
      if (n < 0) fail_msg("%s: %s is %lld", case_text(c, "inputs", r, "name"), parts[k], (long long)n);
      sum += n;
    }
    if (sum != read)
      fail_msg("%s: %lld read, %lld told of", case_text(c, "inputs", r, "name"), (long long)read, (long long)sum);
    balance_amounts(c, r);
  }
}

int64_t case_input(const job_case *c, const char *name, const char *field)
{
  const char *const pairs[] = {"name", name, NULL};
  return case_integer(c, "inputs", case_row(c, "inputs", -1, pairs), field);
}
