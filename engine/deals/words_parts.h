/* The table of usual words, made from engine/deals/meanings.txt. */
#ifndef DC_DEALS_WORDS_PARTS_H
#define DC_DEALS_WORDS_PARTS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum dc_word_kind {
  DC_WORD_WON,
  DC_WORD_LOST,
  DC_WORD_OPEN,
  DC_WORD_IGNORE,
  DC_WORD_SILENT, /* says nothing, though its parts might */
  DC_WORD_LEAD,   /* may stand before the word that says it */
  DC_WORD_DOUBT,  /* before such a word it takes the sense away */
  DC_WORD_BEHIND, /* right behind a word for won: others have won */
  DC_WORD_YES,
  DC_WORD_NO
} dc_word_kind;

typedef struct dc_usual_word {
  const char *word; /* plain, with single blanks; see plain.h */
  dc_word_kind kind;
  bool ends; /* tells its meaning at either end of a longer phrase */
} dc_usual_word;

/* Sorted by the words' bytes; a word may come once for each kind. */
extern const dc_usual_word dc_usual_words[];
extern const size_t dc_n_usual_words;

#endif
