/* Private to when*.c: reading a cell piece by piece. */
#ifndef DC_INGEST_WHEN_PARTS_H
#define DC_INGEST_WHEN_PARTS_H

#include "engine/ingest/when.h"

#include <string.h>

typedef struct dc_when_reader {
  const char *p, *end;
} dc_when_reader;

static inline bool dc_when_take(dc_when_reader *r, char c)
{
  if (r->p == r->end || *r->p != c) return false;
  r->p++;
  return true;
}

static inline bool dc_when_take_text(dc_when_reader *r, const char *text)
{
  size_t n = strlen(text);
  if ((size_t)(r->end - r->p) < n || memcmp(r->p, text, n) != 0) return false;
  r->p += n;
  return true;
}

static inline bool dc_when_is_digit(const dc_when_reader *r)
{
  return r->p < r->end && (unsigned char)(*r->p - '0') < 10;
}

/* Between least and most digits; returns how many, 0 when there are too few. More than most: the rest stays. */
static inline int dc_when_take_digits(dc_when_reader *r, int least, int most, int *value)
{
  dc_when_reader s = *r;
  int n = 0, v = 0;
  for (; n < most && dc_when_is_digit(&s); n++) v = v * 10 + (*s.p++ - '0');
  if (n < least) return 0;
  *r = s;
  *value = v;
  return n;
}

/* A month's name or usual short name in one of five languages, up to its last letter and a point. */
bool dc_when_take_month(dc_when_reader *r, int *month);

/* An English name of a weekday, and the comma and blanks behind it. */
void dc_when_skip_weekday(dc_when_reader *r);

/* The rest of the cell: a time of day and a zone. False: it is neither. */
bool dc_when_take_clock(dc_when_reader *r, dc_when *when, uint32_t *seen);

dc_when_result dc_when_make_day(int year, int month, int day, int32_t *out);

#endif
