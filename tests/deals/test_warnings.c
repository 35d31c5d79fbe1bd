#include "engine/deals/deals.h"
#include "engine/ingest/load.h"
#include "tests/check.h"

enum { TOLD_BYTES = 4096 };

static dc_type expect(void *context, const char *name)
{
  return dc_roles_expect(name, *(const dc_shape *)context, NULL, 0);
}

static void load(const char *folder, const char *text, dc_shape shape, dc_load **loaded, dc_roles **roles)
{
  char path[256];
  const char *const paths[] = {path};
  dc_error error;
  snprintf(path, sizeof path, "%s/file.csv", folder);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  dc_load_request request = {.paths = paths, .n_paths = 1, .threads = 1, .expect = expect, .context = &shape};
  check_ok(dc_load_csv(&request, loaded, &error), &error);
  check_ok(dc_roles_find((*loaded)->table, path, shape, NULL, NULL, 0, roles, &error), &error);
  unlink(path);
}

static void add(void *context, const char *sentence)
{
  char *told = context;
  size_t used = strlen(told);
  snprintf(told + used, TOLD_BYTES - used, "%s\n", sentence);
}

/* All sentences, a line each. */
static void warned(const char *text, const char *history, char *told)
{
  char *folder = check_folder();
  dc_deals_sources sources = {0};
  dc_config *config = NULL;
  dc_roles *roles[2] = {NULL, NULL};
  dc_deals *deals = NULL;
  dc_error error;
  load(folder, text, DC_SHAPE_DEALS, &sources.deals, &roles[0]);
  if (history) load(folder, history, DC_SHAPE_HISTORY, &sources.history, &roles[1]);
  check_ok(dc_config_read(NULL, &config, &error), &error);
  sources.config = config;
  sources.deals_roles = roles[0];
  sources.history_roles = roles[1];
  check_ok(dc_deals_new(&sources, &deals, &error), &error);
  told[0] = '\0';
  dc_deals_warn(deals, &sources, INT32_MAX, add, told);
  dc_deals_free(deals);
  dc_config_free(config);
  for (int i = 0; i < 2; i++) dc_roles_free(roles[i]);
  dc_load_free(sources.deals);
  dc_load_free(sources.history);
  rmdir(folder);
  free(folder);
}

static void check_told(const char *told, const char *part)
{
  if (!strstr(told, part)) fail_msg("\"%s\" was not said in:\n%s", part, told);
}

static void nothing_to_say(void **state)
{
  char told[TOLD_BYTES];
  (void)state;
  warned("id,stage,amount,created,closed\n1,Won,5,2024-01-01,2024-02-01\n2,Lost,5,2024-01-01,2024-02-01\n", NULL, told);
  assert_string_equal(told, "");
}

static void columns(void **state)
{
  char told[TOLD_BYTES];
  (void)state;
  warned("id,stage,amoumt,closed\n1,Won,5,2024-02-01\n2,Lost,6,2024-02-01\n", NULL, told);
  check_told(told, "wins are counted and not valued; give --map \"amount=amoumt\" if that is it\n");
  check_told(told,
             "no column of created dates is known, so neither are the ages of deals; give --map \"created=COLUMN\"");
  warned("id,stage,amount,created,expected close\n1,Won,5,2024-01-01,2024-02-01\n2,Lost,5,2024-01-01,2024-02-01\n",
         NULL, told);
  check_told(told, "no closing date is known, so \"expected close\" stands for it in won and lost deals");
  warned("id,stage,amount,created,closed\n1,Won,,,2024-02-01\n2,Lost,,,2024-02-01\n", NULL, told);
  check_told(told, "column \"amount\" is empty");
  check_told(told, "column \"created\" is empty");
}

static void stages(void **state)
{
  char told[TOLD_BYTES];
  (void)state;
  warned("id,stage,amount,created,closed\n1,Lost,5,2024-01-01,2024-02-01\n2,Stufe 2,5,2024-01-01,2024-02-01\n"
         "3,Stufe 1,5,2024-01-01,\n",
         NULL, told);
  check_told(told, "for a stage without a usual meaning: 2 (\"Stufe 1\", \"Stufe 2\"); where");
  check_told(told, "the closed deals (1) are all lost");
  warned("id,stage,amount,created,closed\n1,Demo,5,2024-01-01,\n", NULL, told);
  check_told(told, "no deal is closed yet");
}

static void rows(void **state)
{
  char told[TOLD_BYTES];
  (void)state;
  warned("id,stage,amount,created,closed\n1,Won,5,2024-03-01,2024-02-01\n2,Lost,5,2024-01-01,2024-02-01\n"
         "Grand Total,,10,,\n",
         NULL, told);
  check_told(told, "a bulk import: 1; their");
  check_told(told, "as they are no deals: 1");
}

static void disagreement(void **state)
{
  char told[TOLD_BYTES];
  (void)state;
  warned("id,stage,amount,created,closed\n1,Won,5,2024-01-01,2024-02-01\n2,Lost,5,2024-01-01,2024-02-01\n"
         "3,Won,5,2024-01-01,2024-02-01\n",
         "id,changed_at,stage\n1,2024-01-01,Demo\n1,2024-02-01,Won\n2,2024-01-01,Demo\n2,2024-02-01,Won\n"
         "4,2024-01-01,Demo\n",
         told);
  check_told(told, "than in the deals file: 1; the history stands");
  check_told(told, "that the deals file lacks: 1");
  check_told(told, "that the history lacks: 1");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_to_say), cmocka_unit_test(columns),
                                     cmocka_unit_test(stages), cmocka_unit_test(rows), cmocka_unit_test(disagreement)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
