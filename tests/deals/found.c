#include "tests/deals/found.h"

#include "tests/check.h"
#include "tests/deals/tables.h"

static bool may_be_several(dc_role role) { return role == DC_ROLE_CONTACT || role == DC_ROLE_STAGE_DATE; }

dc_roles *found_roles(const dc_table *table, dc_shape shape, const dc_role_request *requests, size_t n)
{
  dc_roles *roles = NULL;
  dc_error error;
  check_ok(dc_roles_find(table, "deals.csv", shape, NULL, requests, n, &roles, &error), &error);
  assert_int_equal(roles->n_columns, table->n_columns);
  for (size_t c = 0; c < table->n_columns; c++) {
    assert_true(roles->why[c] && roles->why[c][0]);
    if (roles->role[c] == DC_ROLE_NONE) continue;
    int holder = roles->column[roles->role[c]];
    assert_true(holder == (int)c || (holder >= 0 && may_be_several(roles->role[c])));
  }
  return roles;
}

static const char *column_of(const dc_table *table, const dc_roles *roles, dc_role role)
{
  return roles->column[role] < 0 ? "" : table->columns[roles->column[role]].name;
}

void check_found(const dc_table *table, const dc_roles *roles, const char *expected)
{
  char found[4096], wanted[4096], line[300];
  found[0] = wanted[0] = '\0';
  for (int r = 1; r < DC_ROLES; r++) {
    const char *name = dc_role_name((dc_role)r), *column = column_of(table, roles, (dc_role)r), *at = expected;
    if (*column) sprintf(found + strlen(found), "%s=%s\n", name, column);
    for (size_t n = strlen(name); (at = strstr(at, name)); at++)
      if ((at == expected || at[-1] == '\n') && at[n] == '=') break;
    if (!at) continue;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
    sprintf(wanted + strlen(wanted), "%s\n", line);
  }
  assert_string_equal(found, wanted);
  size_t lines = 0, kept = 0;
  for (const char *p = expected; *p; p++) lines += *p == '\n';
  for (const char *p = wanted; *p; p++) kept += *p == '\n';
  assert_int_equal(lines, kept); /* a role's name mistyped in the test itself */
}

void check_roles(dc_shape shape, const char *csv, const char *expected, bool expected_too)
{
  dc_table *table = table_from(shape, csv);
  dc_roles *roles = found_roles(table, shape, NULL, 0);
  check_found(table, roles, expected);
  assert_int_equal(roles->closed_is_expected, expected_too);
  dc_roles_free(roles);
  dc_table_free(table);
}
