#include "engine/cli/help.h"

#include "engine/cli/options.h"

enum { LEFT_CHARS = 26, LEFT_BYTES = 64 };

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

void dc_help_verb(FILE *to, const dc_verb *verb)
{
  fprintf(to, "%s\n\n%s", verb->usage, verb->about);
  for (const dc_option *option = dc_options; option->name; option++)
    if (dc_option_is_of(option, verb->name)) put_option(to, option);
  fputs("\nTables (--table, --out-dir)\n ", to);
  for (const char *const *table = verb->tables; *table; table++) fprintf(to, " %s", *table);
  fprintf(to, "\n\nExamples\n%s", verb->examples);
}
