/* The INI file is read by inih, which cuts lines at 200 bytes, takes an indented key for more of the value above and
 * leaves comments in continued lines. So it gets its lines from `piece` below, which sees to all three. */
#include "engine/deals/config_internal.h"

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/deals/roles.h"
#include "engine/deals/words.h"

#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OFFSET_MINUTES = 14 * 60 };

static dc_status set_words(dc_config_reader *in, const struct dc_config_setting *rule, const char *value);
static dc_status set_booked(dc_config_reader *in, const struct dc_config_setting *rule, const char *value);
static dc_status set_fiscal(dc_config_reader *in, const struct dc_config_setting *rule, const char *value);
static dc_status set_timezone(dc_config_reader *in, const struct dc_config_setting *rule, const char *value);
static dc_status set_currency(dc_config_reader *in, const struct dc_config_setting *rule, const char *value);
static dc_status set_dates(dc_config_reader *in, const struct dc_config_setting *rule, const char *value);
static dc_status set_decimal(dc_config_reader *in, const struct dc_config_setting *rule, const char *value);

static const dc_config_setting settings[] = {
    {"stages", "won", set_words, DC_MEANING_WON, false, 0},
    {"stages", "lost", set_words, DC_MEANING_LOST, false, 0},
    {"stages", "open", set_words, DC_MEANING_OPEN, false, 0},
    {"stages", "ignore", set_words, DC_MEANING_IGNORE, false, 0},
    {"stages", "order", set_words, DC_MEANING_UNKNOWN, false, 0},
    {"outcome", "booked_at", set_booked, DC_MEANING_UNKNOWN, true, 0},
    {"calendar", "fiscal_start", set_fiscal, DC_MEANING_UNKNOWN, true, 0},
    {"calendar", "timezone", set_timezone, DC_MEANING_UNKNOWN, true, 0},
    {"calendar", "dates", set_dates, DC_MEANING_UNKNOWN, true, 0},
    {"currency", "code", set_currency, DC_MEANING_UNKNOWN, true, 0},
    {"currency", "decimal", set_decimal, DC_MEANING_UNKNOWN, true, 0},
    {"check", "stale_days", dc_config_set_limit, DC_MEANING_UNKNOWN, true, offsetof(dc_check_config, stale_days)},
    {"check", "far_days", dc_config_set_limit, DC_MEANING_UNKNOWN, true, offsetof(dc_check_config, far_days)},
    {"check", "likely_days", dc_config_set_limit, DC_MEANING_UNKNOWN, true, offsetof(dc_check_config, likely_days)},
    {"check", "absurd_times", dc_config_set_limit, DC_MEANING_UNKNOWN, true, offsetof(dc_check_config, absurd_times)},
};
static const dc_check_config check_defaults = {60, 1826, 7, 1000};
static const char *const sections[] = {"columns",  "stages",  "outcome", "calendar", "currency",
                                       "required", "allowed", "check",   "weights"};
enum { N_SETTINGS = sizeof settings / sizeof *settings, N_SECTIONS = sizeof sections / sizeof *sections };

dc_status dc_config_no_memory(dc_config_reader *in) { return dc_fail_memory(in->error, "reading the configuration"); }

char *dc_config_copy(dc_config_reader *in, const char *text)
{
  return dc_arena_copy(in->owned->arena, text, strlen(text));
}

/* A copy of items with room for one more, NULL when memory ends. Lists are short. */
void *dc_config_longer(dc_config_reader *in, const void *items, size_t n, size_t size)
{
  void *grown = dc_arena_alloc(in->owned->arena, n + 1, size);
  if (grown && n) memcpy(grown, items, n * size);
  return grown;
}

static const char *meaning_key(dc_meaning meaning)
{
  for (int i = 0; i < N_SETTINGS; i++)
    if (settings[i].set == set_words && settings[i].meaning == meaning) return settings[i].key;
  return "";
}

static dc_status add_ordered(dc_config_reader *in, const char *word)
{
  dc_config *config = &in->owned->config;
  if (dc_stage_position(config, word) >= 0) return REFUSE(in, "stage \"%s\" is twice in order", word);
  char **order = dc_config_longer(in, config->order, config->n_order, sizeof *order);
  if (!order || !(order[config->n_order] = dc_config_copy(in, word))) return dc_config_no_memory(in);
  config->order = order;
  config->n_order++;
  return DC_OK;
}

static dc_status add_stage(dc_config_reader *in, const char *word, dc_meaning meaning)
{
  dc_config *config = &in->owned->config;
  for (size_t i = 0; i < config->n_stages; i++)
    if (dc_text_same(config->stages[i].word, word)) {
      if (config->stages[i].meaning == meaning) return DC_OK;
      return REFUSE(in, "stage \"%s\" is both %s and %s", word, meaning_key(config->stages[i].meaning),
                    meaning_key(meaning));
    }
  void *stages = dc_config_longer(in, config->stages, config->n_stages, sizeof *config->stages);
  char *kept = dc_config_copy(in, word);
  if (!stages || !kept) return dc_config_no_memory(in);
  config->stages = stages;
  config->stages[config->n_stages].word = kept;
  config->stages[config->n_stages++].meaning = meaning;
  return DC_OK;
}

/* WORD, WORD, ...; a word with a comma in it stands in double quotes. each takes the words one by one. */
dc_status dc_config_split(dc_config_reader *in, const char *key, const char *value, void *context,
                          dc_status (*each)(dc_config_reader *in, void *context, const char *word))
{
  char word[DC_FOLD_BYTES];
  dc_status status = DC_OK;
  for (const char *p = value; *p && status == DC_OK;) {
    bool quoted = false;
    size_t n = 0;
    for (; *p && (quoted || *p != ','); p++) {
      if (*p == '"')
        quoted = !quoted;
      else if (n + 1 < sizeof word)
        word[n++] = *p;
      else
        return REFUSE(in, "a word of %s is longer than %d bytes", key, DC_FOLD_BYTES - 1);
    }
    if (quoted) return REFUSE(in, "a quote in %s is not closed", key);
    if (*p == ',') p++;
    const char *start = dc_text_trim(word, &n);
    if (n == 0) continue;
    word[(size_t)(start - word) + n] = '\0';
    status = each(in, context, start);
  }
  return status;
}

static dc_status take_stage(dc_config_reader *in, void *context, const char *word)
{
  const dc_config_setting *rule = context;
  return rule->meaning == DC_MEANING_UNKNOWN ? add_ordered(in, word) : add_stage(in, word, rule->meaning);
}

static dc_status set_words(dc_config_reader *in, const struct dc_config_setting *rule, const char *value)
{
  dc_config_setting copied = *rule;
  return dc_config_split(in, rule->key, value, &copied, take_stage);
}

static dc_status set_booked(dc_config_reader *in, const struct dc_config_setting *rule, const char *value)
{
  static const char *const names[] = {"last_spell", "first"};
  (void)rule;
  for (int i = 0; i < 2; i++)
    if (dc_text_same(value, names[i])) {
      in->owned->config.booked_at = i ? DC_BOOKED_FIRST : DC_BOOKED_LAST_SPELL;
      return DC_OK;
    }
  return REFUSE(in, "booked_at is last_spell or first, not \"%s\"", value);
}

static dc_status set_fiscal(dc_config_reader *in, const struct dc_config_setting *rule, const char *value)
{
  char *end;
  long month = strtol(value, &end, 10);
  (void)rule;
  if (end == value || *end || month < 1 || month > 12)
    return REFUSE(in, "fiscal_start is the month that the fiscal year begins with, 1 to 12, not \"%s\"", value);
  in->owned->config.fiscal_start = (int)month;
  return DC_OK;
}

static bool two_digits(const char *text, int *number)
{
  for (int i = 0; i < 2; i++)
    if (text[i] < '0' || text[i] > '9') return false;
  *number = (text[0] - '0') * 10 + (text[1] - '0');
  return true;
}

static dc_status set_timezone(dc_config_reader *in, const struct dc_config_setting *rule, const char *value)
{
  dc_config *config = &in->owned->config;
  int hours = 0, minutes = 0;
  bool utc = dc_text_same(value, "utc") || dc_text_same(value, "z");
  (void)rule;
  if (!utc) {
    bool good = strlen(value) == 6 && (value[0] == '+' || value[0] == '-') && value[3] == ':' &&
                two_digits(value + 1, &hours) && two_digits(value + 4, &minutes) && minutes < 60 &&
                hours * 60 + minutes <= MAX_OFFSET_MINUTES;
    if (!good) return REFUSE(in, "timezone is UTC, +HH:MM or -HH:MM, not \"%s\"", value);
  }
  config->timezone_minutes = (value[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
  snprintf(config->timezone, sizeof config->timezone, "%s", config->timezone_minutes ? value : "UTC");
  return DC_OK;
}

static dc_status set_dates(dc_config_reader *in, const struct dc_config_setting *rule, const char *value)
{
  static const char *const names[] = {"day-first", "month-first", "year-first"};
  (void)rule;
  for (int i = 0; i < 3; i++) {
    if (!dc_text_same(value, names[i])) continue;
    in->owned->config.dates = (dc_day_order)(i + DC_ORDER_DAY_FIRST);
    return DC_OK;
  }
  return REFUSE(in, "dates is day-first, month-first or year-first, not \"%s\"", value);
}

static dc_status set_decimal(dc_config_reader *in, const struct dc_config_setting *rule, const char *value)
{
  bool comma = dc_text_same(value, "comma");
  (void)rule;
  if (!comma && !dc_text_same(value, "point")) return REFUSE(in, "decimal is point or comma, not \"%s\"", value);
  in->owned->config.decimal = comma ? DC_DECIMAL_COMMA : DC_DECIMAL_POINT;
  return DC_OK;
}

static dc_status set_currency(dc_config_reader *in, const struct dc_config_setting *rule, const char *value)
{
  char *code = in->owned->config.currency;
  (void)rule;
  for (int i = 0; i < 3; i++) {
    char c = value[i];
    if (c >= 'a' && c <= 'z') c = (char)(c - 32);
    if (c < 'A' || c > 'Z') return REFUSE(in, "currency is a code of three letters such as USD, not \"%s\"", value);
    code[i] = c;
  }
  code[3] = '\0';
  return value[3] ? REFUSE(in, "currency is a code of three letters such as USD, not \"%s\"", value) : DC_OK;
}

static dc_status set_column(dc_config_reader *in, const char *key, const char *value)
{
  dc_config *config = &in->owned->config;
  const char *roles[DC_ROLES];
  for (int i = 0; i < DC_ROLES; i++) roles[i] = dc_role_name((dc_role)i);
  dc_role role = dc_role_parse(key);
  if (role == DC_ROLE_NONE && !dc_text_same(key, "none")) {
    const char *near = dc_text_nearest(key, roles, DC_ROLES);
    return REFUSE(in, "unknown role \"%s\" in [columns]%s%s%s", key, near ? "; did you mean " : "", near ? near : "",
                  near ? "?" : "");
  }
  for (size_t i = 0; i < config->n_columns; i++)
    if (role != DC_ROLE_NONE && dc_role_parse(config->columns[i].role) == role)
      return REFUSE(in, "role %s is given twice", dc_role_name(role));
  void *columns = dc_config_longer(in, config->columns, config->n_columns, sizeof *config->columns);
  char *name = dc_config_copy(in, dc_role_name(role)), *column = dc_config_copy(in, value);
  if (!columns || !name || !column) return dc_config_no_memory(in);
  config->columns = columns;
  config->columns[config->n_columns].role = name;
  config->columns[config->n_columns++].column = column;
  return DC_OK;
}

static dc_status refuse_section(dc_config_reader *in, const char *section)
{
  if (!*section) return REFUSE(in, "a key before any [section]");
  const char *near = dc_text_nearest(section, sections, N_SECTIONS);
  if (near) return REFUSE(in, "unknown section [%s]; did you mean [%s]?", section, near);
  return REFUSE(in,
                "unknown section [%s]; there are [columns], [stages], [outcome], [calendar], [currency], [required], "
                "[allowed], [check], [weights]",
                section);
}

static dc_status refuse_key(dc_config_reader *in, const char *section, const char *key)
{
  const char *keys[N_SETTINGS];
  size_t n = 0;
  for (int i = 0; i < N_SETTINGS; i++)
    if (dc_text_same(settings[i].section, section)) keys[n++] = settings[i].key;
  const char *near = dc_text_nearest(key, keys, n);
  return REFUSE(in, "unknown key \"%s\" in [%s]; did you mean %s?", key, section, near ? near : keys[0]);
}

static dc_status take(dc_config_reader *in, const char *section, const char *key, const char *value)
{
  bool known = false;
  for (int i = 0; i < N_SECTIONS; i++) known = known || dc_text_same(sections[i], section);
  if (!known) return refuse_section(in, section);
  if (!*key) return REFUSE(in, "a value without a key");
  if (dc_text_same(section, "columns"))
    return *value ? set_column(in, key, value) : REFUSE(in, "%s has no column", key);
  dc_config *config = &in->owned->config;
  if (dc_text_same(section, "required"))
    return dc_config_set_list(in, &config->required, &config->n_required, key, value);
  if (dc_text_same(section, "allowed")) return dc_config_set_list(in, &config->allowed, &config->n_allowed, key, value);
  if (dc_text_same(section, "weights")) return dc_config_set_weight(in, key, value);
  for (size_t i = 0; i < N_SETTINGS; i++) {
    const dc_config_setting *s = &settings[i];
    if (!dc_text_same(s->section, section) || !dc_text_same(s->key, key)) continue;
    if (!s->single) return s->set(in, s, value);
    for (size_t k = 0; k < in->n_given; k++)
      if (in->given[k] == i) return REFUSE(in, "%s is given twice", s->key);
    in->given[in->n_given++] = i;
    return *value ? s->set(in, s, value) : REFUSE(in, "%s has no value", s->key);
  }
  return refuse_key(in, section, key);
}

static int handle(void *context, const char *section, const char *key, const char *value)
{
  dc_config_reader *in = context;
  if (in->status == DC_OK) in->status = take(in, section, key, value ? value : "");
  return in->status == DC_OK;
}

/* Takes the comment off the line in hand, and its leading blanks where a section or a key begins it. */
static void tidy(dc_config_reader *in)
{
  const char *start = in->line;
  bool quoted = false, begins;
  while (*start == ' ' || *start == '\t') start++;
  begins = *start == '[';
  for (char *p = in->line; *p; p++) {
    bool apart = p == in->line || p[-1] == ' ' || p[-1] == '\t';
    if (*p == '"') quoted = !quoted;
    if (*p == '\n' || *p == '\r' || (*p == '#' && p == start) || (*p == ';' && apart && !quoted)) *p = '\0';
    if (!*p) break;
    if (*p == '=' && !quoted) begins = true;
  }
  in->rest = begins ? start : in->line;
}

/* Where to cut text so that at most room bytes stay: behind the last comma outside quotes; 0 = nowhere. */
static size_t cut(const char *text, size_t room)
{
  bool quoted = false;
  size_t at = 0;
  for (size_t i = 0; i < room && text[i]; i++) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == ',' && !quoted) at = i + 1;
  }
  return at;
}

static bool note_line(dc_config_reader *in)
{
  if (in->pieces == in->capacity) {
    size_t capacity = in->capacity ? 2 * in->capacity : 64;
    int64_t *grown = realloc(in->line_of, capacity * sizeof *grown);
    if (!grown) {
      in->status = dc_config_no_memory(in);
      return false;
    }
    in->line_of = grown;
    in->capacity = capacity;
  }
  in->line_of[in->pieces++] = in->number;
  return true;
}

/* inih's fgets: one line, or, of a line too long for it, a part that it will take for a continued value. */
static char *piece(char *out, int size, void *context)
{
  dc_config_reader *in = context;
  bool first = !in->rest || !*in->rest;
  if (in->status != DC_OK) return NULL;
  if (first) {
    errno = 0;
    if (getline(&in->line, &in->line_size, in->file) < 0) return NULL;
    in->number++;
    tidy(in);
  }
  size_t room = (size_t)size - 4, length = strlen(in->rest);
  if (length > room) {
    length = cut(in->rest, room);
    if (length == 0) {
      in->status = REFUSE(in, "the line is longer than %zu bytes without a comma", room);
      return NULL;
    }
  }
  snprintf(out, (size_t)size, "%s%.*s\n", first ? "" : " ", (int)length, in->rest);
  in->rest += length;
  while (*in->rest == ' ' || *in->rest == '\t') in->rest++;
  return note_line(in) ? out : NULL;
}

static dc_status parse(dc_config_reader *in)
{
  int bad = ini_parse_stream(piece, in, handle, in);
  if (ferror(in->file)) return dc_fail_at(in->error, DC_E_SYSTEM, in->path, 0, 0, "cannot read: %s", strerror(errno));
  if (bad < 0) return dc_config_no_memory(in);
  /* An unreadable line comes before what was refused because of it. */
  int64_t unreadable = bad > 0 ? in->line_of[bad - 1] : in->number;
  if (in->status != DC_OK && (bad == 0 || unreadable >= in->number)) return in->status;
  if (bad == 0) return DC_OK;
  in->number = unreadable;
  return REFUSE(in, "neither [SECTION] nor KEY = VALUE");
}

/* [required] goes by [stages] order. */
static dc_status check_required(dc_config_reader *in)
{
  const dc_config *config = &in->owned->config;
  for (size_t i = 0; i < config->n_required; i++)
    if (dc_stage_position(config, config->required[i].name) < 0)
      return dc_fail_at(
          in->error, DC_E_USAGE, in->path, 0, 0,
          "[required] names stage \"%s\", and [stages] order does not: list the stages there, first to last",
          config->required[i].name);
  return DC_OK;
}

dc_status dc_config_read(const char *path, dc_config **config, dc_error *error)
{
  dc_config_reader in = {.path = path, .error = error};
  dc_status status = DC_OK;
  *config = NULL;
  in.owned = calloc(1, sizeof *in.owned);
  if (!in.owned || !(in.owned->arena = dc_arena_new())) {
    status = dc_config_no_memory(&in);
    goto done;
  }
  memcpy(in.owned->config.timezone, "UTC", 4);
  in.owned->config.check = check_defaults;
  if (path) {
    in.file = fopen(path, "r");
    status = in.file ? parse(&in) : dc_fail_at(error, DC_E_SYSTEM, path, 0, 0, "cannot open: %s", strerror(errno));
    if (status == DC_OK) status = check_required(&in);
  }
done:
  if (in.file) fclose(in.file);
  free(in.line);
  free(in.line_of);
  if (status == DC_OK)
    *config = &in.owned->config;
  else if (in.owned)
    dc_config_free(&in.owned->config);
  return status;
}

void dc_config_free(dc_config *config)
{
  if (!config) return;
  dc_config_owned *owned = (dc_config_owned *)config;
  dc_arena_free(owned->arena);
  free(owned);
}
