/* Which columns a fit reads, as what, and what is missing in them. */
#include "engine/run/fit.h"

#include <stdio.h>
#include <string.h>

enum { LIST_BYTES = 600 };

/* "response, term" */
static void roles_of(const dc_recipe *r, uint32_t c, char *text, size_t size)
{
  const struct {
    bool has;
    const char *name;
  } roles[] = {{r->response.column == c, "response"},
               {dc_recipe_predicts(r, c), "term"},
               {r->trials == c, "trials"},
               {r->weights == c, "weights"},
               {r->cluster == c, "cluster"},
               {r->time == c, "time"},
               {r->id == c, "id"}};
  size_t used = 0;
  text[0] = '\0';
  for (size_t k = 0; k < sizeof roles / sizeof *roles; k++)
    if (roles[k].has && used < size)
      used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", roles[k].name);
}

static void put_column(dc_fit_run *run, dc_result_table *t, size_t column)
{
  const dc_recipe *r = run->saved.recipe;
  const dc_column *own = &run->base.r.deals.load->table->columns[column];
  size_t c = 0;
  char use[64] = "";
  while (c < r->n_columns && run->column[c] != (int)column) c++;
  bool read = c < r->n_columns;
  if (read) roles_of(r, (uint32_t)c, use, sizeof use);
  bool levels = read && r->columns[c].leveled && r->columns[c].n_levels;
  dc_put_text(t, run->base.r.deals.load->inputs[0].name);
  dc_put_text(t, own->name);
  dc_put_text(t, dc_type_name(own->type));
  dc_put_text(t, own->format);
  dc_put_integer(t, (int64_t)own->n_missing);
  dc_put_text(t, read ? use : "not used");
  dc_put_integer(t, levels ? (int64_t)r->columns[c].n_levels : DC_INTEGER_NULL);
  dc_put_text(t, levels ? r->columns[c].level[r->columns[c].reference] : NULL);
  dc_put_integer(t, read ? (int64_t)run->frame->unknown[c] : DC_INTEGER_NULL);
}

static void warn_left_out(dc_fit_run *run)
{
  const dc_recipe *r = run->saved.recipe;
  const dc_frame *f = run->frame;
  char list[LIST_BYTES] = "";
  size_t used = 0, rows = run->base.r.deals.load->table->rows;
  if (!f->left_out) return;
  for (size_t c = 0; c < r->n_columns; c++) {
    size_t n = f->missing[c] + f->undefined[c];
    if (n && used + 120 < sizeof list)
      used += (size_t)snprintf(list + used, sizeof list - used, "%s%.80s in %zu", used ? ", " : "", r->columns[c].name,
                               n);
  }
  dc_warn(run->base.result, "rows without a value in a column that the model needs: %zu of %zu (%s); %s", f->left_out,
          rows, list, run->base.job->fit ? "no prediction" : "left out");
}

static void warn_unknown(dc_fit_run *run)
{
  const dc_recipe *r = run->saved.recipe;
  for (size_t c = 0; c < r->n_columns; c++) {
    if (!run->frame->unknown[c] || !run->base.job->fit) continue;
    bool shrunken = true;
    for (size_t t = 0; t < r->n_terms; t++)
      for (size_t p = 0; p < r->terms[t].n_parts; p++)
        shrunken &= r->terms[t].kind == DC_TERM_EFFECT || r->terms[t].parts[p].column != c;
    dc_warn(run->base.result, "rows with a level of %s that the fit does not know: %zu; %s", r->columns[c].name,
            run->frame->unknown[c], shrunken ? "it counts as the average of all levels" : "no prediction");
  }
}

void dc_fit_columns(dc_fit_run *run)
{
  static const dc_field_spec fields[] = {{"file", DC_FIELD_TEXT},       {"name", DC_FIELD_TEXT},
                                         {"type", DC_FIELD_TEXT},       {"format", DC_FIELD_TEXT},
                                         {"missing", DC_FIELD_INTEGER}, {"use", DC_FIELD_TEXT},
                                         {"levels", DC_FIELD_INTEGER},  {"reference", DC_FIELD_TEXT},
                                         {"unknown", DC_FIELD_INTEGER}, {NULL, DC_FIELD_TEXT}};
  dc_result_table *t = dc_result_add(run->base.result, "columns", fields);
  for (size_t c = 0; c < run->base.r.deals.load->table->n_columns; c++) put_column(run, t, c);
  warn_left_out(run);
  warn_unknown(run);
}
