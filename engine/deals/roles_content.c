/* What a column's values say about the roles that its name suggests. */
#include "engine/deals/roles_parts.h"

#include "engine/base/random.h"
#include "engine/deals/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY_STAGES = 60, FEW_ACCOUNTS = 5, MIN_ROWS = 100, MAX_WORDS = 4096 };

/* Distinct values of a column in bounded memory, whatever the order of the rows (adaptive sampling: Flajolet 1990): values
 * are kept while their hashes end in `level` zero bits; when they are too many, level rises and the others leave. */
typedef struct sample {
  uint64_t *hash;        /* 0 marks a free slot */
  uint32_t *cells, *row; /* how many cells have the value, and one of them */
  size_t n;
  int level;
} sample;

enum { SAMPLE_SLOTS = 1 << 16, SAMPLE_MOST = SAMPLE_SLOTS / 2 };

static bool is_sampled(const sample *s, uint64_t hash) { return (hash & (((uint64_t)1 << s->level) - 1)) == 0; }

static size_t slot_of(const sample *s, uint64_t hash)
{
  size_t at = (size_t)(hash >> 40) & (SAMPLE_SLOTS - 1);
  while (s->hash[at] && s->hash[at] != hash) at = (at + 1) & (SAMPLE_SLOTS - 1);
  return at;
}

static void put(sample *s, uint64_t hash, uint32_t cells, uint32_t row)
{
  size_t at = slot_of(s, hash);
  if (!s->hash[at]) {
    s->hash[at] = hash;
    s->cells[at] = 0;
    s->row[at] = row;
    s->n++;
  }
  s->cells[at] += cells;
}

/* Everything is taken out and what still belongs is put back. */
static bool raise_level(sample *s)
{
  sample old = *s;
  s->hash = calloc(SAMPLE_SLOTS, sizeof *s->hash);
  s->cells = calloc(SAMPLE_SLOTS, sizeof *s->cells);
  s->row = calloc(SAMPLE_SLOTS, sizeof *s->row);
  bool fine = s->hash && s->cells && s->row;
  s->n = 0;
  s->level = old.level + (old.hash != NULL);
  for (size_t at = 0; fine && old.hash && at < SAMPLE_SLOTS; at++)
    if (old.hash[at] && is_sampled(s, old.hash[at])) put(s, old.hash[at], old.cells[at], old.row[at]);
  free(old.hash);
  free(old.cells);
  free(old.row);
  return fine;
}

static void sample_free(sample *s)
{
  free(s->hash);
  free(s->cells);
  free(s->row);
}

bool dc_role_cell_missing(const dc_column *column, size_t row)
{
  switch (column->type) {
    case DC_TYPE_NUMBER: return isnan(column->number[row]);
    case DC_TYPE_DATE: return column->date[row] == DC_DATE_MISSING;
    case DC_TYPE_INSTANT: return column->instant[row] == DC_INSTANT_MISSING;
    case DC_TYPE_CATEGORY: return dc_column_code(column, row) == 0;
    case DC_TYPE_TEXT: return dc_column_offset(column, row) == dc_column_offset(column, row + 1);
    case DC_TYPE_EMPTY: break;
  }
  return true;
}

static uint64_t cell_hash(const dc_column *column, size_t row)
{
  switch (column->type) {
    case DC_TYPE_NUMBER: return dc_hash_bytes(&column->number[row], sizeof *column->number, 1);
    case DC_TYPE_DATE: return dc_hash_bytes(&column->date[row], sizeof *column->date, 2);
    case DC_TYPE_INSTANT: return dc_hash_bytes(&column->instant[row], sizeof *column->instant, 3);
    default: break;
  }
  uint64_t start = dc_column_offset(column, row);
  return dc_hash_bytes(column->bytes + start, (size_t)(dc_column_offset(column, row + 1) - start), 5);
}

const char *dc_role_cell_word(const dc_column *column, size_t row, char *word)
{
  word[0] = '\0';
  if (dc_role_cell_missing(column, row)) return word;
  if (column->type == DC_TYPE_NUMBER) {
    double x = column->number[row];
    if (x == 0 || x == 1) snprintf(word, DC_ROLE_WORD_BYTES, "%d", (int)x);
  } else if (column->type == DC_TYPE_CATEGORY) {
    return column->words[dc_column_code(column, row)];
  } else if (column->type == DC_TYPE_TEXT) {
    size_t length;
    const char *text = dc_column_text(column, row, &length);
    snprintf(word, DC_ROLE_WORD_BYTES, "%.*s", (int)(length < DC_ROLE_WORD_BYTES ? length : DC_ROLE_WORD_BYTES - 1),
             text);
  }
  return word;
}

static void count_word(dc_role_profile *profile, const dc_config *config, const dc_column *column, const char *word)
{
  bool flag;
  dc_meaning meaning = dc_stage_meaning(config, word);
  if (meaning == DC_MEANING_UNKNOWN) meaning = dc_legend_meaning(column->name, word);
  if (dc_flag_parse(word, &flag)) profile->flags++;
  switch (meaning) {
    case DC_MEANING_WON: profile->won++; break;
    case DC_MEANING_LOST: profile->lost++; break;
    case DC_MEANING_OPEN: profile->open++; break;
    default: profile->silent++; break;
  }
}

static void count_number(dc_role_profile *profile, double x)
{
  if (x != floor(x)) profile->whole = false;
  profile->least = fmin(profile->least, x);
  profile->most = fmax(profile->most, x);
}

static bool take_sample(const dc_column *column, size_t rows, dc_role_profile *profile, sample *s)
{
  bool fine = raise_level(s);
  for (size_t row = 0; fine && row < rows; row++) {
    if (dc_role_cell_missing(column, row)) continue;
    if (column->type == DC_TYPE_NUMBER) count_number(profile, column->number[row]);
    uint64_t hash = cell_hash(column, row);
    hash = hash ? hash : (uint64_t)1 << 63;
    if (!is_sampled(s, hash)) continue;
    put(s, hash, 1, (uint32_t)row);
    while (fine && s->n > SAMPLE_MOST) fine = raise_level(s);
  }
  return fine;
}

/* What the sampled values are: words of a text only where they are few enough to mean something. */
static void count_values(const dc_column *column, const dc_config *config, const sample *s, dc_role_profile *profile)
{
  char word[DC_ROLE_WORD_BYTES];
  bool words = column->type == DC_TYPE_TEXT && s->level == 0 && s->n <= MAX_WORDS;
  for (size_t at = 0; at < SAMPLE_SLOTS; at++) {
    if (!s->hash[at]) continue;
    profile->sampled_cells += s->cells[at];
    if (column->type == DC_TYPE_NUMBER)
      profile->flags += column->number[s->row[at]] == 0 || column->number[s->row[at]] == 1;
    if (words) count_word(profile, config, column, dc_role_cell_word(column, s->row[at], word));
  }
  profile->sampled = s->n;
  profile->distinct = s->n << s->level;
  if (profile->distinct > profile->filled) profile->distinct = profile->filled;
}

dc_status dc_role_profile_column(const dc_table *table, int index, const dc_config *config, dc_role_profile *profile,
                                 dc_error *error)
{
  const dc_column *column = &table->columns[index];
  size_t filled = table->rows - column->n_missing;
  sample s = {.level = 0};
  *profile = (dc_role_profile){
      .rows = table->rows, .filled = filled, .readable = filled, .whole = true, .least = NAN, .most = NAN};
  if (column->type == DC_TYPE_EMPTY) return DC_OK;
  profile->personal = dc_role_shows_people(table, index);
  if (column->type == DC_TYPE_CATEGORY) {
    size_t n = column->n_words < MAX_WORDS ? column->n_words : MAX_WORDS;
    for (size_t i = 1; i < n; i++) count_word(profile, config, column, column->words[i]);
    profile->distinct = profile->sampled = column->n_words - 1;
    profile->sampled_cells = filled;
    return DC_OK;
  }
  bool fine = take_sample(column, table->rows, profile, &s);
  if (fine) count_values(column, config, &s, profile);
  sample_free(&s);
  return fine ? DC_OK : dc_fail_memory(error, "looking at columns");
}

static bool only_flags(const dc_role_profile *profile)
{
  return profile->distinct > 0 && profile->distinct <= 2 && profile->flags == profile->distinct;
}

bool dc_role_fits(const dc_column *column, const dc_role_profile *profile, dc_role role)
{
  dc_type type = column->type;
  bool wordy = type == DC_TYPE_CATEGORY || type == DC_TYPE_TEXT, number = type == DC_TYPE_NUMBER;
  if (type == DC_TYPE_EMPTY) return true;
  if (dc_role_table[role].type == DC_TYPE_DATE) return type == DC_TYPE_DATE || type == DC_TYPE_INSTANT;
  switch (role) {
    case DC_ROLE_ACTUAL_AMOUNT: return number && (profile->filled == 0 || profile->least != 0 || profile->most != 0);
    case DC_ROLE_AMOUNT:
    case DC_ROLE_QUANTITY:
    case DC_ROLE_PROBABILITY: return number;
    case DC_ROLE_IS_ACTIVE:
    case DC_ROLE_IS_CLOSED:
    case DC_ROLE_IS_WON: return (wordy || number) && (profile->filled == 0 || only_flags(profile));
    case DC_ROLE_OUTCOME: return wordy || (number && (profile->filled == 0 || only_flags(profile)));
    case DC_ROLE_NAME:
    case DC_ROLE_CURRENCY: return wordy;
    default: return wordy || (number && profile->whole);
  }
}

/* "Email" with yes and no is nobody's address. */
static int contact_content(const dc_role_profile *profile, char *evidence)
{
  bool flags = only_flags(profile);
  snprintf(evidence, DC_EVIDENCE_BYTES, "%zu distinct values in %zu of %zu rows%s", profile->distinct, profile->filled,
           profile->rows, flags ? ", yes or no" : "");
  return flags ? -100 : 0;
}

static int id_content(const dc_role_profile *profile, dc_shape shape, char *evidence)
{
  double share = profile->sampled_cells ? (double)profile->sampled / (double)profile->sampled_cells : 0;
  const char *kind = profile->sampled == profile->sampled_cells ? "unique"
                     : share >= 0.9                             ? "nearly unique"
                                                                : "repeated";
  snprintf(evidence, DC_EVIDENCE_BYTES, "%s in %zu rows", kind, profile->filled);
  int sparse = profile->filled * 2 < profile->rows ? -30 : 0;
  if (profile->filled < 2) return sparse;
  if (shape == DC_SHAPE_HISTORY) return sparse + (share == 1 ? -15 : 5);
  return sparse + (share >= 0.99 ? 10 : share >= 0.5 ? 0 : -40);
}

static int stage_content(const dc_column *column, const dc_role_profile *profile, char *evidence)
{
  snprintf(evidence, DC_EVIDENCE_BYTES, "%zu distinct values, %zu of them usual words", profile->distinct,
           profile->won + profile->lost + profile->open);
  if (profile->distinct > MANY_STAGES) return -60;
  if (column->type == DC_TYPE_NUMBER) return -20;
  return profile->won + profile->lost + profile->open > 0 ? 5 : 0;
}

static int outcome_content(const dc_role_profile *profile, char *evidence)
{
  bool flags = only_flags(profile), told = profile->won + profile->lost > 0;
  if (flags)
    snprintf(evidence, DC_EVIDENCE_BYTES, "yes or no in %zu of %zu rows", profile->filled, profile->rows);
  else if (told)
    snprintf(evidence, DC_EVIDENCE_BYTES, "its words tell won from lost");
  else
    snprintf(evidence, DC_EVIDENCE_BYTES, "none of its words says won or lost");
  if (!flags && !told) return -60;
  /* Many words that are neither: a stage under another name. */
  return !flags && profile->open + profile->silent > 2 ? -25 : 8;
}

int dc_role_content(const dc_column *column, const dc_role_profile *profile, dc_role role, dc_shape shape,
                    char *evidence)
{
  if (column->n_bad > profile->readable) {
    snprintf(evidence, DC_EVIDENCE_BYTES, "%zu cells are no %s, %zu are", column->n_bad, dc_type_name(column->type),
             profile->readable);
    return -100;
  }
  if (profile->filled == 0) {
    snprintf(evidence, DC_EVIDENCE_BYTES, "empty");
    return -30;
  }
  if (profile->personal && (role == DC_ROLE_ACCOUNT || role == DC_ROLE_NAME)) {
    snprintf(evidence, DC_EVIDENCE_BYTES, "mail addresses or phone numbers of people");
    return -100;
  }
  switch (role) {
    case DC_ROLE_ID: return id_content(profile, shape, evidence);
    case DC_ROLE_CONTACT: return contact_content(profile, evidence);
    case DC_ROLE_STAGE: return stage_content(column, profile, evidence);
    case DC_ROLE_OUTCOME: return outcome_content(profile, evidence);
    default: break;
  }
  bool number = column->type == DC_TYPE_NUMBER;
  if (number)
    snprintf(evidence, DC_EVIDENCE_BYTES, "numbers in %zu of %zu rows", profile->filled, profile->rows);
  else if (column->type == DC_TYPE_DATE || column->type == DC_TYPE_INSTANT)
    snprintf(evidence, DC_EVIDENCE_BYTES, "dates in %zu of %zu rows", profile->filled, profile->rows);
  else
    snprintf(evidence, DC_EVIDENCE_BYTES, "%zu distinct values in %zu of %zu rows", profile->distinct, profile->filled,
             profile->rows);
  int sparse = profile->filled * 20 < profile->rows ? -10 : 0;
  if (role == DC_ROLE_PROBABILITY && number && (profile->least < 0 || profile->most > 100)) return -50;
  if (role == DC_ROLE_ACCOUNT && shape == DC_SHAPE_DEALS && profile->distinct <= FEW_ACCOUNTS &&
      profile->filled >= MIN_ROWS)
    return -80;
  return sparse;
}
