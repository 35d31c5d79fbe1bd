#include "tests/insight/audits.h"

#include "tests/check.h"

audit audit_of(const char *deals, const char *history, const char *ini, const char *as_of)
{
  audit a = {log_of(deals, history, ini), NULL};
  dc_error error = {DC_OK, 0, 0, "", ""};
  dc_audit_request request = {
      .sources = {a.log->loads[0], a.log->loads[1], a.log->roles[0], a.log->roles[1], a.log->config},
      .log = a.log->deals,
      .as_of = *as_of ? day_of(as_of) : a.log->deals->export_day,
      .threads = 2};
  check_ok(dc_audit_new(&request, &a.quality, &error), &error);
  return a;
}

void audit_free(audit *a)
{
  dc_audit_free(a->quality);
  log_free(a->log);
}

const dc_rule *rule_of(const audit *a, const char *name, const char *column)
{
  const dc_sheet *sheet = &a->quality->sheets[0];
  for (size_t k = 0; k < sheet->n_rules; k++) {
    const dc_column *c = dc_rule_column(sheet, &sheet->rules[k]);
    bool same = !column || (c && strcmp(c->name, column) == 0);
    if (same && strcmp(sheet->rules[k].name, name) == 0) return &sheet->rules[k];
  }
  return NULL;
}

int64_t struck(const audit *a, const char *name, const char *column)
{
  const dc_sheet *sheet = &a->quality->sheets[0];
  const dc_rule *rule = rule_of(a, name, column);
  if (rule) return rule->struck;
  for (size_t k = 0; k < sheet->n_findings; k++) {
    const dc_finding *f = &sheet->findings[k];
    bool same = !column || (f->column >= 0 && strcmp(sheet->table->columns[f->column].name, column) == 0);
    if (same && strcmp(f->name, name) == 0) return f->count;
  }
  return -1;
}
