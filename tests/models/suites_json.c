#include "tests/models/suites.h"

#include "tests/check.h"

#include <ctype.h>

static void skip_space(char **at)
{
  while (isspace((unsigned char)**at)) (*at)++;
}

static void expect(char **at, char c)
{
  skip_space(at);
  if (**at != c) fail_msg("JSON: expected '%c' at: %.40s", c, *at);
  (*at)++;
}

static char *string_of(char **at)
{
  expect(at, '"');
  char *made = malloc(strlen(*at) + 1), *to = made;
  assert_non_null(made);
  for (; **at && **at != '"'; (*at)++) {
    if (**at != '\\') {
      *to++ = **at;
      continue;
    }
    const char *from = "nrt\"\\/", *plain = "\n\r\t\"\\/", *found = strchr(from, *++*at);
    if (!found || !*found) fail_msg("JSON: an escape that no suite has: %.10s", *at);
    *to++ = plain[found - from];
  }
  *to = '\0';
  expect(at, '"');
  return made;
}

static void value_of(char **at, suite_json *value);

static void children_of(char **at, suite_json *value, char last)
{
  (*at)++;
  skip_space(at);
  while (**at != last) {
    value->child = realloc(value->child, (value->n + 1) * sizeof *value->child);
    assert_non_null(value->child);
    suite_json *child = &value->child[value->n++];
    *child = (suite_json){0};
    if (last == '}') {
      skip_space(at);
      child->name = string_of(at);
      expect(at, ':');
    }
    value_of(at, child);
    skip_space(at);
    if (**at != last) expect(at, ',');
  }
  (*at)++;
}

static void value_of(char **at, suite_json *value)
{
  skip_space(at);
  static const char *const words[] = {"true", "false", "null", "NaN", "Inf", "-Inf"};
  static const char kinds[] = "tf0nnn";
  static const double numbers[] = {1, 0, (double)NAN, (double)NAN, (double)INFINITY, -(double)INFINITY};
  for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
    if (strncmp(*at, words[k], strlen(words[k])) != 0) continue;
    value->kind = kinds[k];
    value->number = numbers[k];
    *at += strlen(words[k]);
    return;
  }
  char *end;
  switch (**at) {
    case '{': value->kind = 'o', children_of(at, value, '}'); return;
    case '[': value->kind = 'a', children_of(at, value, ']'); return;
    case '"': value->kind = 's', value->text = string_of(at), value->number = (double)NAN; return;
    default: value->kind = 'n', value->number = strtod(*at, &end);
  }
  if (end == *at) fail_msg("JSON: no value: %.40s", *at);
  *at = end;
}

suite_json *suite_json_read(const char *path)
{
  char *bytes = suite_read(path), *at = bytes;
  suite_json *json = calloc(1, sizeof *json);
  assert_non_null(json);
  value_of(&at, json);
  skip_space(&at);
  if (*at) fail_msg("%s: something behind the end: %.40s", path, at);
  free(bytes);
  return json;
}

static void clear(suite_json *json)
{
  for (size_t k = 0; k < json->n; k++) clear(&json->child[k]);
  free(json->child);
  free(json->name);
  free(json->text);
}

void suite_json_free(suite_json *json)
{
  if (!json) return;
  clear(json);
  free(json);
}

const suite_json *suite_json_get(const suite_json *object, const char *name)
{
  for (size_t k = 0; k < object->n; k++)
    if (object->child[k].name && strcmp(object->child[k].name, name) == 0) return &object->child[k];
  return NULL;
}

static const suite_json *must(const suite_json *object, const char *name)
{
  const suite_json *found = suite_json_get(object, name);
  if (!found) fail_msg("JSON: there is no %s", name);
  return found;
}

double suite_json_number(const suite_json *object, const char *name) { return must(object, name)->number; }

const char *suite_json_text(const suite_json *object, const char *name)
{
  const suite_json *found = must(object, name);
  if (found->kind != 's') fail_msg("JSON: %s is no text", name);
  return found->text;
}
