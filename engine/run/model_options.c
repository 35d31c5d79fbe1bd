#include "engine/run/model_options.h"

#include "dealcast/model/model.h"
#include "engine/base/text.h"
#include "engine/ingest/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LIST_BYTES = 400, MOST = 64 };

bool dc_model_name_at(size_t k, dc_model_name *model)
{
  size_t n;
  const dc_model *const *all = dc_model_all(&n);
  if (k >= n) return false;
  *model = (dc_model_name){all[k]->name, all[k]->summary, all[k]->source};
  return true;
}

static dc_setting describe(const dc_model_option *o)
{
  dc_setting s = {.meaning = o->meaning,
                  .flag = o->kind == DC_OPTION_FLAG,
                  .whole = o->kind == DC_OPTION_INTEGER,
                  .initial = o->initial,
                  .least = o->least,
                  .most = o->most,
                  .choices = o->kind == DC_OPTION_CHOICE ? o->choices : NULL};
  snprintf(s.name, sizeof s.name, "%s%.56s", s.flag && s.initial > 0 ? "no-" : "", o->name);
  return s;
}

bool dc_setting_at(const char *model, size_t k, dc_setting *setting)
{
  const dc_model *m = dc_model_find(model);
  if (!m || k >= m->n_options) return false;
  *setting = describe(&m->options[k]);
  return true;
}

/* "a, b, c" */
static void list_names(const char *const *names, size_t n, char *list)
{
  size_t used = 0;
  list[0] = '\0';
  for (size_t k = 0; k < n && used + 40 < LIST_BYTES; k++)
    used += (size_t)snprintf(list + used, LIST_BYTES - used, "%s%.36s", k ? ", " : "", names[k]);
}

dc_status dc_model_check(const char *name, dc_error *error)
{
  const char *names[MOST];
  char list[LIST_BYTES];
  size_t n;
  const dc_model *const *all = dc_model_all(&n);
  if (dc_model_find(name)) return DC_OK;
  if (n > MOST) n = MOST;
  for (size_t k = 0; k < n; k++) names[k] = all[k]->name;
  const char *near = dc_text_nearest(name, names, n);
  list_names(names, n, list);
  if (near) return dc_fail(error, DC_E_USAGE, "--model: there is no model '%.60s'; did you mean '%s'?", name, near);
  return dc_fail(error, DC_E_USAGE, "--model: there is no model '%.60s'; there are %s", name, list);
}

static dc_status parse_choice(const dc_model_option *o, const char *text, double *value, dc_error *error)
{
  char list[LIST_BYTES];
  size_t n = 0;
  for (; o->choices[n]; n++) {
    if (strcmp(o->choices[n], text) != 0) continue;
    *value = (double)n;
    return DC_OK;
  }
  const char *near = dc_text_nearest(text, o->choices, n);
  list_names(o->choices, n, list);
  return dc_fail(error, DC_E_USAGE, "--%s takes one of %s, not '%.60s'%s%s%s", o->name, list, text,
                 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static dc_status parse_number(const dc_model_option *o, const char *text, double *value, dc_error *error)
{
  const dc_number_style style = {.decimal = DC_DECIMAL_POINT};
  dc_number_cell cell;
  bool fine = *text && strspn(text, "+-.0123456789eE") == strlen(text) &&
              dc_number_read(text, strlen(text), &style, &cell) && cell.value >= o->least && cell.value <= o->most;
  if (fine && o->kind == DC_OPTION_INTEGER) fine = cell.value == floor(cell.value);
  if (!fine)
    return dc_fail(error, DC_E_USAGE, "--%s takes a %snumber from %g to %g, not '%.60s'", o->name,
                   o->kind == DC_OPTION_INTEGER ? "whole " : "", o->least, o->most, text);
  *value = cell.value;
  return DC_OK;
}

dc_status dc_setting_parse(const char *model, const char *text, size_t *place, double *value, dc_error *error)
{
  const dc_model *m = dc_model_find(model);
  dc_setting settings[MOST];
  const char *names[MOST], *sign = strchr(text, '=');
  size_t length = sign ? (size_t)(sign - text) : strlen(text), n = m && m->n_options < MOST ? m->n_options : 0;
  for (size_t k = 0; k < n; k++) {
    const dc_model_option *o = &m->options[k];
    settings[k] = describe(o);
    names[k] = settings[k].name;
    if (strlen(names[k]) != length || memcmp(names[k], text, length) != 0) continue;
    *place = k;
    if (o->kind == DC_OPTION_FLAG && sign) return dc_fail(error, DC_E_USAGE, "--%s takes no value", names[k]);
    if (o->kind == DC_OPTION_FLAG) {
      *value = o->initial > 0 ? 0 : 1;
      return DC_OK;
    }
    if (!sign) return dc_fail(error, DC_E_USAGE, "--%s needs a value", o->name);
    return o->kind == DC_OPTION_CHOICE ? parse_choice(o, sign + 1, value, error)
                                       : parse_number(o, sign + 1, value, error);
  }
  char typed[80];
  snprintf(typed, sizeof typed, "%.*s", length < 70 ? (int)length : 70, text);
  const char *near = n ? dc_text_nearest(typed, names, n) : NULL;
  return dc_fail(error, DC_E_USAGE, "model %s has no option '--%s'%s%s%s", model, typed,
                 near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "");
}
