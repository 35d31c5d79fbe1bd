#include "tests/deals/logs.h"

#include "engine/base/date.h"
#include "tests/ingest/loading.h"

enum { TEXT = 600 };

static dc_type expect(void *context, const char *name)
{
  return dc_roles_expect(name, *(const dc_shape *)context, NULL, 0);
}

static void load(deal_log *log, int which, const char *folder, const char *csv)
{
  dc_shape shape = which == 0 ? DC_SHAPE_DEALS : DC_SHAPE_HISTORY;
  char *path = file_of(folder, which == 0 ? "deals.csv" : "history.csv", csv, strlen(csv));
  const char *paths[] = {path};
  dc_load_request request = {.paths = paths, .n_paths = 1, .threads = 1, .expect = expect, .context = &shape};
  dc_error error = {DC_OK, 0, 0, "", ""};
  check_ok(dc_load_csv(&request, &log->loads[which], &error), &error);
  check_ok(dc_roles_find(log->loads[which]->table, path, shape, log->config, NULL, 0, &log->roles[which], &error),
           &error);
  assert_int_equal(remove(path), 0);
  free(path);
}

deal_log *log_of(const char *deals, const char *history, const char *ini)
{
  deal_log *log = calloc(1, sizeof *log);
  char *folder = check_folder(), *path = ini ? file_of(folder, "config.ini", ini, strlen(ini)) : NULL;
  dc_error error = {DC_OK, 0, 0, "", ""};
  assert_non_null(log);
  check_ok(dc_config_read(path, &log->config, &error), &error);
  if (deals) load(log, 0, folder, deals);
  if (history) load(log, 1, folder, history);
  dc_deals_sources sources = {log->loads[0], log->loads[1], log->roles[0], log->roles[1], log->config};
  check_ok(dc_deals_new(&sources, &log->deals, &error), &error);
  if (path) assert_int_equal(remove(path), 0);
  assert_int_equal(rmdir(folder), 0);
  free(path);
  free(folder);
  return log;
}

void log_free(deal_log *log)
{
  dc_deals_free(log->deals);
  for (int k = 0; k < 2; k++) {
    dc_roles_free(log->roles[k]);
    dc_load_free(log->loads[k]);
  }
  dc_config_free(log->config);
  free(log);
}

int32_t day_of(const char *text)
{
  int32_t day = DC_DATE_MISSING;
  if (*text && !dc_date_parse_iso(text, strlen(text), &day)) fail_msg("'%s' is no day", text);
  return day;
}

size_t deal_of(const deal_log *log, const char *id)
{
  for (size_t i = 0; i < log->deals->n; i++)
    if (log->deals->ids.length[i] == strlen(id) && !memcmp(log->deals->ids.text[i], id, strlen(id))) return i;
  fail_msg("there is no deal '%s'", id);
  return 0;
}

dc_view view_of(const deal_log *log, const char *id, const char *day)
{
  dc_view view;
  dc_deals_view(log->deals, deal_of(log, id), day_of(day), &view);
  return view;
}

static void add_day(char *text, const char *before, int32_t day)
{
  char date[DC_DATE_CHARS];
  size_t n = strlen(text);
  if (day != DC_DATE_MISSING) snprintf(text + n, TEXT - n, "%s%s", before, dc_date_format(day, date));
}

static void add_word(char *text, const char *before, const char *word)
{
  size_t n = strlen(text);
  if (*word) snprintf(text + n, TEXT - n, "%s%s", before, word);
}

const char *told_of(const deal_log *log, const char *id, const char *day)
{
  static const char *const states[] = {"absent", "open", "won", "lost"};
  static char text[TEXT];
  char number[40];
  dc_view v = view_of(log, id, day);
  snprintf(text, sizeof text, "%s", states[v.state + 1]);
  add_day(text, " ", v.closed);
  add_day(text, v.state == DC_STATE_OPEN ? " since " : ", since ", v.since);
  add_word(text, ", stage ", v.stage ? log->deals->stages.text[v.stage] : "");
  add_day(text, " since ", v.stage_since);
  snprintf(number, sizeof number, "%g", v.amount);
  add_word(text, ", amount ", isnan(v.amount) ? "" : number);
  add_day(text, ", expected ", v.expected);
  add_word(text, ", owner ", v.owner ? log->deals->owners.text[v.owner] : "");
  snprintf(number, sizeof number, "%d", v.pushes);
  add_word(text, ", pushes ", v.pushes ? number : "");
  return text;
}

const char *spells_of(const deal_log *log, const char *id)
{
  static const char *const states[] = {"open", "won", "lost"};
  static char text[TEXT];
  const dc_deals *d = log->deals;
  size_t i = deal_of(log, id);
  text[0] = '\0';
  for (uint64_t k = d->spell_at[i]; k < d->spell_at[i + 1]; k++) {
    const dc_spell *s = &d->spells[k];
    add_word(text, "", k > d->spell_at[i] ? "; " : "");
    add_word(text, "", s->start == DC_DATE_MISSING ? "?" : "");
    add_day(text, "", s->start);
    add_word(text, "", "..");
    add_day(text, "", s->end);
    add_word(text, " ", states[s->state]);
  }
  return text;
}
