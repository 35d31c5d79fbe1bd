#include "engine/cli/command.h"

#include "engine/base/date.h"
#include "engine/cli/options.h"
#include "engine/run/model_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SPELLED_CHARS = 64, CHOICES_CHARS = 256 };

static void *target(dc_command *command, const dc_option *option) { return (char *)command + option->offset; }

/* Whole numbers only: no blanks, signs other than '-', decimals, or anything behind. */
static bool parse_whole(const char *text, long long *value)
{
  char *end;
  const char *digits = *text == '-' ? text + 1 : text;
  if (*digits < '0' || *digits > '9') return false;
  errno = 0;
  *value = strtoll(text, &end, 10);
  return !*end && errno == 0;
}

static dc_status set_integer(const dc_option *option, const char *text, int *value, dc_error *error)
{
  long long whole;
  if (!parse_whole(text, &whole) || whole < option->min || whole > option->max)
    return dc_fail(error, DC_E_USAGE, "--%s takes a whole number from %d to %d, not '%s'", option->name, option->min,
                   option->max, text);
  *value = (int)whole;
  return DC_OK;
}

/* Decimals with a point, whatever the locale: digits, then how many of them stand behind it. */
static dc_status set_share(const dc_option *option, const char *text, double *value, dc_error *error)
{
  double digits = 0, scale = 1;
  const char *p = text;
  bool some = false, point = false;
  for (; *p && p - text < 18; p++) {
    if (*p == '.' && !point) {
      point = true;
      continue;
    }
    if (*p < '0' || *p > '9') break;
    digits = 10 * digits + (*p - '0');
    if (point) scale *= 10;
    some = true;
  }
  *value = digits / scale;
  if (some && !*p && *value > 0 && *value < 1) return DC_OK;
  return dc_fail(error, DC_E_USAGE, "--%s takes a number between 0 and 1, such as 0.95, not '%s'", option->name, text);
}

static dc_status set_seed(const dc_option *option, const char *text, uint64_t *value, dc_error *error)
{
  char *end;
  errno = 0;
  unsigned long long whole = strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || *end || errno)
    return dc_fail(error, DC_E_USAGE, "--%s takes a whole number from 0 to 18446744073709551615, not '%s'",
                   option->name, text);
  *value = whole;
  return DC_OK;
}

static dc_status set_date(const dc_option *option, const char *text, int32_t *value, dc_error *error)
{
  if (dc_date_parse_iso(text, strlen(text), value)) return DC_OK;
  return dc_fail(error, DC_E_USAGE, "--%s takes a day as YYYY-MM-DD, not '%s'", option->name, text);
}

static dc_status set_month(const dc_option *option, const char *text, int *value, dc_error *error)
{
  static const char *const months[12] = {"january", "february", "march",     "april",   "may",      "june",
                                         "july",    "august",   "september", "october", "november", "december"};
  long long whole;
  if (parse_whole(text, &whole) && whole >= 1 && whole <= 12) {
    *value = (int)whole;
    return DC_OK;
  }
  size_t length = strlen(text);
  for (int m = 0; m < 12 && length >= 3; m++) {
    if (strncasecmp(text, months[m], length) != 0) continue;
    *value = m + 1;
    return DC_OK;
  }
  return dc_fail(error, DC_E_USAGE, "--%s takes a month, 1 to 12 or its English name, not '%s'", option->name, text);
}

static dc_status set_choice(const dc_option *option, const char *text, void *value, dc_error *error)
{
  char all[CHOICES_CHARS] = "";
  for (int i = 0; option->choices[i]; i++) {
    if (strcmp(option->choices[i], text) == 0) {
      memcpy(value, &i, sizeof i); /* an enum without negative values has the size of int */
      return DC_OK;
    }
    if (i) strcat(all, ", ");
    strcat(all, option->choices[i]);
  }
  const char *near = dc_nearest(text, option->choices);
  return dc_fail(error, DC_E_USAGE, "--%s takes one of %s, not '%s'%s%s%s", option->name, all, text,
                 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Keeps memory until dc_command_free. */
static bool own(dc_command *command, void *memory)
{
  char **owned = memory ? realloc(command->owned, (command->n_owned + 1) * sizeof *owned) : NULL;
  if (!owned) {
    free(memory);
    return false;
  }
  command->owned = owned;
  owned[command->n_owned++] = memory;
  return true;
}

static dc_status append(dc_command *command, dc_strings *list, const char *text, dc_error *error)
{
  const char **items = malloc((list->count + 1) * sizeof *items);
  if (items && list->count) memcpy(items, list->items, list->count * sizeof *items);
  if (!own(command, items)) return dc_fail_memory(error, "reading the command line");
  items[list->count++] = text;
  list->items = items;
  return DC_OK;
}

static dc_status append_pair(dc_command *command, const dc_option *option, const char *text, dc_error *error)
{
  /* The key stands behind the last colon: a path may hold others. */
  const char *at = option->separator == ':' ? strrchr(text, ':') : strchr(text, option->separator);
  if (!at || at == text || !at[1])
    return dc_fail(error, DC_E_USAGE, "--%s takes %s, not '%s'", option->name, option->value, text);
  return append(command, target(command, option), text, error);
}

static dc_status append_parts(dc_command *command, const dc_option *option, const char *text, dc_error *error)
{
  char *copy = strdup(text);
  if (!own(command, copy)) return dc_fail_memory(error, "reading the command line");
  for (char *part = copy;;) {
    char *comma = strchr(part, ',');
    if (comma) *comma = '\0';
    if (!*part) return dc_fail(error, DC_E_USAGE, "--%s takes %s, not '%s'", option->name, option->value, text);
    dc_status status = append(command, target(command, option), part, error);
    if (status != DC_OK || !comma) return status;
    part = comma + 1;
  }
}

static dc_status set_value(dc_command *command, const dc_option *option, const char *text, dc_error *error)
{
  void *at = target(command, option);
  if (!*text) return dc_fail(error, DC_E_USAGE, "--%s takes %s, and it is empty", option->name, option->value);
  switch (option->kind) {
    case DC_OPTION_INTEGER: return set_integer(option, text, at, error);
    case DC_OPTION_SHARE: return set_share(option, text, at, error);
    case DC_OPTION_SEED: return set_seed(option, text, at, error);
    case DC_OPTION_DATE: return set_date(option, text, at, error);
    case DC_OPTION_MONTH: return set_month(option, text, at, error);
    case DC_OPTION_CHOICE: return set_choice(option, text, at, error);
    case DC_OPTION_LIST: return append(command, at, text, error);
    case DC_OPTION_PAIRS: return append_pair(command, option, text, error);
    case DC_OPTION_SPLIT: return append_parts(command, option, text, error);
    case DC_OPTION_TEXT: *(const char **)at = text; return DC_OK;
    default: return DC_OK;
  }
}

/* Among the verb's and the model's. */
static const char *nearest_option(const dc_command *command, const char *spelled, dc_setting *setting)
{
  const char *names[2] = {NULL}, *near = dc_nearest_option(spelled, command->verb->name);
  for (size_t k = 0; !near && command->job.model && dc_setting_at(command->job.model, k, setting); k++) {
    names[0] = setting->name;
    near = dc_nearest(spelled, names);
  }
  return near;
}

static dc_status unknown_option(const dc_command *command, const char *argument, size_t length, dc_error *error)
{
  char spelled[SPELLED_CHARS] = "";
  const char *near = NULL;
  dc_setting setting;
  if (argument[1] == '-' && length - 2 < sizeof spelled) {
    memcpy(spelled, argument + 2, length - 2);
    near = nearest_option(command, spelled, &setting);
  }
  const char *model = command->verb->models && command->job.model ? command->job.model : NULL;
  return dc_fail(error, DC_E_USAGE, "unknown option '%.*s'%s%s%s%s%s", (int)length, argument, model ? " of model " : "",
                 model ? model : "", near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "");
}

static const dc_option *find_letter(char letter)
{
  for (const dc_option *o = dc_options; o->name; o++)
    if (o->kind != DC_OPTION_GROUP && o->letter && o->letter == letter) return o;
  return NULL;
}

/* "--ridge 1" of the model: what it means is checked when the model is asked for it. */
static dc_status parse_setting(dc_command *command, int count, char **arguments, int *i, bool *found, dc_error *error)
{
  const char *argument = arguments[*i] + 2;
  size_t length = strcspn(argument, "=");
  dc_setting setting = {.name = ""};
  *found = false;
  for (size_t k = 0; !*found && dc_setting_at(command->job.model, k, &setting); k++)
    *found = strlen(setting.name) == length && memcmp(setting.name, argument, length) == 0;
  if (!*found) return DC_OK;
  const char *value = argument[length] ? argument + length + 1 : NULL;
  if (setting.flag) return append(command, &command->job.settings, argument, error);
  if (!value && *i + 1 < count) value = arguments[++*i];
  if (!value) return dc_fail(error, DC_E_USAGE, "--%s needs a value", setting.name);
  char *pair = malloc(length + strlen(value) + 2);
  if (!own(command, pair)) return dc_fail_memory(error, "reading the command line");
  memcpy(pair, argument, length);
  pair[length] = '=';
  strcpy(pair + length + 1, value);
  return append(command, &command->job.settings, pair, error);
}

/* "forecast, check" */
static void list_verbs(const char *verbs, char *list, size_t size)
{
  size_t used = 0;
  for (; *verbs && used + 2 < size; verbs++) {
    if (*verbs == ' ') list[used++] = ',';
    list[used++] = *verbs;
  }
  list[used] = '\0';
}

/* One option at arguments[*i], and its value there or in the next argument; *i moves to the last one used. */
static dc_status parse_option(dc_command *command, int count, char **arguments, int *i, dc_error *error)
{
  const char *argument = arguments[*i], *value = NULL;
  const dc_option *option;
  size_t length = strlen(argument);
  if (argument[1] == '-') {
    length = strcspn(argument, "=");
    option = dc_find_option(argument + 2, length - 2);
    if (argument[length] == '=') value = argument + length + 1;
  } else {
    option = find_letter(argument[1]);
    if (argument[2]) value = argument + 2;
  }
  bool own_option = option && dc_option_is_of(option, command->verb->name), of_model = false;
  if (!own_option && argument[1] == '-' && command->verb->models && command->job.model) {
    dc_status status = parse_setting(command, count, arguments, i, &of_model, error);
    if (status != DC_OK || of_model) return status;
  }
  if (!option) return unknown_option(command, argument, length, error);
  if (!own_option) {
    char verbs[SPELLED_CHARS];
    list_verbs(option->verb, verbs, sizeof verbs);
    return dc_fail(error, DC_E_USAGE, "--%s is an option of %s, not of %s", option->name, verbs, command->verb->name);
  }
  if (option->kind == DC_OPTION_FLAG) {
    if (value) return dc_fail(error, DC_E_USAGE, "--%s takes no value", option->name);
    *(bool *)target(command, option) = true;
    return DC_OK;
  }
  bool follows = !value && *i + 1 < count && strncmp(arguments[*i + 1], "--", 2) != 0;
  if (follows) value = arguments[++*i];
  if (!value)
    return dc_fail(error, DC_E_USAGE, "--%s needs a value: --%s %s", option->name, option->name, option->value);
  return set_value(command, option, value, error);
}

static dc_status check_tables(const dc_command *command, dc_error *error)
{
  char name[SPELLED_CHARS];
  for (const char *p = command->write.table; p;) {
    size_t length = strcspn(p, ",");
    const char *const *known = command->verb->tables;
    while (*known && !(strlen(*known) == length && memcmp(*known, p, length) == 0)) known++;
    if (!*known) {
      size_t kept = length < sizeof name ? length : sizeof name - 1;
      memcpy(name, p, kept);
      name[kept] = '\0';
      const char *near = dc_nearest(name, command->verb->tables);
      return dc_fail(error, DC_E_USAGE, "--table: %s has no table '%s'%s%s%s", command->verb->name, name,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    p = p[length] ? p + length + 1 : NULL;
  }
  return DC_OK;
}

static dc_status check_whole(dc_command *command, dc_error *error)
{
  const dc_write_options *write = &command->write;
  if (command->help) return DC_OK;
  if (!command->job.files.count && !command->job.history.count)
    return dc_fail(error, DC_E_USAGE, "%s needs %s", command->verb->name, command->verb->wants);
  if (write->format == DC_FORMAT_CSV && write->table && strchr(write->table, ',') && !write->out_dir)
    return dc_fail(error, DC_E_USAGE, "CSV holds one table: give one --table, or --out-dir for several");
  if (write->path && strcmp(write->path, "-") == 0) command->write.path = NULL;
  command->job.save = command->save != NULL;
  return check_tables(command, error);
}

/* The model first, wherever it stands: its options are known by it. */
static dc_status find_model(dc_command *command, int count, char **arguments, dc_error *error)
{
  for (int i = 0; i < count && command->verb->models && strcmp(arguments[i], "--") != 0; i++) {
    if (strncmp(arguments[i], "--model=", 8) == 0) command->job.model = arguments[i] + 8;
    if (strcmp(arguments[i], "--model") == 0 && i + 1 < count) command->job.model = arguments[i + 1];
  }
  return command->job.model ? dc_model_check(command->job.model, error) : DC_OK;
}

dc_status dc_command_parse(const dc_verb *verb, int count, char **arguments, dc_command *command, dc_error *error)
{
  memset(command, 0, sizeof *command);
  command->verb = verb;
  command->job.as_of = DC_DATE_MISSING;
  command->job.horizon = 3;
  command->job.origins = 12;
  command->job.min_score = -1;
  bool options = true;
  dc_status status = find_model(command, count, arguments, error);
  for (int i = 0; i < count && status == DC_OK; i++) {
    const char *argument = arguments[i];
    if (options && strcmp(argument, "--") == 0)
      options = false;
    else if (options && argument[0] == '-' && argument[1])
      status = parse_option(command, count, arguments, &i, error);
    else if (!*argument)
      status = dc_fail(error, DC_E_USAGE, "an empty file name");
    else
      status = append(command, &command->job.files, argument, error);
  }
  if (status == DC_OK) status = check_whole(command, error);
  return status;
}

void dc_command_free(dc_command *command)
{
  for (size_t i = 0; i < command->n_owned; i++) free(command->owned[i]);
  free(command->owned);
  command->owned = NULL;
  command->n_owned = 0;
}
