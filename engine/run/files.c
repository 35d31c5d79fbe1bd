#include "engine/run/files.h"

#include "engine/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_REQUESTS = 64, MOST_SKIPPED = 1000000 };

typedef struct requests {
  dc_role_request items[MOST_REQUESTS];
  char text[MOST_REQUESTS][128];
  size_t n, mapped; /* mapped: those of --map, which come first */
  dc_shape shape;
  const char *key;
} requests;

/* --map speaks of one file: each shape takes the roles that only it has, the deals the rest. */
static bool speaks_of(dc_shape shape, bool alone, dc_role role)
{
  switch (shape) {
    case DC_SHAPE_DEALS: return role != DC_ROLE_PERIOD_START;
    case DC_SHAPE_HISTORY: return alone && role != DC_ROLE_PERIOD_START;
    case DC_SHAPE_ACCOUNTS: return role == DC_ROLE_ACCOUNT;
    case DC_SHAPE_QUOTAS:
      return role == DC_ROLE_PERIOD_START || role == DC_ROLE_AMOUNT || role == DC_ROLE_CURRENCY ||
             role == DC_ROLE_OWNER || role == DC_ROLE_REGION || role == DC_ROLE_PRODUCT;
    case DC_SHAPE_OTHER: break;
  }
  return false;
}

/* --map first, then the INI: the first request for a role wins. */
static dc_status collect_requests(const dc_job *job, const dc_config *config, dc_shape shape, requests *r,
                                  dc_error *error)
{
  r->n = 0;
  r->shape = shape;
  for (size_t k = 0; k < job->maps.count; k++) {
    const char *sign = strchr(job->maps.items[k], '=');
    size_t length = sign ? (size_t)(sign - job->maps.items[k]) : 0;
    if (!sign || length >= sizeof r->text[0] || r->n == MOST_REQUESTS)
      return dc_fail(error, DC_E_USAGE, "--map wants ROLE=COLUMN, not '%s'", job->maps.items[k]);
    memcpy(r->text[r->n], job->maps.items[k], length);
    r->text[r->n][length] = '\0';
    if (!speaks_of(shape, job->files.count == 0, dc_role_parse(r->text[r->n]))) continue;
    r->items[r->n] = (dc_role_request){r->text[r->n], sign + 1};
    r->n++;
  }
  r->mapped = r->n;
  for (size_t k = 0; k < config->n_columns && r->n < MOST_REQUESTS && shape != DC_SHAPE_ACCOUNTS; k++)
    r->items[r->n++] = (dc_role_request){config->columns[k].role, config->columns[k].column};
  return DC_OK;
}

/* What --map says of the deals may name columns that accounts and quotas do not have. */
static void keep_present(const dc_table *table, requests *r)
{
  size_t kept = 0;
  for (size_t k = 0; k < r->mapped; k++) {
    bool present = false;
    for (size_t c = 0; c < table->n_columns; c++) present |= dc_text_same(r->items[k].column, table->columns[c].name);
    if (present) r->items[kept++] = r->items[k];
  }
  r->mapped = kept;
}

static dc_type expect(void *context, const char *name)
{
  const requests *r = context;
  if (r->shape == DC_SHAPE_OTHER) return dc_text_same(r->key, name) ? DC_TYPE_TEXT : DC_TYPE_EMPTY;
  return dc_roles_expect(name, r->shape, r->items, r->n);
}

/* --columns and --skip speak of the deals, or of the history when it is all there is. */
dc_status dc_ask_for_layout(const dc_job *job, dc_load_request *request, dc_error *error)
{
  if (job->columns.count) {
    request->names = job->columns.items;
    request->n_names = job->columns.count;
  }
  if (!job->skip) return DC_OK;
  char *end;
  errno = 0;
  long lines = strtol(job->skip, &end, 10);
  if (*end || *job->skip < '0' || *job->skip > '9' || errno || lines > MOST_SKIPPED)
    return dc_fail(error, DC_E_USAGE, "--skip takes a whole number from 0 to %d, not '%.60s'", (int)MOST_SKIPPED,
                   job->skip);
  request->skip = lines + 1;
  return DC_OK;
}

/* How numbers and dates are written, where job or configuration say so. */
static void set_conventions(const dc_job *job, const dc_config *config, dc_shape shape, dc_load_request *request)
{
  int fiscal_start = job->fiscal_start ? job->fiscal_start : config->fiscal_start;
  request->decimal = job->decimal ? (dc_decimal)job->decimal : config->decimal;
  request->dates.order = job->dates ? (dc_day_order)job->dates : config->dates;
  if (job->excel_1904) request->dates.bare = DC_BARE_EXCEL_1904;
  /* A fiscal year that does not begin in January numbers its quarters otherwise, and its name says not how. */
  request->dates.periods = shape == DC_SHAPE_QUOTAS && fiscal_start <= 1;
}

dc_status dc_loaded_read(const dc_job *job, const dc_config *config, const dc_strings *files, dc_shape shape,
                         const char *key, int threads, dc_loaded *out, dc_error *error)
{
  requests r;
  out->key = -1;
  if (files->count == 0) return DC_OK;
  dc_status status = collect_requests(job, config, shape, &r, error);
  if (status != DC_OK) return status;
  r.key = key;
  dc_load_request request = {.paths = files->items,
                             .n_paths = files->count,
                             .threads = threads,
                             .strict = job->strict,
                             .keep_rejects = job->take_reject != NULL,
                             .hide_rows = job->hide_names,
                             .expect = expect,
                             .context = &r};
  set_conventions(job, config, shape, &request);
  request.encoding = job->encoding;
  if (shape == DC_SHAPE_DEALS || (shape == DC_SHAPE_HISTORY && job->files.count == 0))
    status = dc_ask_for_layout(job, &request, error);
  if (status == DC_OK) status = dc_load_csv(&request, &out->load, error);
  if (status != DC_OK) return status;
  out->load->duplicates = job->duplicates;
  if (shape == DC_SHAPE_ACCOUNTS || shape == DC_SHAPE_QUOTAS) keep_present(out->load->table, &r);
  /* dc_roles_find reads the INI itself. */
  status = dc_roles_find(out->load->table, files->items[0], shape, shape == DC_SHAPE_OTHER ? NULL : config, r.items,
                         r.mapped, &out->roles, error);
  if (status == DC_OK) status = dc_load_look_up(out->load, out->roles->column[DC_ROLE_AMOUNT], error);
  if (status == DC_OK && !job->take_reject) dc_load_close(out->load);
  return status;
}

void dc_loaded_clear(dc_loaded *l)
{
  dc_roles_free(l->roles);
  dc_load_free(l->load);
}

dc_status dc_loaded_check(const dc_loaded *l, bool strict, dc_error *error)
{
  for (size_t k = 0; l->load && strict && k < l->load->rejects.count; k++) {
    const dc_reject *one = &l->load->rejects.items[k];
    if (one->whole_row)
      return dc_fail_at(error, DC_E_INPUT, l->load->inputs[one->file].name, one->line, one->column,
                        "%s: the row cannot be used, and --strict allows no such row", one->rule);
  }
  return DC_OK;
}
