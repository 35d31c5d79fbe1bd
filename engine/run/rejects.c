/* What became of every row that was read, and the rows that could not be used. */
#include "engine/ingest/dialect.h"
#include "engine/run/rejects.h"

/* The files in the order in which they are told of; NULL behind the last. */
dc_loaded *dc_resolved_file(dc_resolved *r, size_t k)
{
  dc_loaded *const files[] = {&r->deals, &r->history, &r->accounts, &r->quotas, &r->rates};
  enum { FILES = sizeof files / sizeof *files };
  if (k < FILES) return files[k];
  return k < FILES + r->n_joins ? &r->joins[k - FILES] : NULL;
}

/* Rows of deals and changes that did not exist yet on the as-of day are counted apart. */
static void count_later(dc_resolved *r)
{
  const dc_deals *log = r->log;
  dc_load *load = r->deals.load;
  for (size_t i = 0; load && i < log->n; i++) {
    if (log->known[i] > r->as_of && log->row[i] != DC_ID_NONE) dc_load_set_aside(load, log->row[i], DC_ROW_AFTER_AS_OF);
  }
  load = r->history.load;
  if (!load) return;
  const dc_column *when = &load->table->columns[r->history.roles->column[DC_ROLE_CHANGED_AT]];
  for (size_t row = 0; row < load->table->rows; row++) {
    /* A missing day lies before every other. */
    bool used = load->fate[row] == DC_ROW_USED;
    if (used && dc_column_day(when, row, r->config->timezone_minutes) > r->as_of)
      dc_load_set_aside(load, row, DC_ROW_AFTER_AS_OF);
  }
}

/* How the file was read: null where it has no header and no footer. */
static void put_layout(const dc_input *in, dc_result_table *table)
{
  char sign[2];
  dc_put_text(table, in->encoding);
  dc_put_text(table, dc_delimiter_name(in->delimiter, sign));
  dc_put_integer(table, in->header_line ? in->header_line : DC_INTEGER_NULL);
  dc_put_integer(table, in->footer_line ? in->footer_line : DC_INTEGER_NULL);
}

static void inputs_of(const dc_loaded *loaded, dc_result_table *table)
{
  for (size_t k = 0; loaded->load && k < loaded->load->n_inputs; k++) {
    const dc_input *in = &loaded->load->inputs[k];
    const int64_t counts[] = {in->read,        in->used,     in->rejected, in->duplicate,
                              in->after_as_of, in->excluded, in->blank,    in->preamble};
    dc_put_text(table, in->name);
    dc_put_integer(table, (int64_t)in->bytes);
    dc_put_text(table, in->hash);
    put_layout(in, table);
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) dc_put_integer(table, counts[c]);
    dc_put_number(table, in->amount_read);
    for (int fate = 0; fate < DC_FATES; fate++) dc_put_number(table, in->amount[fate]);
    dc_put_integer(table, in->amount_unreadable);
  }
}

void dc_inputs_table(dc_resolved *r, dc_result *out)
{
  static const dc_field_spec inputs[] = {{"name", DC_FIELD_TEXT},
                                         {"bytes", DC_FIELD_INTEGER},
                                         {"hash", DC_FIELD_TEXT},
                                         {"encoding", DC_FIELD_TEXT},
                                         {"delimiter", DC_FIELD_TEXT},
                                         {"header_line", DC_FIELD_INTEGER},
                                         {"footer_line", DC_FIELD_INTEGER},
                                         {"read", DC_FIELD_INTEGER},
                                         {"used", DC_FIELD_INTEGER},
                                         {"rejected", DC_FIELD_INTEGER},
                                         {"duplicate", DC_FIELD_INTEGER},
                                         {"after_as_of", DC_FIELD_INTEGER},
                                         {"excluded", DC_FIELD_INTEGER},
                                         {"blank", DC_FIELD_INTEGER},
                                         {"preamble", DC_FIELD_INTEGER},
                                         {"amount_read", DC_FIELD_MONEY},
                                         {"amount_used", DC_FIELD_MONEY}, /* from here on in the order of dc_fate */
                                         {"amount_rejected", DC_FIELD_MONEY},
                                         {"amount_duplicate", DC_FIELD_MONEY},
                                         {"amount_after_as_of", DC_FIELD_MONEY},
                                         {"amount_excluded", DC_FIELD_MONEY},
                                         {"amount_preamble", DC_FIELD_MONEY},
                                         {"amount_unreadable", DC_FIELD_INTEGER},
                                         {NULL, DC_FIELD_TEXT}};
  dc_result_table *table = dc_result_add_inputs(out, inputs);
  dc_loaded *file;
  if (r->log) count_later(r);
  for (size_t k = 0; (file = dc_resolved_file(r, k)) != NULL; k++) {
    if (!file->load) continue;
    bool converted = r->money.converted && (file == &r->deals || file == &r->history);
    if (converted) dc_load_forget_amounts(file->load);
    dc_load_weigh(file->load, file->roles->column[DC_ROLE_AMOUNT]);
    inputs_of(file, table);
  }
}

static void rejects_of(const dc_loaded *loaded, dc_result_table *table)
{
  for (size_t k = 0; loaded->load && k < loaded->load->rejects.count; k++) {
    const dc_reject *one = &loaded->load->rejects.items[k];
    dc_put_text(table, loaded->load->inputs[one->file].name);
    dc_put_text(table, one->rule);
    dc_put_text(table, one->whole_row ? "row" : "cell");
    dc_put_text(table, one->column_name[0] ? one->column_name : NULL);
    dc_put_integer(table, one->count);
    dc_put_number(table, one->amount);
    dc_put_integer(table, one->line);
    int c = dc_table_find(loaded->load->table, one->column_name);
    bool personal = c >= 0 && dc_role_is_personal(loaded->roles->role[c]);
    dc_put_text(table, personal ? NULL : one->value);
  }
}

void dc_rejects_table(dc_resolved *r, dc_result *out)
{
  static const dc_field_spec rejects[] = {
      {"file", DC_FIELD_TEXT},          {"rule", DC_FIELD_TEXT},        {"level", DC_FIELD_TEXT},
      {"column", DC_FIELD_TEXT},        {"count", DC_FIELD_INTEGER},    {"amount", DC_FIELD_MONEY},
      {"first_line", DC_FIELD_INTEGER}, {"first_value", DC_FIELD_TEXT}, {NULL, DC_FIELD_TEXT}};
  const dc_loaded *file;
  dc_result_table *table = dc_result_add(out, "rejects", rejects);
  for (size_t k = 0; (file = dc_resolved_file(r, k)) != NULL; k++) rejects_of(file, table);
}

dc_status dc_rejects_tell(const dc_job *job, dc_resolved *r, dc_status so_far, dc_error *error)
{
  dc_loaded *file;
  dc_error own;
  dc_status status = DC_OK;
  bool wanted = job->take_reject && (so_far == DC_OK || dc_exit_code(so_far) != dc_exit_code(DC_E_SYSTEM));
  for (size_t k = 0; (file = dc_resolved_file(r, k)) != NULL; k++) {
    if (!file->load) continue;
    if (wanted && status == DC_OK) status = dc_load_tell_rejects(file->load, job->take_reject, job->take_context, &own);
    dc_load_close(file->load);
  }
  if (so_far != DC_OK || status == DC_OK) return so_far;
  if (error) *error = own;
  return status;
}
