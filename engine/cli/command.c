#include "engine/cli/command.h"

#include "engine/base/date.h"
#include "engine/cli/options.h"

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

static dc_status unknown_option(const dc_verb *verb, const char *argument, size_t length, dc_error *error)
{
  char spelled[SPELLED_CHARS] = "";
  const char *near = NULL;
  if (argument[1] == '-' && length - 2 < sizeof spelled) {
    memcpy(spelled, argument + 2, length - 2);
    near = dc_nearest_option(spelled, verb->name);
  }
  return dc_fail(error, DC_E_USAGE, "unknown option '%.*s'%s%s%s", (int)length, argument,
                 near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "");
}

static const dc_option *find_letter(char letter)
{
  for (const dc_option *o = dc_options; o->name; o++)
    if (o->kind != DC_OPTION_GROUP && o->letter && o->letter == letter) return o;
  return NULL;
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
  if (!option) return unknown_option(command->verb, argument, length, error);
  if (!dc_option_is_of(option, command->verb->name))
    return dc_fail(error, DC_E_USAGE, "--%s is an option of %s, not of %s", option->name, option->verb,
                   command->verb->name);
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
    return dc_fail(error, DC_E_USAGE, "%s needs a file of deals, or --history", command->verb->name);
  if (write->format == DC_FORMAT_CSV && write->table && strchr(write->table, ',') && !write->out_dir)
    return dc_fail(error, DC_E_USAGE, "CSV holds one table: give one --table, or --out-dir for several");
  if (write->path && strcmp(write->path, "-") == 0) command->write.path = NULL;
  return check_tables(command, error);
}

dc_status dc_command_parse(const dc_verb *verb, int count, char **arguments, dc_command *command, dc_error *error)
{
  memset(command, 0, sizeof *command);
  command->verb = verb;
  command->job.as_of = DC_DATE_MISSING;
  command->job.horizon = 3;
  command->job.origins = 12;
  command->job.min_score = -1;
  dc_status status = DC_OK;
  bool options = true;
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
