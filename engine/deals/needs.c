/* What deals cannot be made without. */
#include "engine/deals/build.h"
#include "engine/deals/roles_parts.h"

#include <stdio.h>
#include <string.h>

enum { MORE_BYTES = 200 };

static bool has(const dc_roles *roles, dc_role role) { return roles->column[role] >= 0; }

static int64_t rows_rejected_as(const dc_load *load, const char *rule)
{
  for (size_t k = 0; k < load->rejects.count; k++)
    if (strcmp(load->rejects.items[k].rule, rule) == 0) return load->rejects.items[k].count;
  return 0;
}

/* Lines before the header make most rows longer than the "header". */
static dc_status fail_missing(const dc_deals_sources *s, dc_role role, const char *what, dc_error *error)
{
  char more[MORE_BYTES] = "";
  int64_t longer = rows_rejected_as(s->deals, "long row");
  if (longer > (int64_t)s->deals->table->rows)
    snprintf(
        more, sizeof more,
        "%lld rows have more fields than the first line: if the header stands further down, delete the lines above it",
        (long long)longer);
  return dc_role_fail_missing(s->deals->table, s->deals_roles, s->deals->inputs[0].path, role, what, more, error);
}

dc_status dc_needs_check(const dc_deals_sources *s, dc_error *error)
{
  if (!s->deals || s->history) return DC_OK;
  const dc_roles *roles = s->deals_roles;
  if (s->deals->table->rows == 0 && s->deals->rejects.count == 0)
    return dc_fail_at(error, DC_E_SHORT, s->deals->inputs[0].path, 0, 0,
                      "there is a header and no deal below it; export the deals, open, won and lost");
  if (!has(roles, DC_ROLE_STAGE) && !has(roles, DC_ROLE_OUTCOME) && !has(roles, DC_ROLE_IS_CLOSED) &&
      !has(roles, DC_ROLE_IS_WON) && !has(roles, DC_ROLE_WON_AT))
    return fail_missing(s, DC_ROLE_STAGE, "deals need a stage or an outcome that tells won, lost and open apart",
                        error);
  if (!has(roles, DC_ROLE_CREATED) && !has(roles, DC_ROLE_CLOSED) && !has(roles, DC_ROLE_WON_AT) &&
      !has(roles, DC_ROLE_LOST_AT) && !roles->expected_is_closed)
    return fail_missing(s, DC_ROLE_CREATED, "deals need a created or a closing date", error);
  return DC_OK;
}

dc_status dc_needs_fail_closed(const dc_deals_sources *s, dc_error *error)
{
  return fail_missing(s, DC_ROLE_CLOSED, "won and lost deals need a closing date (or a --history)", error);
}

static const dc_reject *most_frequent(const dc_rejects *rejects)
{
  const dc_reject *most = NULL;
  for (size_t k = 0; k < rejects->count; k++) {
    const dc_reject *r = &rejects->items[k];
    if (r->whole_row && (!most || r->count > most->count)) most = r;
  }
  return most;
}

static const char *name_of(const dc_deals_sources *s, dc_role role)
{
  int c = s->deals_roles->column[role];
  return c < 0 ? "" : s->deals->table->columns[c].name;
}

dc_status dc_needs_check_dated(const dc_deals_sources *s, bool dated, dc_error *error)
{
  if (!s->deals || s->history || dated) return DC_OK;
  const dc_input *in = &s->deals->inputs[0];
  int64_t read = 0, used = 0;
  for (size_t f = 0; f < s->deals->n_inputs; f++) {
    read += s->deals->inputs[f].read - s->deals->inputs[f].blank;
    used += s->deals->inputs[f].used;
  }
  const dc_reject *r = most_frequent(&s->deals->rejects);
  if (used == 0 && r)
    return dc_fail_at(error, DC_E_INPUT, s->deals->inputs[r->file].path, r->line, r->column,
                      "none of the %lld rows can be used: %lld rejected as \"%s\", the first here%s%s%s",
                      (long long)read, (long long)r->count, r->rule, r->column_name[0] ? ", in column \"" : "",
                      r->column_name, r->column_name[0] ? "\"" : "");
  if (used == 0)
    return dc_fail_at(error, DC_E_SHORT, in->path, 0, 0,
                      "none of the %lld rows is a deal: their stages say that they are to be ignored", (long long)read);
  const char *created = name_of(s, DC_ROLE_CREATED), *closed = name_of(s, DC_ROLE_CLOSED);
  return dc_fail_at(
      error, DC_E_SHORT, in->path, 0, 0,
      "none of the %lld deals has a date in %s%s%s, so there is no day to forecast from; fill in when they "
      "were created and closed, or name other columns with --map created=COLUMN and --map closed=COLUMN",
      (long long)used, created, *created && *closed ? " or " : "", closed);
}
