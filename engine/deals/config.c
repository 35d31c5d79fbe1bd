/* The INI file is read by inih, which cuts lines at 200 bytes, takes an indented key for more of the value above and
 * leaves comments in continued lines. So it gets its lines from `piece` below, which sees to all three. */
#include "engine/deals/config.h"

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

typedef struct owned_config {
  dc_config config; /* first: dc_config_free gets its address */
  dc_arena *arena;
} owned_config;

typedef struct reader {
  FILE *file;
  const char *path;
  owned_config *owned;
  char *line; /* the physical line, and what of it has not been handed out */
  size_t line_size;
  const char *rest;
  int64_t number;   /* of the physical line */
  int64_t *line_of; /* the physical line of each piece handed out */
  size_t pieces, capacity;
  size_t given[32]; /* single-valued settings seen so far, by index into settings */
  size_t n_given;
  dc_status status;
  dc_error *error;
} reader;

typedef struct setting {
  const char *section, *key;
  dc_status (*set)(reader *in, const struct setting *rule, const char *value);
  dc_meaning meaning;
  bool single;
  size_t offset; /* of a limit, in dc_check_config */
} setting;

static dc_status set_words(reader *in, const struct setting *rule, const char *value);
static dc_status set_choice(reader *in, const struct setting *rule, const char *value);
static dc_status set_fiscal(reader *in, const struct setting *rule, const char *value);
static dc_status set_timezone(reader *in, const struct setting *rule, const char *value);
static dc_status set_currency(reader *in, const struct setting *rule, const char *value);
static dc_status set_limit(reader *in, const struct setting *rule, const char *value);

static const setting settings[] = {
    {"stages", "won", set_words, DC_MEANING_WON, false, 0},
    {"stages", "lost", set_words, DC_MEANING_LOST, false, 0},
    {"stages", "open", set_words, DC_MEANING_OPEN, false, 0},
    {"stages", "ignore", set_words, DC_MEANING_IGNORE, false, 0},
    {"stages", "order", set_words, DC_MEANING_UNKNOWN, false, 0},
    {"outcome", "booked_at", set_choice, DC_MEANING_UNKNOWN, true, offsetof(dc_config, booked_at)},
    {"calendar", "fiscal_start", set_fiscal, DC_MEANING_UNKNOWN, true, 0},
    {"calendar", "timezone", set_timezone, DC_MEANING_UNKNOWN, true, 0},
    {"calendar", "dates", set_choice, DC_MEANING_UNKNOWN, true, offsetof(dc_config, dates)},
    {"currency", "code", set_currency, DC_MEANING_UNKNOWN, true, 0},
    {"currency", "decimal", set_choice, DC_MEANING_UNKNOWN, true, offsetof(dc_config, decimal)},
    {"check", "stale_days", set_limit, DC_MEANING_UNKNOWN, true, offsetof(dc_check_config, stale_days)},
    {"check", "far_days", set_limit, DC_MEANING_UNKNOWN, true, offsetof(dc_check_config, far_days)},
    {"check", "likely_days", set_limit, DC_MEANING_UNKNOWN, true, offsetof(dc_check_config, likely_days)},
    {"check", "absurd_times", set_limit, DC_MEANING_UNKNOWN, true, offsetof(dc_check_config, absurd_times)},
};
static const dc_check_config check_defaults = {60, 1826, 7, 1000};
static const char *const sections[] = {"columns",  "stages",  "outcome", "calendar", "currency",
                                       "required", "allowed", "check",   "weights"};
enum { N_SETTINGS = sizeof settings / sizeof *settings, N_SECTIONS = sizeof sections / sizeof *sections };

#define REFUSE(in, ...) dc_fail_at((in)->error, DC_E_USAGE, (in)->path, (in)->number, 0, __VA_ARGS__)

static dc_status no_memory(reader *in) { return dc_fail_memory(in->error, "reading the configuration"); }

static char *copy(reader *in, const char *text) { return dc_arena_copy(in->owned->arena, text, strlen(text)); }

/* A copy of items with room for one more, NULL when memory ends. Lists are short. */
static void *longer(reader *in, const void *items, size_t n, size_t size)
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

static dc_status add_ordered(reader *in, const char *word)
{
  dc_config *config = &in->owned->config;
  if (dc_stage_position(config, word) >= 0) return REFUSE(in, "stage \"%s\" is twice in order", word);
  char **order = longer(in, config->order, config->n_order, sizeof *order);
  if (!order || !(order[config->n_order] = copy(in, word))) return no_memory(in);
  config->order = order;
  config->n_order++;
  return DC_OK;
}

static dc_status add_stage(reader *in, const char *word, dc_meaning meaning)
{
  dc_config *config = &in->owned->config;
  for (size_t i = 0; i < config->n_stages; i++)
    if (dc_text_same(config->stages[i].word, word)) {
      if (config->stages[i].meaning == meaning) return DC_OK;
      return REFUSE(in, "stage \"%s\" is both %s and %s", word, meaning_key(config->stages[i].meaning),
                    meaning_key(meaning));
    }
  void *stages = longer(in, config->stages, config->n_stages, sizeof *config->stages);
  char *kept = copy(in, word);
  if (!stages || !kept) return no_memory(in);
  config->stages = stages;
  config->stages[config->n_stages].word = kept;
  config->stages[config->n_stages++].meaning = meaning;
  return DC_OK;
}

/* WORD, WORD, ...; a word with a comma in it stands in double quotes. each takes the words one by one. */
static dc_status split_words(reader *in, const char *key, const char *value, void *context,
                             dc_status (*each)(reader *in, void *context, const char *word))
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

static dc_status take_stage(reader *in, void *context, const char *word)
{
  const setting *rule = context;
  return rule->meaning == DC_MEANING_UNKNOWN ? add_ordered(in, word) : add_stage(in, word, rule->meaning);
}

static dc_status set_words(reader *in, const struct setting *rule, const char *value)
{
  setting copied = *rule;
  return split_words(in, rule->key, value, &copied, take_stage);
}

static dc_status take_listed(reader *in, void *context, const char *word)
{
  dc_config_list *list = context;
  char **words = longer(in, list->words, list->n, sizeof *words);
  if (!words || !(words[list->n] = copy(in, word))) return no_memory(in);
  list->words = words;
  list->n++;
  return DC_OK;
}

/* A line of [required] or [allowed]; a name that comes again adds to its list. */
static dc_status set_list(reader *in, dc_config_list **lists, size_t *n, const char *key, const char *value)
{
  dc_config_list *list = NULL;
  for (size_t i = 0; i < *n; i++)
    if (dc_text_same((*lists)[i].name, key)) list = &(*lists)[i];
  if (!list) {
    dc_config_list *grown = longer(in, *lists, *n, sizeof *grown);
    if (!grown || !(grown[*n].name = copy(in, key))) return no_memory(in);
    *lists = grown;
    list = &grown[(*n)++];
  }
  return split_words(in, key, value, list, take_listed);
}

static dc_status set_limit(reader *in, const struct setting *rule, const char *value)
{
  char *end;
  long limit = strtol(value, &end, 10);
  if (end == value || *end || limit < 1 || limit > 1000000)
    return REFUSE(in, "%s is a whole number from 1 to 1000000, not \"%s\"", rule->key, value);
  memcpy((char *)&in->owned->config.check + rule->offset, &(int){(int)limit}, sizeof(int));
  return DC_OK;
}

/* A role, `rows`, or `other` for the columns without a role. */
static dc_status set_weight(reader *in, const char *key, const char *value)
{
  dc_config *config = &in->owned->config;
  char *end;
  double weight = strtod(value, &end);
  dc_role role = dc_role_parse(key);
  const char *name = role != DC_ROLE_NONE ? dc_role_name(role) : dc_text_same(key, "rows") ? "rows" : "other";
  if (role == DC_ROLE_NONE && !dc_text_same(key, name))
    return REFUSE(in, "unknown role \"%s\" in [weights]; beside roles there are `rows` and `other`", key);
  if (end == value || *end || !(weight >= 0 && weight <= 1000))
    return REFUSE(in, "a weight is a number from 0 to 1000, not \"%s\"", value);
  for (size_t i = 0; i < config->n_weights; i++)
    if (strcmp(config->weights[i].role, name) == 0) return REFUSE(in, "%s is given twice", name);
  void *grown = longer(in, config->weights, config->n_weights, sizeof *config->weights);
  char *kept = copy(in, name);
  if (!grown || !kept) return no_memory(in);
  config->weights = grown;
  config->weights[config->n_weights].role = kept;
  config->weights[config->n_weights++].weight = weight;
  return DC_OK;
}

/* One of a key's words, in the order of its enum; an enum without negative values has the size of int. */
static dc_status set_choice(reader *in, const struct setting *rule, const char *value)
{
  static const struct {
    const char *key, *words[3], *all;
    int first;
  } keys[] = {
      {"booked_at", {"last_spell", "first", NULL}, "last_spell or first", DC_BOOKED_LAST_SPELL},
      {"dates", {"day-first", "month-first", "year-first"}, "day-first, month-first or year-first", DC_ORDER_DAY_FIRST},
      {"decimal", {"point", "comma", NULL}, "point or comma", DC_DECIMAL_POINT}};
  size_t k = 0;
  while (strcmp(keys[k].key, rule->key) != 0) k++;
  for (int w = 0; w < 3 && keys[k].words[w]; w++) {
    if (!dc_text_same(value, keys[k].words[w])) continue;
    memcpy((char *)&in->owned->config + rule->offset, &(int){keys[k].first + w}, sizeof(int));
    return DC_OK;
  }
  return REFUSE(in, "%s is %s, not \"%s\"", rule->key, keys[k].all, value);
}

static dc_status set_fiscal(reader *in, const struct setting *rule, const char *value)
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

static dc_status set_timezone(reader *in, const struct setting *rule, const char *value)
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

static dc_status set_currency(reader *in, const struct setting *rule, const char *value)
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

static dc_status set_column(reader *in, const char *key, const char *value)
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
  void *columns = longer(in, config->columns, config->n_columns, sizeof *config->columns);
  char *name = copy(in, dc_role_name(role)), *column = copy(in, value);
  if (!columns || !name || !column) return no_memory(in);
  config->columns = columns;
  config->columns[config->n_columns].role = name;
  config->columns[config->n_columns++].column = column;
  return DC_OK;
}

static dc_status refuse_section(reader *in, const char *section)
{
  if (!*section) return REFUSE(in, "a key before any [section]");
  const char *near = dc_text_nearest(section, sections, N_SECTIONS);
  if (near) return REFUSE(in, "unknown section [%s]; did you mean [%s]?", section, near);
  return REFUSE(in,
                "unknown section [%s]; there are [columns], [stages], [outcome], [calendar], [currency], [required], "
                "[allowed], [check], [weights]",
                section);
}

static dc_status refuse_key(reader *in, const char *section, const char *key)
{
  const char *keys[N_SETTINGS];
  size_t n = 0;
  for (int i = 0; i < N_SETTINGS; i++)
    if (dc_text_same(settings[i].section, section)) keys[n++] = settings[i].key;
  const char *near = dc_text_nearest(key, keys, n);
  return REFUSE(in, "unknown key \"%s\" in [%s]; did you mean %s?", key, section, near ? near : keys[0]);
}

static dc_status take(reader *in, const char *section, const char *key, const char *value)
{
  bool known = false;
  for (int i = 0; i < N_SECTIONS; i++) known = known || dc_text_same(sections[i], section);
  if (!known) return refuse_section(in, section);
  if (!*key) return REFUSE(in, "a value without a key");
  if (dc_text_same(section, "columns"))
    return *value ? set_column(in, key, value) : REFUSE(in, "%s has no column", key);
  dc_config *config = &in->owned->config;
  if (dc_text_same(section, "required")) return set_list(in, &config->required, &config->n_required, key, value);
  if (dc_text_same(section, "allowed")) return set_list(in, &config->allowed, &config->n_allowed, key, value);
  if (dc_text_same(section, "weights")) return set_weight(in, key, value);
  for (size_t i = 0; i < N_SETTINGS; i++) {
    const setting *s = &settings[i];
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
  reader *in = context;
  if (in->status == DC_OK) in->status = take(in, section, key, value ? value : "");
  return in->status == DC_OK;
}

/* Takes the comment off the line in hand, and its leading blanks where a section or a key begins it. */
static void tidy(reader *in)
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

static bool note_line(reader *in)
{
  if (in->pieces == in->capacity) {
    size_t capacity = in->capacity ? 2 * in->capacity : 64;
    int64_t *grown = realloc(in->line_of, capacity * sizeof *grown);
    if (!grown) {
      in->status = no_memory(in);
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
  reader *in = context;
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

static dc_status parse(reader *in)
{
  int bad = ini_parse_stream(piece, in, handle, in);
  if (ferror(in->file)) return dc_fail_at(in->error, DC_E_SYSTEM, in->path, 0, 0, "cannot read: %s", strerror(errno));
  if (bad < 0) return no_memory(in);
  /* An unreadable line comes before what was refused because of it. */
  int64_t unreadable = bad > 0 ? in->line_of[bad - 1] : in->number;
  if (in->status != DC_OK && (bad == 0 || unreadable >= in->number)) return in->status;
  if (bad == 0) return DC_OK;
  in->number = unreadable;
  return REFUSE(in, "neither [SECTION] nor KEY = VALUE");
}

/* [required] goes by [stages] order. */
static dc_status check_required(reader *in)
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
  reader in = {.path = path, .error = error};
  dc_status status = DC_OK;
  *config = NULL;
  in.owned = calloc(1, sizeof *in.owned);
  if (!in.owned || !(in.owned->arena = dc_arena_new())) {
    status = no_memory(&in);
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
  owned_config *owned = (owned_config *)config;
  dc_arena_free(owned->arena);
  free(owned);
}
