/* Fields, defects, spellings and duplicates as tables. */
#include "engine/insight/quality_parts.h"
#include "engine/run/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *sheet_name(const dc_sheet *sheet) { return sheet->kind == DC_SHEET_HISTORY ? "history" : "deals"; }

static const char *column_name(const dc_sheet *sheet, int column)
{
  return column < 0 ? NULL : sheet->table->columns[column].name;
}

/* field: the column's name, else the role's, or "rows". */
static void put_score(dc_check_run *run)
{
  static const dc_field_spec fields[] = {{"field", DC_FIELD_TEXT},     {"role", DC_FIELD_TEXT},
                                         {"should", DC_FIELD_INTEGER}, {"filled", DC_FIELD_INTEGER},
                                         {"wrong", DC_FIELD_INTEGER},  {"completeness", DC_FIELD_RATIO},
                                         {"accuracy", DC_FIELD_RATIO}, {"score", DC_FIELD_NUMBER},
                                         {"weight", DC_FIELD_NUMBER},  {NULL, DC_FIELD_TEXT}};
  dc_result_table *table = dc_result_add(run->base.result, "score", fields);
  for (size_t k = 0; k < run->score.n_fields; k++) {
    const dc_score_field *one = &run->score.fields[k];
    const char *column = column_name(run->sheet, one->column);
    const char *role = one->role == DC_ROLE_NONE ? NULL : dc_role_name(one->role);
    dc_put_text(table, column ? column : role ? role : "rows");
    dc_put_text(table, role ? role : column ? NULL : "rows");
    dc_put_integer(table, one->should);
    dc_put_integer(table, one->filled);
    dc_put_integer(table, one->wrong);
    dc_put_number(table, one->completeness);
    dc_put_number(table, one->accuracy);
    dc_put_number(table, one->score);
    dc_put_number(table, one->weight);
  }
}

/* One line of `defects`, from a rule or a finding. */
typedef struct defect {
  const dc_sheet *sheet;
  const char *name, *column, *what, *fix, *no_cost;
  dc_defect_kind kind;
  dc_role field;
  int at; /* column, for the order */
  int severity;
  int64_t count, of, line;
  double money, cost;
  const char *file;
} defect;

static double known(double x) { return isnan(x) ? -1 : x; }

static int descending(double a, double b) { return (a < b) - (a > b); }

/* Without which there is no forecast, first; then by what it costs, by severity, by money, by count. */
static int by_cost(const void *left, const void *right)
{
  const defect *a = left, *b = right;
  bool vital_a = a->kind == DC_DEFECT_NEEDED && a->severity == 3,
       vital_b = b->kind == DC_DEFECT_NEEDED && b->severity == 3;
  if (vital_a != vital_b) return vital_a ? -1 : 1;
  int order = descending(fmax(known(a->cost), 0), fmax(known(b->cost), 0));
  if (!order) order = b->severity - a->severity;
  if (!order) order = descending(known(a->money), known(b->money));
  if (!order) order = (a->count < b->count) - (a->count > b->count);
  if (!order) order = strcmp(a->name, b->name);
  return order ? order : a->at - b->at;
}

static defect defect_of_rule(const dc_sheet *sheet, const dc_rule *rule)
{
  const dc_column *column = dc_rule_column(sheet, rule);
  defect one = {.sheet = sheet, .name = rule->name, .kind = rule->kind, .severity = rule->severity};
  one.column = column ? column->name : NULL;
  one.at = column ? (int)(column - sheet->table->columns) : -1;
  one.field = rule->field;
  one.what = rule->what;
  one.fix = rule->fix;
  one.count = rule->struck;
  one.of = rule->could;
  one.money = rule->money;
  one.cost = rule->width_cost;
  one.no_cost = rule->no_cost;
  int file = 0;
  if (rule->first != DC_ID_NONE) dc_unit_place(sheet, rule->first, &file, &one.line);
  one.file = sheet->load->inputs[file].name;
  return one;
}

static defect defect_of_finding(const dc_sheet *sheet, const dc_finding *f)
{
  defect one = {.sheet = sheet, .name = f->name, .kind = f->kind, .severity = f->severity};
  one.column = column_name(sheet, f->column);
  one.at = f->column;
  one.field = f->field;
  one.what = f->what;
  one.fix = f->fix;
  one.count = f->count;
  one.of = f->of;
  one.money = f->money;
  one.cost = f->width_cost;
  one.no_cost = f->no_cost;
  one.line = f->line;
  one.file = sheet->load->inputs[f->file].name;
  return one;
}

static size_t list_defects(const dc_audit *q, defect *list)
{
  size_t n = 0;
  for (size_t s = 0; s < q->n_sheets; s++) {
    const dc_sheet *sheet = &q->sheets[s];
    for (size_t k = 0; k < sheet->n_rules; k++)
      if (sheet->rules[k].struck) list[n++] = defect_of_rule(sheet, &sheet->rules[k]);
    for (size_t k = 0; k < sheet->n_findings; k++) list[n++] = defect_of_finding(sheet, &sheet->findings[k]);
  }
  return n;
}

static void put_defect(dc_result_table *table, const defect *d)
{
  const char *why = isnan(d->cost) && !d->no_cost ? "rows of the history: see the deals" : d->no_cost;
  dc_put_text(table, d->name);
  dc_put_text(table, dc_defect_kind_name(d->kind));
  dc_put_text(table, sheet_name(d->sheet));
  dc_put_text(table, d->field == DC_ROLE_NONE ? NULL : dc_role_name(d->field));
  dc_put_text(table, d->column);
  dc_put_integer(table, d->severity);
  dc_put_integer(table, d->count);
  dc_put_integer(table, d->of);
  dc_put_number(table, d->of > 0 ? (double)d->count / (double)d->of : NAN);
  dc_put_number(table, d->money);
  dc_put_number(table, d->cost);
  dc_put_text(table, why);
  dc_put_text(table, d->file);
  dc_put_integer(table, d->line ? d->line : DC_INTEGER_NULL);
  dc_put_text(table, d->what);
  dc_put_text(table, d->fix);
}

static void put_defects(dc_check_run *run)
{
  static const dc_field_spec fields[] = {
      {"defect", DC_FIELD_TEXT},   {"kind", DC_FIELD_TEXT},        {"sheet", DC_FIELD_TEXT},
      {"field", DC_FIELD_TEXT},    {"column", DC_FIELD_TEXT},      {"severity", DC_FIELD_INTEGER},
      {"count", DC_FIELD_INTEGER}, {"of", DC_FIELD_INTEGER},       {"share", DC_FIELD_RATIO},
      {"money", DC_FIELD_MONEY},   {"width_cost", DC_FIELD_RATIO}, {"no_cost", DC_FIELD_TEXT},
      {"file", DC_FIELD_TEXT},     {"line", DC_FIELD_INTEGER},     {"what", DC_FIELD_TEXT},
      {"fix", DC_FIELD_TEXT},      {NULL, DC_FIELD_TEXT}};
  const dc_audit *q = run->quality;
  dc_result_table *table = dc_result_add(run->base.result, "defects", fields);
  size_t most = 0;
  for (size_t s = 0; s < q->n_sheets; s++) most += q->sheets[s].n_rules + q->sheets[s].n_findings;
  defect *list = malloc((most + 1) * sizeof *list);
  if (!list) {
    run->base.result->failed = true;
    return;
  }
  size_t n = list_defects(q, list);
  qsort(list, n, sizeof *list, by_cost);
  for (size_t k = 0; k < n; k++) put_defect(table, &list[k]);
  free(list);
}

static void put_variants(dc_check_run *run)
{
  static const dc_field_spec fields[] = {
      {"sheet", DC_FIELD_TEXT},   {"column", DC_FIELD_TEXT},   {"value", DC_FIELD_TEXT}, {"usual", DC_FIELD_TEXT},
      {"rows", DC_FIELD_INTEGER}, {"usual_in", DC_FIELD_TEXT}, {NULL, DC_FIELD_TEXT}};
  dc_result_table *table = dc_result_add(run->base.result, "variants", fields);
  for (size_t s = 0; s < run->quality->n_sheets; s++) {
    const dc_sheet *sheet = &run->quality->sheets[s];
    for (size_t k = 0; k < sheet->n_variants; k++) {
      const dc_variant *one = &sheet->variants[k];
      dc_put_text(table, sheet_name(sheet));
      dc_put_text(table, column_name(sheet, one->column));
      dc_put_text(table, one->word);
      dc_put_text(table, one->usual);
      dc_put_integer(table, one->count);
      dc_put_text(table, one->from);
    }
  }
}

static void put_unit_text(dc_result_table *table, const dc_sheet *sheet, size_t unit, dc_role role)
{
  size_t length;
  const char *text = dc_unit_text(sheet, unit, role, &length);
  dc_put_text_n(table, length ? text : NULL, length);
}

/* By rule, then by id, then by place. */
typedef struct copy {
  const dc_duplicate *duplicate;
  const char *id;
  size_t length;
} copy;

static int by_id(const void *left, const void *right)
{
  const copy *a = left, *b = right;
  if (a->duplicate->rule != b->duplicate->rule) return a->duplicate->rule - b->duplicate->rule;
  int order = memcmp(a->id, b->id, a->length < b->length ? a->length : b->length);
  if (!order) order = (a->length > b->length) - (a->length < b->length);
  if (order) return order;
  return (a->duplicate->unit > b->duplicate->unit) - (a->duplicate->unit < b->duplicate->unit);
}

static void put_copies(dc_check_run *run, dc_result_table *table, const dc_sheet *sheet)
{
  copy *list = malloc((sheet->n_duplicates + 1) * sizeof *list);
  if (!list) {
    run->base.result->failed = true;
    return;
  }
  for (size_t k = 0; k < sheet->n_duplicates; k++) {
    list[k].duplicate = &sheet->duplicates[k];
    list[k].id = dc_unit_text(sheet, sheet->duplicates[k].unit, DC_ROLE_ID, &list[k].length);
  }
  qsort(list, sheet->n_duplicates, sizeof *list, by_id);
  for (size_t k = 0; k < sheet->n_duplicates; k++) {
    const dc_duplicate *one = list[k].duplicate;
    int file, of_file;
    int64_t line, of_line;
    dc_unit unit;
    dc_unit_place(sheet, one->unit, &file, &line);
    dc_unit_place(sheet, one->of, &of_file, &of_line);
    dc_unit_read(sheet, one->unit, &unit);
    dc_put_text(table, sheet_name(sheet));
    dc_put_text(table, sheet->rules[one->rule].name);
    put_unit_text(table, sheet, one->unit, DC_ROLE_ID);
    put_unit_text(table, sheet, one->of, DC_ROLE_ID);
    put_unit_text(table, sheet, one->unit, DC_ROLE_ACCOUNT);
    dc_put_number(table, unit.amount);
    dc_put_text(table, sheet->load->inputs[file].name);
    dc_put_integer(table, line);
    dc_put_integer(table, of_line);
  }
  free(list);
}

static void put_duplicates(dc_check_run *run)
{
  static const dc_field_spec fields[] = {{"sheet", DC_FIELD_TEXT},      {"defect", DC_FIELD_TEXT},
                                         {"deal_id", DC_FIELD_TEXT},    {"of_deal_id", DC_FIELD_TEXT},
                                         {"account", DC_FIELD_TEXT},    {"amount", DC_FIELD_MONEY},
                                         {"file", DC_FIELD_TEXT},       {"line", DC_FIELD_INTEGER},
                                         {"of_line", DC_FIELD_INTEGER}, {NULL, DC_FIELD_TEXT}};
  dc_result_table *table = dc_result_add(run->base.result, "duplicates", fields);
  for (size_t s = 0; s < run->quality->n_sheets; s++) put_copies(run, table, &run->quality->sheets[s]);
}

void dc_check_tables(dc_check_run *run)
{
  put_score(run);
  put_defects(run);
  put_variants(run);
  put_duplicates(run);
}
