/* What is known of encodings and of the languages written in them: the data behind engine/ingest/encoding.h. */
#ifndef DC_INGEST_ENCODING_TABLES_H
#define DC_INGEST_ENCODING_TABLES_H

#include <stddef.h>

/* A language by its letters beyond ASCII (all of its letters where it has another script), lower case, the frequent ones
 * first: the weight of the k-th is taken as 1 / (k + 2), after Zipf. The order is from general knowledge of the languages;
 * nothing depends on it but how soon a text is decided. pages: how the names of the encodings end that it is usually in. */
typedef struct dc_language {
  const char *name, *letters, *pages;
} dc_language;

/* A single-byte encoding: as shown, as iconv knows it, and how much rarer it is than the Windows code pages (a log
 * probability). The first of those that read a text alike gives the name. */
typedef struct dc_page {
  const char *name, *iconv;
  double prior;
} dc_page;

/* Characters of an encoding of several bytes: those whose first byte is in first..last and second in low..high (length 1:
 * no second), and the log probability of each. */
typedef struct dc_form {
  unsigned char first, last, low, high, length;
  double weight;
} dc_form;

enum { DC_FORMS = 12, DC_VARIANTS = 3 };

/* Such an encoding under the language that is written in it. common: characters that make up about a third of any text,
 * those of business included. iconv: the names to try in turn, each one knowing more characters. */
typedef struct dc_wide {
  const char *name, *iconv[DC_VARIANTS], *common;
  double prior;
  dc_form forms[DC_FORMS];
} dc_wide;

extern const dc_language dc_languages[];
extern const dc_page dc_pages[];
extern const dc_wide dc_wides[];
extern const size_t dc_n_languages, dc_n_pages, dc_n_wides;

#endif
