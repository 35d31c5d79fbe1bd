#include "engine/run/model_json.h"

#include "engine/base/arena.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *dc_transform_key(dc_transform transform)
{
  static const char *const names[DC_TRANSFORMS] = {"none", "log", "log1p", "sqrt", "power"};
  return names[transform];
}

const char *dc_kind_key(dc_term_kind kind)
{
  static const char *const names[] = {"number", "factor", "slopes", "smooth", "effect"};
  return names[kind];
}

dc_status dc_model_bad(const dc_model_reader *r, const char *format, ...)
{
  char what[256];
  va_list list;
  va_start(list, format);
  vsnprintf(what, sizeof what, format, list);
  va_end(list);
  return dc_fail_at(r->error, DC_E_INPUT, r->file, 0, 0, "the model file is damaged, or was written by hand: %s", what);
}

static dc_status no_memory(const dc_model_reader *r) { return dc_fail_memory(r->error, "reading a model"); }

dc_status dc_model_text_of(const dc_model_reader *r, const json_t *object, const char *name, char **text)
{
  const json_t *value = json_object_get(object, name);
  if (!json_is_string(value)) return dc_model_bad(r, "\"%s\" is no text", name);
  *text = dc_arena_copy(r->arena, json_string_value(value), json_string_length(value));
  return *text ? DC_OK : no_memory(r);
}

dc_status dc_model_flag_of(const dc_model_reader *r, const json_t *object, const char *name, bool *flag)
{
  const json_t *value = json_object_get(object, name);
  if (!json_is_boolean(value)) return dc_model_bad(r, "\"%s\" is neither true nor false", name);
  *flag = json_is_true(value);
  return DC_OK;
}

static bool number(const json_t *value, bool null, double *to)
{
  if (null && json_is_null(value)) {
    *to = NAN;
    return true;
  }
  *to = json_number_value(value);
  return json_is_number(value) && isfinite(*to);
}

static bool whole(const json_t *value, uint32_t most, uint32_t *to)
{
  double x;
  if (!number(value, false, &x) || x < 0 || x > most || x != floor(x)) return false;
  *to = (uint32_t)x;
  return true;
}

dc_status dc_model_number_of(const dc_model_reader *r, const json_t *object, const char *name, bool null, double *to)
{
  return number(json_object_get(object, name), null, to) ? DC_OK : dc_model_bad(r, "\"%s\" is no finite number", name);
}

dc_status dc_model_whole_of(const dc_model_reader *r, const json_t *object, const char *name, bool null, uint32_t most,
                            uint32_t *to)
{
  const json_t *value = json_object_get(object, name);
  *to = UINT32_MAX;
  if (null && json_is_null(value)) return DC_OK;
  if (whole(value, most, to)) return DC_OK;
  return dc_model_bad(r, "\"%s\" is no whole number from 0 to %u", name, (unsigned)most);
}

dc_status dc_model_word_of(const dc_model_reader *r, const json_t *object, const char *name, const char *const *words,
                           size_t n, size_t *place)
{
  const char *text = json_string_value(json_object_get(object, name));
  for (size_t k = 0; k < n && text; k++) {
    *place = k;
    if (words[k] && strcmp(words[k], text) == 0) return DC_OK;
  }
  return dc_model_bad(r, "\"%s\" is not known: %.40s", name, text ? text : "no text");
}

dc_status dc_model_array_of(const dc_model_reader *r, const json_t *object, const char *name, size_t n,
                            const json_t **array)
{
  *array = json_object_get(object, name);
  if (!json_is_array(*array)) return dc_model_bad(r, "\"%s\" is no list", name);
  size_t length = json_array_size(*array);
  if (n != SIZE_MAX && length != n) return dc_model_bad(r, "\"%s\" has %zu items in place of %zu", name, length, n);
  return DC_OK;
}

dc_status dc_model_numbers_of(const dc_model_reader *r, const json_t *object, const char *name, bool null, size_t n,
                              double **numbers)
{
  const json_t *array;
  dc_status status = dc_model_array_of(r, object, name, n, &array);
  if (status != DC_OK) return status;
  *numbers = dc_arena_alloc(r->arena, n + 1, sizeof **numbers);
  if (!*numbers) return no_memory(r);
  for (size_t k = 0; k < n; k++)
    if (!number(json_array_get(array, k), null, &(*numbers)[k]))
      return dc_model_bad(r, "item %zu of \"%s\" is no finite number", k + 1, name);
  return DC_OK;
}
