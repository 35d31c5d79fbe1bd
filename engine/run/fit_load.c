/* Files of any shape as one table for a model. */
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/run/fit.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

typedef struct wanted {
  const dc_job *job;
  const dc_recipe *recipe; /* of a saved fit; NULL = by content */
} wanted;

static const dc_recipe_column *column_of(const wanted *w, const char *name)
{
  for (size_t c = 0; w->recipe && c < w->recipe->n_columns; c++)
    if (dc_recipe_predicts(w->recipe, c) && dc_text_same(w->recipe->columns[c].name, name))
      return &w->recipe->columns[c];
  return NULL;
}

static dc_type expect(void *context, const char *name)
{
  const wanted *w = context;
  const dc_recipe_column *column = column_of(w, name);
  if (column && column->type == DC_TYPE_INSTANT) return DC_TYPE_DATE; /* it is one when it has times of day */
  if (column) return column->type;
  return w->job->id && dc_text_same(w->job->id, name) ? DC_TYPE_TEXT : DC_TYPE_EMPTY;
}

static bool known(void *context, const char *name, dc_number_style *number, dc_when_style *when)
{
  const dc_recipe_column *column = column_of(context, name);
  if (!column) return false;
  *number = column->number;
  *when = column->when;
  return true;
}

const char *dc_fit_file(const dc_fit_run *run) { return run->base.job->files.items[0]; }

dc_status dc_fit_load(dc_fit_run *run, const dc_saved *saved, dc_error *error)
{
  const dc_job *job = run->base.job;
  dc_resolved *r = &run->base.r;
  wanted w = {job, saved ? saved->recipe : NULL};
  r->job = job;
  r->threads = job->threads > 0 ? job->threads : omp_get_num_procs();
  r->as_of = DC_DATE_MISSING;
  r->deals.key = -1;
  dc_load_request request = {.paths = job->files.items,
                             .n_paths = job->files.count,
                             .threads = r->threads,
                             .strict = job->strict,
                             .keep_rejects = job->take_reject != NULL,
                             .decimal = (dc_decimal)job->decimal,
                             .encoding = job->encoding,
                             .expect = expect,
                             .known = known,
                             .context = &w};
  request.dates.order = (dc_day_order)job->dates;
  if (job->excel_1904) request.dates.bare = DC_BARE_EXCEL_1904;
  dc_status status = dc_ask_for_layout(job, &request, error);
  if (status == DC_OK) status = dc_load_csv(&request, &r->deals.load, error);
  if (status != DC_OK) return status;
  status = dc_roles_find(r->deals.load->table, dc_fit_file(run), DC_SHAPE_OTHER, NULL, NULL, 0, &r->deals.roles, error);
  if (status == DC_OK && !job->take_reject) dc_load_close(r->deals.load);
  dc_lap(&run->base.laps, "load");
  return status;
}

void dc_saved_clear(dc_saved *saved)
{
  dc_recipe_free(saved->recipe);
  dc_fit_free(saved->fit);
  dc_arena_free(saved->arena);
  *saved = (dc_saved){.recipe = NULL};
}

void dc_fit_run_clear(dc_fit_run *run)
{
  dc_frame_free(run->frame);
  dc_saved_clear(&run->saved);
  free(run->column);
  free(run->rest);
  dc_resolved_clear(&run->base.r);
}
