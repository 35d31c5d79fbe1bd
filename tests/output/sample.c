#include "tests/output/sample.h"

#include "dealcast/table.h"
#include "tests/check.h"

#include <dirent.h>

dc_result *sample_result(const char *text)
{
  static const dc_field_spec values[] = {
      {"number", DC_FIELD_NUMBER}, {"money", DC_FIELD_MONEY}, {"ratio", DC_FIELD_RATIO}, {"integer", DC_FIELD_INTEGER},
      {"date", DC_FIELD_DATE},     {"text", DC_FIELD_TEXT},   {"bool", DC_FIELD_BOOL},   {NULL, DC_FIELD_TEXT}};
  static const dc_field_spec names[] = {{"name", DC_FIELD_TEXT}, {NULL, DC_FIELD_TEXT}};
  dc_result *result = dc_result_new("dealcast.sample/1");
  assert_non_null(result);
  dc_set_text(result, &result->run, "version", "0");
  dc_set_date(result, &result->run, "as_of", 0);
  dc_set_integer(result, &result->options, "horizon", 3);
  dc_put_text(dc_result_add_inputs(result, names), "deals.csv");
  dc_result_table *table = dc_result_add(result, "values", values);
  dc_put_number(table, 0.1);
  dc_put_number(table, -12.5);
  dc_put_number(table, 1);
  dc_put_integer(table, -7);
  dc_put_date(table, 19723);
  dc_put_text(table, text);
  dc_put_bool(table, true);
  dc_put_number(table, NAN);
  dc_put_number(table, INFINITY);
  dc_put_number(table, -INFINITY);
  dc_put_integer(table, DC_INTEGER_NULL);
  dc_put_date(table, DC_DATE_MISSING);
  dc_put_text(table, NULL);
  dc_put_bool(table, false);
  dc_put_text(dc_result_add(result, "names", names), text);
  dc_warn(result, "mind the %s", "gap");
  return result;
}

char *read_whole(const char *path)
{
  FILE *file = fopen(path, "rb");
  if (!file) fail_msg("%s cannot be read", path);
  size_t used = 0, size = 1 << 16;
  char *text = malloc(size);
  assert_non_null(text);
  for (size_t n; (n = fread(text + used, 1, size - used - 1, file)) > 0;) {
    used += n;
    if (size - used > 1) continue;
    size *= 2;
    text = realloc(text, size);
    assert_non_null(text);
  }
  text[used] = '\0';
  fclose(file);
  return text;
}

char *path_in(const char *folder, const char *name)
{
  size_t size = strlen(folder) + strlen(name) + 2;
  char *path = malloc(size);
  assert_non_null(path);
  snprintf(path, size, "%s/%s", folder, name);
  return path;
}

int count_files(const char *folder)
{
  int count = 0;
  DIR *entries = opendir(folder);
  assert_non_null(entries);
  for (const struct dirent *e; (e = readdir(entries));) count += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
  closedir(entries);
  return count;
}

void remove_folder(char *folder)
{
  DIR *entries = opendir(folder);
  assert_non_null(entries);
  for (const struct dirent *e; (e = readdir(entries));) {
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
    char *path = path_in(folder, e->d_name);
    if (remove(path) == 0)
      free(path);
    else
      remove_folder(path);
  }
  closedir(entries);
  rmdir(folder);
  free(folder);
}
