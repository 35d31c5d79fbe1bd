#include "engine/ingest/missing.h"

#include <string.h>

enum { LONGEST_WORD = 24 };

typedef enum word_class {
  ALWAYS,
  NUMBERS /* where the rest of the column is numbers or dates */
} word_class;

static const struct {
  const char *text;
  word_class class;
} words[] = {
    {"NA", ALWAYS},   {"N/A", ALWAYS},  {"NaN", ALWAYS},  {"null", ALWAYS}, {"NULL", ALWAYS},
    {"None", ALWAYS}, {"none", ALWAYS}, {"-", ALWAYS},    {"nil", ALWAYS},  {"#REF!", ALWAYS},
    {"#N/A", ALWAYS}, {"na", NUMBERS},  {"n/a", NUMBERS}, {"nan", NUMBERS},
};
enum { N_WORDS = sizeof words / sizeof *words };
_Static_assert(N_WORDS <= 64, "a set of words is 64 bits");

static dc_missing of_class(word_class most)
{
  dc_missing set = 0;
  for (int w = 0; w < N_WORDS; w++)
    if (words[w].class <= most) set |= (dc_missing)1 << w;
  return set;
}

dc_missing dc_missing_always(void) { return of_class(ALWAYS); }
dc_missing dc_missing_numbers(void) { return of_class(NUMBERS); }

int dc_missing_find(dc_missing set, const char *text, size_t length)
{
  if (length > LONGEST_WORD) return -1;
  for (int w = 0; w < N_WORDS; w++) {
    const char *word = words[w].text;
    if (set >> w & 1 && word[0] == text[0] && strlen(word) == length && memcmp(word, text, length) == 0) return w;
  }
  return -1;
}

const char *dc_missing_word(int word) { return words[word].text; }
