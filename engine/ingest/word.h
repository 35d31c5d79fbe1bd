/* Eight bytes of text as one number, for loops that look at all of them at once. */
#ifndef DC_INGEST_WORD_H
#define DC_INGEST_WORD_H

#include <stdint.h>
#include <string.h>

/* The byte eight times over. */
#define DC_EACH(byte) (0x0101010101010101u * (uint64_t)(unsigned char)(byte))

/* text[0 .. 8), the first byte lowest on every machine. */
static inline uint64_t dc_word_load(const void *text)
{
  uint64_t word;
  memcpy(&word, text, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

#endif
