#include "engine/ingest/missing.h"

#include <string.h>

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

#define L(n) ((uint32_t)1 << (n))

const uint32_t dc_missing_lengths[256] = {['#'] = L(4) | L(5) | L(6) | L(7),
                                          ['('] = L(5) | L(6) | L(7),
                                          ['-'] = L(1) | L(2) | L(3) | L(6) | L(8),
                                          ['.'] = L(1),
                                          ['0'] = L(15) | L(18),
                                          ['<'] = L(6),
                                          ['?'] = L(1),
                                          ['C'] = L(6),
                                          ['D'] = L(11) | L(12),
                                          ['I'] = L(7),
                                          ['N'] = L(2) | L(3) | L(4),
                                          ['P'] = L(13),
                                          ['S'] = L(6),
                                          ['U'] = L(7) | L(9),
                                          ['\\'] = L(2),
                                          ['d'] = L(11) | L(12),
                                          ['i'] = L(7),
                                          ['n'] = L(2) | L(3) | L(4),
                                          ['s'] = L(6),
                                          ['u'] = L(7) | L(9),
                                          [0xE2] = L(3),
                                          [0xE6] = L(3) | L(6),
                                          [0xE7] = L(3),
                                          [0xE8] = L(9),
                                          [0xEF] = L(9)};

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

int dc_missing_look_up(dc_missing set, const char *text, size_t length)
{
  for (int w = 0; w < N_WORDS; w++) {
    const char *word = words[w].text;
    if (word[0] == text[0] && set >> w & 1 && strlen(word) == length && memcmp(word, text, length) == 0) return w;
  }
  return -1;
}

const char *dc_missing_word(int word) { return word < N_WORDS ? words[word].text : NULL; }

bool dc_missing_is_always(int word) { return words[word].class == ALWAYS; }
bool dc_missing_is_numbers(int word) { return words[word].class == NUMBERS; }
