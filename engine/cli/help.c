#include "engine/cli/help.h"

#include "engine/cli/options.h"
#include "engine/run/model_options.h"

#include <string.h>

enum { LEFT_CHARS = 26, LEFT_BYTES = 96 };

void dc_help_all(FILE *to)
{
  fputs(
      "dealcast says what the deals of a sales team are worth: how much will be booked, when, and how sure that is.\n\n"
      "  dealcast VERB FILE... [options]\n\nVerbs\n",
      to);
  for (const dc_verb *verb = dc_verbs; verb->name; verb++) fprintf(to, "  %-12s%s\n", verb->name, verb->summary);
  fputs(
      "  help        help with a verb: dealcast help forecast\n"
      "  version     the version\n\n"
      "Example\n  dealcast forecast deals.csv --period quarter --horizon 2\n\n"
      "Exit codes: 0 done; 1 done, and a check that was asked for failed; 2 usage; 3 bad input; 4 too little data; 5 system (disk, memory); 128+n stopped by signal "
      "n\n",
      to);
}

static void put_option(FILE *to, const dc_option *option)
{
  char left[LEFT_BYTES];
  if (option->kind == DC_OPTION_GROUP) {
    fprintf(to, "\n%s\n", option->name);
    return;
  }
  char letter[] = {'-', option->letter, ',', ' ', '\0'};
  snprintf(left, sizeof left, "%s--%s%s%s", option->letter ? letter : "", option->name, option->value ? " " : "",
           option->value ? option->value : "");
  fprintf(to, "  %-*s%s\n", LEFT_CHARS, left, option->help);
}

static void put_models(FILE *to)
{
  dc_model_name model;
  fputs("\nModels (--model)\n", to);
  for (size_t k = 0; dc_model_name_at(k, &model); k++) fprintf(to, "  %-*s%s\n", LEFT_CHARS, model.name, model.summary);
}

/* "--ridge NUMBER   meaning (default 0)" */
static void put_setting(FILE *to, const dc_setting *s)
{
  char left[LEFT_BYTES];
  snprintf(left, sizeof left, "--%s%s", s->name, s->flag ? "" : s->choices ? " WHICH" : " N");
  fprintf(to, "  %-*s%s", LEFT_CHARS, left, s->meaning);
  if (s->choices) {
    fputs(": ", to);
    for (size_t k = 0; s->choices[k]; k++)
      fprintf(to, "%s%s%s", k ? ", " : "", s->choices[k], (size_t)s->initial == k ? " (default)" : "");
  } else if (!s->flag) {
    fprintf(to, "; default %g", s->initial);
  }
  fputc('\n', to);
}

static void put_settings(FILE *to, const char *name)
{
  dc_model_name model;
  dc_setting setting;
  for (size_t k = 0; dc_model_name_at(k, &model); k++)
    if (strcmp(model.name, name) == 0) fprintf(to, "\nModel %s: %s (%s)\n", name, model.summary, model.source);
  for (size_t k = 0; dc_setting_at(name, k, &setting); k++) put_setting(to, &setting);
  if (!dc_setting_at(name, 0, &setting)) fputs("  it has no options of its own\n", to);
}

void dc_help_verb(FILE *to, const dc_verb *verb, const char *model)
{
  fprintf(to, "%s\n\n%s", verb->usage, verb->about);
  if (verb->models) put_models(to);
  if (verb->models && model) put_settings(to, model);
  for (const dc_option *option = dc_options; option->name; option++)
    if (dc_option_is_of(option, verb->name)) put_option(to, option);
  fputs("\nTables (--table, --out-dir)\n ", to);
  for (const char *const *table = verb->tables; *table; table++) fprintf(to, " %s", *table);
  fprintf(to, "\n\nExamples\n%s", verb->examples);
}
