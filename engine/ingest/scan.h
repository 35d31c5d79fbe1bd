/* Where the bytes that matter to a CSV parser stand, as bits: 64 bytes of text at a time.
 *
 * Only this file's kernels know of instruction sets; what the bits mean is decided in portable code, so that every kernel
 * gives the same table. */
#ifndef DC_INGEST_SCAN_H
#define DC_INGEST_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
  DC_SCAN_WORDS = 64,                 /* of 64 bits, in one call of mark */
  DC_SCAN_BYTES = 64 * DC_SCAN_WORDS, /* the text that they stand for */
  DC_SPREAD_SLACK = 64                /* entries behind its last one that spread may overwrite */
};

/* Bit i of word w is byte 64 w + i. */
typedef struct dc_marks {
  uint64_t quote[DC_SCAN_WORDS], delimiter[DC_SCAN_WORDS], lf[DC_SCAN_WORDS], cr[DC_SCAN_WORDS];
  uint64_t any_quote, any_cr, any_control; /* 0 = none in any word; control: below 0x20 but tab, LF, CR; or 0x7f */
} dc_marks;

typedef struct dc_scanner {
  const char *name;
  /* Reads DC_SCAN_BYTES of text. */
  void (*mark)(const char *text, char delimiter, dc_marks *marks);
  /* base + the index of each set bit, in order; returns behind the last entry. */
  uint32_t *(*spread)(const uint64_t *bits, size_t words, uint32_t base, uint32_t *into);
  uint64_t (*count)(const uint64_t *bits, size_t words);
  /* inside := the bits from each quote to the one before its partner, by the parity of the quotes before; *carry, 0 or all
   * ones, tells whether the words begin inside, and then whether they end so. */
  void (*enclose)(const uint64_t *quote, size_t words, uint64_t *carry, uint64_t *inside);
} dc_scanner;

/* The fastest scanner that this machine runs. */
const dc_scanner *dc_scanner_best(void);

/* Those that this machine runs, the plain one first; NULL behind the last. For tests: they all do the same. */
const dc_scanner *dc_scanner_get(size_t index);

/* mark over a text that may be shorter than DC_SCAN_BYTES; the bits behind its end are 0. */
static inline void dc_scan_mark(const dc_scanner *scanner, const char *text, size_t length, char delimiter,
                                dc_marks *marks)
{
  if (length >= DC_SCAN_BYTES) {
    scanner->mark(text, delimiter, marks);
    return;
  }
  char padded[DC_SCAN_BYTES];
  memcpy(padded, text, length);
  memset(padded + length, delimiter == ' ' ? 'x' : ' ', sizeof padded - length);
  scanner->mark(padded, delimiter, marks);
}

#endif
