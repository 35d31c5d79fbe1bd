/* What a column's values say about the roles that its name suggests. */
#include "engine/deals/roles_parts.h"

#include "engine/base/random.h"
#include "engine/deals/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY_STAGES = 60, FEW_ACCOUNTS = 5, MIN_ROWS = 100, MAX_WORDS = 4096 };

/* A set of hashes, open addressing; 0 marks a free slot. */
typedef struct hash_set {
  uint64_t *slots;
  size_t mask;
} hash_set;

static bool set_insert(hash_set *set, uint64_t hash)
{
  hash |= hash == 0;
  size_t at = (size_t)hash & set->mask;
  while (set->slots[at] && set->slots[at] != hash) at = (at + 1) & set->mask;
  bool fresh = set->slots[at] == 0;
  set->slots[at] = hash;
  return fresh;
}

bool dc_role_cell_missing(const dc_column *column, size_t row)
{
  switch (column->type) {
    case DC_TYPE_NUMBER: return isnan(column->number[row]);
    case DC_TYPE_DATE: return column->date[row] == DC_DATE_MISSING;
    case DC_TYPE_INSTANT: return column->instant[row] == DC_INSTANT_MISSING;
    case DC_TYPE_CATEGORY: return column->code[row] == 0;
    case DC_TYPE_TEXT: return column->offset[row] == column->offset[row + 1];
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
    case DC_TYPE_CATEGORY: return dc_hash_bytes(&column->code[row], sizeof *column->code, 4);
    default: break;
  }
  uint64_t start = column->offset[row];
  return dc_hash_bytes(column->bytes + start, (size_t)(column->offset[row + 1] - start), 5);
}

const char *dc_role_cell_word(const dc_column *column, size_t row, char *word)
{
  word[0] = '\0';
  if (dc_role_cell_missing(column, row)) return word;
  if (column->type == DC_TYPE_NUMBER) {
    double x = column->number[row];
    if (x == 0 || x == 1) snprintf(word, DC_ROLE_WORD_BYTES, "%d", (int)x);
  } else if (column->type == DC_TYPE_CATEGORY) {
    return column->words[column->code[row]];
  } else if (column->type == DC_TYPE_TEXT) {
    size_t length;
    const char *text = dc_column_text(column, row, &length);
    snprintf(word, DC_ROLE_WORD_BYTES, "%.*s", (int)(length < DC_ROLE_WORD_BYTES ? length : DC_ROLE_WORD_BYTES - 1),
             text);
  }
  return word;
}

static void count_word(dc_role_profile *profile, const dc_config *config, const char *word)
{
  bool flag;
  if (dc_flag_parse(word, &flag)) profile->flags++;
  switch (dc_stage_meaning(config, word)) {
    case DC_MEANING_WON: profile->won++; break;
    case DC_MEANING_LOST: profile->lost++; break;
    case DC_MEANING_OPEN: profile->open++; break;
    default: profile->silent++; break;
  }
}

static void count_value(dc_role_profile *profile, const dc_column *column, const dc_config *config, size_t row)
{
  char word[DC_ROLE_WORD_BYTES];
  if (column->type == DC_TYPE_NUMBER) {
    double x = column->number[row];
    if (x == 0 || x == 1) profile->flags++;
    if (x != floor(x)) profile->whole = false;
    profile->least = fmin(profile->least, x);
    profile->most = fmax(profile->most, x);
  } else if (column->type == DC_TYPE_TEXT && profile->distinct <= MAX_WORDS) {
    count_word(profile, config, dc_role_cell_word(column, row, word));
  }
}

dc_status dc_role_profile_column(const dc_table *table, int index, const dc_config *config, dc_role_profile *profile,
                                 dc_error *error)
{
  const dc_column *column = &table->columns[index];
  size_t rows = table->rows < DC_PROFILE_ROWS ? table->rows : DC_PROFILE_ROWS, size = 16;
  *profile = (dc_role_profile){
      .rows = rows, .readable = table->rows - column->n_missing, .whole = true, .least = NAN, .most = NAN};
  if (column->type == DC_TYPE_EMPTY) return DC_OK;
  while (size < 2 * rows) size *= 2;
  hash_set set = {calloc(size, sizeof *set.slots), size - 1};
  if (!set.slots) return dc_fail_memory(error, "looking at columns");
  for (size_t row = 0; row < rows; row++) {
    if (dc_role_cell_missing(column, row)) continue;
    profile->filled++;
    if (!set_insert(&set, cell_hash(column, row))) continue;
    profile->distinct++;
    count_value(profile, column, config, row);
  }
  free(set.slots);
  if (column->type == DC_TYPE_CATEGORY) {
    size_t n = column->n_words < MAX_WORDS ? column->n_words : MAX_WORDS;
    for (size_t i = 1; i < n; i++) count_word(profile, config, column->words[i]);
  }
  return DC_OK;
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
  switch (role) {
    case DC_ROLE_AMOUNT:
    case DC_ROLE_PROBABILITY: return number;
    case DC_ROLE_CREATED:
    case DC_ROLE_CLOSED:
    case DC_ROLE_EXPECTED_CLOSE:
    case DC_ROLE_CHANGED_AT:
    case DC_ROLE_PERIOD_START: return type == DC_TYPE_DATE || type == DC_TYPE_INSTANT;
    case DC_ROLE_IS_CLOSED:
    case DC_ROLE_IS_WON: return (wordy || number) && (profile->filled == 0 || only_flags(profile));
    case DC_ROLE_OUTCOME: return wordy || (number && (profile->filled == 0 || only_flags(profile)));
    case DC_ROLE_NAME:
    case DC_ROLE_CURRENCY: return wordy;
    default: return wordy || (number && profile->whole);
  }
}

static int id_content(const dc_role_profile *profile, dc_shape shape, char *evidence)
{
  double share = profile->filled ? (double)profile->distinct / (double)profile->filled : 0;
  const char *kind = profile->distinct == profile->filled ? "unique" : share >= 0.9 ? "nearly unique" : "repeated";
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
  switch (role) {
    case DC_ROLE_ID: return id_content(profile, shape, evidence);
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
