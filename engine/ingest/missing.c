#include "engine/ingest/missing.h"

#include <string.h>

enum { LONGEST_WORD = 20 };

typedef enum word_class { ALWAYS, NUMBERS, TEXTS, FORMS } word_class;

static const struct {
  const char *text;
  word_class class;
} words[] = {{"NA", ALWAYS},
             {"N/A", ALWAYS},
             {"n/a", ALWAYS},
             {"N.A.", ALWAYS},
             {"n.a.", ALWAYS},
             {"NaN", ALWAYS},
             {"null", ALWAYS},
             {"NULL", ALWAYS},
             {"(null)", ALWAYS},
             {"<null>", ALWAYS},
             {"\\N", ALWAYS},
             {"None", ALWAYS},
             {"none", ALWAYS},
             {"(none)", ALWAYS},
             {"(None)", ALWAYS},
             {"--None--", ALWAYS},
             {"-None-", ALWAYS},
             {"nil", ALWAYS},
             {"(blank)", ALWAYS},
             {"(leer)", ALWAYS},
             {"-", ALWAYS},
             {"--", ALWAYS},
             {"---", ALWAYS},
             {"\xE2\x80\x93", ALWAYS},                         /* en dash */
             {"\xE2\x80\x94", ALWAYS},                         /* em dash */
             {"\xE6\x97\xA0", ALWAYS},                         /* wu, none */
             {"\xE7\xA9\xBA", ALWAYS},                         /* kong, empty */
             {"\xEF\xBC\x88\xE7\xA9\xBA\xEF\xBC\x89", ALWAYS}, /* the same in brackets */
             {"(\xE7\xA9\xBA)", ALWAYS},                       /* and in narrow ones */
             {"\xE8\xAF\xB7\xE9\x80\x89\xE6\x8B\xA9", ALWAYS}, /* qing xuanze, please choose */
             {"#REF!", ALWAYS},
             {"#N/A", ALWAYS},
             {"#DIV/0!", ALWAYS},
             {"#VALUE!", ALWAYS},
             {"#NAME?", ALWAYS},
             {"#NUM!", ALWAYS},
             {"#NULL!", ALWAYS},
             {"Please select", ALWAYS},
             {"Please Select", ALWAYS},
             {"na", NUMBERS},
             {"nan", NUMBERS},
             {"Unknown", NUMBERS},
             {"unknown", NUMBERS},
             {"UNKNOWN", NUMBERS},
             {"unbekannt", NUMBERS},
             {"Unbekannt", NUMBERS},
             {"inconnu", NUMBERS},
             {"Inconnu", NUMBERS},
             {"desconocido", NUMBERS},
             {"Desconocido", NUMBERS},
             {"desconhecido", NUMBERS},
             {"Desconhecido", NUMBERS},
             {"\xE6\x9C\xAA\xE7\x9F\xA5", NUMBERS}, /* weizhi, unknown */
             {"?", NUMBERS},
             {".", NUMBERS},
             {"000000000000000AAA", TEXTS},
             {"000000000000000", TEXTS},
             {"Select", FORMS},
             {"select", FORMS},
             {"Choose", FORMS}};
enum { N_WORDS = sizeof words / sizeof *words };
_Static_assert(N_WORDS <= 64, "a set of words is 64 bits");

/* The first bytes of all words: most cells are no word, and this is how they are told apart fast. */
static const char firsts[] = "NnSsCPUuIiD"
                             "d(<\\-#?.0\xE2\xE6\xE7\xE8\xEF";

static dc_missing of_class(word_class class)
{
  dc_missing set = 0;
  for (int w = 0; w < N_WORDS; w++)
    if (words[w].class == class) set |= (dc_missing)1 << w;
  return set;
}

dc_missing dc_missing_always(void) { return of_class(ALWAYS); }
dc_missing dc_missing_numbers(void) { return of_class(NUMBERS); }
dc_missing dc_missing_texts(void) { return of_class(TEXTS); }
dc_missing dc_missing_forms(void) { return of_class(FORMS); }

int dc_missing_find(dc_missing set, const char *text, size_t length)
{
  if (length > LONGEST_WORD || !memchr(firsts, text[0], sizeof firsts - 1)) return -1;
  for (int w = 0; w < N_WORDS; w++) {
    const char *word = words[w].text;
    if (word[0] == text[0] && set >> w & 1 && strlen(word) == length && memcmp(word, text, length) == 0) return w;
  }
  return -1;
}

const char *dc_missing_word(int word) { return words[word].text; }
