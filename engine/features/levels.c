#include "engine/features/levels.h"

#include <stdlib.h>

void dc_levels_clear(dc_levels *levels)
{
  free(levels->of);
  *levels = (dc_levels){0, NULL};
}

static dc_status begin(size_t words, dc_levels *levels, dc_error *error)
{
  levels->n = 1;
  levels->of = calloc(words + 1, sizeof *levels->of);
  return levels->of ? DC_OK : dc_fail_memory(error, "counting words");
}

/* From marks to levels in order of code. */
static void number(size_t words, dc_levels *levels)
{
  levels->of[0] = 0;
  for (size_t code = 1; code < words; code++)
    if (levels->of[code]) levels->of[code] = (uint32_t)levels->n++;
}

/* Stages and owners of the history up to the day, and those of the deals file on the day of export. */
static dc_status find(const dc_deals *d, size_t words, bool stages, int32_t asked, dc_levels *levels, dc_error *error)
{
  dc_status status = begin(words, levels, error);
  for (size_t i = 0; status == DC_OK && i < d->n; i++) {
    for (uint64_t e = d->event_at[i]; e < d->event_at[i + 1] && d->events[e].day <= asked; e++)
      levels->of[stages ? d->events[e].stage : d->events[e].owner] = 1;
    if (asked >= d->export_day) levels->of[stages ? d->stage[i] : d->owner[i]] = 1;
  }
  if (status == DC_OK) number(words, levels);
  return status;
}

dc_status dc_levels_of_stages(const dc_deals *deals, int32_t asked, dc_levels *levels, dc_error *error)
{
  return find(deals, deals->stages.n, true, asked, levels, error);
}

dc_status dc_levels_of_owners(const dc_deals *deals, int32_t asked, dc_levels *levels, dc_error *error)
{
  return find(deals, deals->owners.n, false, asked, levels, error);
}

dc_status dc_levels_of_attribute(const dc_deals *deals, const dc_attribute *attribute, int32_t asked, dc_levels *levels,
                                 dc_error *error)
{
  dc_status status = begin(attribute->words.n, levels, error);
  for (size_t i = 0; status == DC_OK && i < deals->n; i++)
    if (deals->known[i] <= asked) levels->of[dc_deals_attribute(deals, attribute, i, asked)] = 1;
  if (status == DC_OK) number(attribute->words.n, levels);
  return status;
}
