/* What the beginning of a text looks like when its fields are taken apart by one delimiter: the evidence for the dialect,
 * the header and the lines above it. */
#ifndef DC_INGEST_SNIFF_H
#define DC_INGEST_SNIFF_H

#include "engine/ingest/read.h"

enum { DC_SNIFF_BYTES = 1 << 16, DC_SNIFF_RECORDS = 200, DC_SNIFF_COLUMNS = 128 };

/* What a cell looks like, without regard to conventions. */
typedef enum dc_look { DC_LOOK_EMPTY, DC_LOOK_WORDS, DC_LOOK_NUMBER, DC_LOOK_YEAR, DC_LOOK_DATE } dc_look;

typedef struct dc_sniffed_record {
  uint64_t line;
  size_t fields, filled; /* fields 0: a blank line, or one that cannot be read (odd) */
  bool odd;              /* control characters, stray quotes, a field that is too long */
  bool header_word;      /* a cell is a word that columns are usually named by */
} dc_sniffed_record;

typedef struct dc_sniffed {
  size_t n;
  size_t width;    /* the number of fields, above 1, that most records have; 0 when all have one at the most */
  size_t agreeing; /* records with it */
  size_t records;  /* that are not blank */
  size_t odd;
  bool first_agrees; /* the first that is not blank has it */
  dc_sniffed_record record[DC_SNIFF_RECORDS];
  unsigned char look[DC_SNIFF_RECORDS][DC_SNIFF_COLUMNS]; /* dc_look of the first cells */
} dc_sniffed;

/* Records of text[0 .. length); more: the text goes on behind it, so that the last record may be cut off. */
dc_status dc_sniff(dc_reader *reader, const char *text, size_t length, bool more, uint64_t line, char delimiter,
                   dc_sniffed *sniffed, dc_error *error) DC_MUST_CHECK;

dc_look dc_look_of(const char *text, size_t length);

/* Is it a word that columns are usually named by (Close Date, amount, 客户名称)? */
bool dc_is_header_word(const char *text, size_t length);

/* What most of the cells of a column below record `above` look like; DC_LOOK_WORDS when there are fewer than two (none, in
 * a file of two records), or less than four in five agree. Numbers and years count as one where both occur. */
dc_look dc_sniffed_column(const dc_sniffed *sniffed, size_t above, size_t column);

#endif
