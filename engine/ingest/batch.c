#include "engine/ingest/batch.h"
#include "engine/ingest/word.h"

#include "engine/base/date.h"
#include "engine/ingest/cells8.h"
#include "engine/ingest/missing.h"
#include "engine/ingest/number.h"
#include "engine/ingest/turn.h"

#include <stdlib.h>
#include <string.h>

enum { WORD = 8, EXACT_POWER = 22, FIRST_YEAR = 1900, YEARS = 201, MONTHS = 16, SPARE = 64 };

#define EXACT_INTEGERS ((uint64_t)1 << 53)
/* The text of a field, as it stands. */
static inline const char *cell_of(const dc_batch *b, size_t row, size_t field, size_t *length)
{
  const uint32_t *begin = b->begins + field * b->stride + row;
  *length = begin[b->stride] - begin[0] - 1;
  return b->text + begin[0];
}

/* A quoted cell without its quotes, in place unless there are quotes inside; then in w->scratch behind `used`, where there
 * must be room. Blanks and line ends around other cells stay: who reads them does not mind. */
static const char *unquoted(dc_worker *w, const char *text, size_t *length, size_t *used)
{
  size_t n = *length;
  if (!n || text[0] != '"') return text;
  if (text[n - 1] == '\r') n--;
  text++;
  n -= 2;
  *length = n;
  const char *quote = n ? memchr(text, '"', n) : NULL;
  if (!quote) return text;
  char *copy = w->scratch + *used, *to = copy;
  for (const char *p = text, *end = text + n; p < end; p++) {
    *to++ = *p;
    p += *p == '"'; /* the second of the pair */
  }
  *length = (size_t)(to - copy);
  *used += *length + SPARE;
  return copy;
}

static bool reserve_scratch(dc_worker *w, size_t bytes)
{
  if (bytes <= w->scratch_size) return true;
  char *grown = realloc(w->scratch, bytes * 2);
  if (!grown) {
    w->memory_ended = true;
    return false;
  }
  w->scratch = grown;
  w->scratch_size = bytes * 2;
  return true;
}

/* The way of libcsv's cells; false when the cell cannot be read. */
static bool put_slowly(dc_worker *w, const dc_slot *s, size_t row, const char *text, size_t length)
{
  size_t begun = w->row, used = 0;
  if (!reserve_scratch(w, length + SPARE)) return false;
  text = unquoted(w, text, &length, &used);
  w->row = row;
  dc_cell_put(w, s, text, length);
  w->row = begun;
  bool fine = w->n_pending == 0;
  w->n_pending = 0;
  return fine;
}

/* Eight bytes, the first lowest, as digits; false when one is none. */
static inline bool digits(uint64_t v, uint64_t *value)
{
  v ^= DC_EACH('0');
  if (((v + DC_EACH(0x76)) | v) & DC_EACH(0x80)) return false;
  v = v * 10 + (v >> 8);
  const uint64_t pair = 0x000000FF000000FFu;
  *value = ((v & pair) * 0x000F424000000064u + (v >> 16 & pair) * 0x0000271000000001u) >> 32;
  return true;
}

/* 0x80 in the first byte that is a point and perhaps above it, 0 when there is none. */
static inline uint64_t find_point(uint64_t v)
{
  uint64_t x = v ^ DC_EACH('.');
  return (x - DC_EACH(1)) & ~x & DC_EACH(0x80);
}

/* Takes the byte of the lowest bit out, moves those below it up, and `in` into the lowest. Returns how many are above. */
static inline unsigned close_up(uint64_t *v, uint64_t bit, uint64_t in)
{
  bit &= ~bit + 1;
  uint64_t below = (bit >> 7) - 1, through = bit | (bit - 1);
  *v = (*v & ~through) | (*v & below) << 8 | in;
  return (unsigned)__builtin_clzll(bit) / 8;
}

/* n <= 8 bytes as the highest ones of a word, zeros before them; a word may be read from text. */
static inline uint64_t aligned(const char *text, size_t n)
{
  return dc_word_load(text) << (64 - 8 * n) | DC_EACH('0') >> (8 * n - 8) >> 8;
}

/* [-]digits[.digits] of up to 16 characters, as dc_number_parse has it: both the mantissa and the power are exact doubles,
 * so that one division rounds once (Clinger 1990). False = leave it to that. */
static inline bool plain_number(const char *text, size_t length, double *value, uint32_t *seen)
{
  static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  bool negative = *text == '-';
  text += negative;
  size_t n = length - negative;
  unsigned decimals = 0;
  bool point = false;
  uint64_t mantissa;
  if (n - 1 < WORD) {
    uint64_t v = aligned(text, n), bit = find_point(v);
    point = bit != 0;
    if (point) decimals = close_up(&v, bit, '0');
    if (!digits(v, &mantissa)) return false;
  } else if (n - 1 < 2 * WORD) {
    uint64_t high = aligned(text, n - WORD), low = dc_word_load(text + n - WORD), above;
    uint64_t bit = find_point(low), bit_above = find_point(high);
    point = (bit | bit_above) != 0;
    if (bit) {
      decimals = close_up(&low, bit, high >> 56);
      high = high << 8 | '0';
    } else if (point) {
      decimals = WORD + close_up(&high, bit_above, '0');
    }
    if (!digits(low, &mantissa) || !digits(high, &above)) return false;
    mantissa += above * 100000000u;
    if (mantissa >= EXACT_INTEGERS) return false;
  } else {
    return false;
  }
  size_t whole = n - decimals - point;
  if (!whole) return false;
  *seen |= dc_number_plain_seen(whole, decimals, *text);
  double v = (double)mantissa;
  if (decimals) v /= powers[decimals];
  *value = negative ? -v : v;
  return true;
}

/* Of rows from `from` on, for the kernels. */
static dc_cells cells_of(const dc_batch *b, size_t from, size_t n, size_t field)
{
  const uint32_t *begin = b->begins + field * b->stride + from;
  return (dc_cells){b->text, begin, begin + b->stride, dc_turn_stride(n)};
}

/* Row k or the first one behind it that was not read; n when there is none. done is NULL when none was. */
static inline size_t next_left(const uint8_t *done, size_t k, size_t n)
{
  if (!done) return k;
  unsigned left = 0;
  while (k < n && !(left = (0xFFu & ~(unsigned)done[k / 8]) >> (k % 8))) k = (k / 8 + 1) * 8;
  k += left ? (size_t)__builtin_ctz(left) : 0;
  return k < n ? k : n;
}

static size_t put_numbers(dc_worker *w, const dc_slot *s, size_t field, const dc_batch *b, size_t n)
{
  double *cell = s->column.number + w->row;
  uint32_t seen = 0;
  bool plain = dc_number_is_plain(&s->guess.number);
  uint8_t by_eights[DC_BATCH_ROWS / 8], *done = plain && w->kernels ? by_eights : NULL;
  dc_cells cells = cells_of(b, 0, n, field);
  if (done) w->kernels->numbers(&cells, cell, &seen, done);
  size_t k = next_left(done, 0, n);
  for (; k < n; k = next_left(done, k + 1, n)) {
    size_t length;
    const char *text = cell_of(b, k, field, &length);
    if (plain && !length) {
      cell[k] = NAN;
    } else if (!(plain && plain_number(text, length, &cell[k], &seen)) && !put_slowly(w, s, w->row + k, text, length)) {
      break;
    }
  }
  s->unit->seen |= seen;
  return k;
}

/* Per month: its first day times 32, plus its number of days; 0 for months that there are not. */
static bool make_months(dc_worker *w)
{
  w->months = calloc((size_t)YEARS * MONTHS, sizeof *w->months);
  for (int y = 0; w->months && y < YEARS; y++) {
    for (int m = 1; m <= 12; m++) {
      int32_t first = dc_date_from_civil(FIRST_YEAR + y, m, 1);
      int32_t next = m < 12 ? dc_date_from_civil(FIRST_YEAR + y, m + 1, 1)
                            : dc_date_from_civil(FIRST_YEAR + y + 1, 1, 1);
      w->months[y * MONTHS + m] = first * 32 + (next - first);
    }
  }
  w->memory_ended |= w->months == NULL;
  return w->months != NULL;
}

/* YYYY-MM-DD; false = look closer. */
static inline bool plain_date(const char *text, const int32_t *months, int32_t *day)
{
  const uint64_t pattern = 0x2D30302D30303030u; /* 0000-00- */
  uint64_t v = dc_word_load(text) ^ pattern;
  unsigned tens = (unsigned)(unsigned char)text[8] - '0', ones = (unsigned)(unsigned char)text[9] - '0';
  if (((v + 0x7F76767F76767676u) | v) & DC_EACH(0x80) || tens > 9 || ones > 9) return false;
  unsigned year = (unsigned)(v & 0xff) * 1000 + (unsigned)(v >> 8 & 0xff) * 100 + (unsigned)(v >> 16 & 0xff) * 10 +
                  (unsigned)(v >> 24 & 0xff) - FIRST_YEAR;
  unsigned month = (unsigned)(v >> 40 & 0xff) * 10 + (unsigned)(v >> 48 & 0xff), number = tens * 10 + ones - 1;
  if (year >= YEARS || month >= MONTHS) return false;
  int32_t entry = months[year * MONTHS + month];
  if (number >= ((unsigned)entry & 31)) return false;
  *day = (entry >> 5) + (int32_t)number;
  return true;
}

static size_t put_dates(dc_worker *w, const dc_slot *s, size_t field, const dc_batch *b, size_t n)
{
  int32_t *cell = s->column.date + w->row;
  if (!w->months && !make_months(w)) return 0;
  uint8_t by_eights[DC_BATCH_ROWS / 8], *done = w->kernels ? by_eights : NULL;
  dc_cells cells = cells_of(b, 0, n, field);
  if (done) w->kernels->dates(&cells, w->months, cell, done);
  for (size_t k = next_left(done, 0, n); k < n; k = next_left(done, k + 1, n)) {
    size_t length;
    const char *text = cell_of(b, k, field, &length);
    if (length == 10 && plain_date(text, w->months, &cell[k])) continue;
    cell[k] = DC_DATE_MISSING;
    if (length && !put_slowly(w, s, w->row + k, text, length)) return k;
  }
  return n;
}

static size_t put_instants(dc_worker *w, const dc_slot *s, size_t field, const dc_batch *b, size_t n)
{
  for (size_t k = 0; k < n; k++) {
    size_t length;
    const char *text = cell_of(b, k, field, &length);
    if (!put_slowly(w, s, w->row + k, text, length)) return k;
  }
  return n;
}

/* Whether quotes or blanks may stand around it. */
static inline bool wrapped(const char *text, size_t length)
{
  return length && ((unsigned char)text[0] <= '"' || (unsigned char)text[length - 1] <= ' ');
}

/* In quotes, without any inside. */
static inline bool simply_quoted(const char *text, size_t length)
{
  return length > 1 && text[0] == '"' && text[length - 1] == '"' && !memchr(text + 1, '"', length - 2);
}

/* At most this many bytes are in one field of rows [from, to). */
static size_t span_of(const dc_batch *b, size_t from, size_t to, size_t field)
{
  const uint32_t *begin = b->begins + field * b->stride;
  return begin[b->stride + to - 1] - begin[from];
}

static void put_codes(dc_worker *w, const dc_slot *s, const uint32_t *codes, size_t row, size_t n)
{
  dc_unit_column *u = s->unit;
  size_t at = row - w->unit->base;
  uint64_t limit = (uint64_t)dc_dictionary_count(s->words) - 1;
  if (u->code_bytes < 4 && limit >> (8 * u->code_bytes)) {
    for (size_t k = 0; k < n; k++) w->memory_ended |= !dc_code_put(w, s, row + k, codes[k]);
  } else if (u->code_bytes == 1) {
    uint8_t *to = (uint8_t *)u->codes + at;
#pragma omp simd
    for (size_t k = 0; k < n; k++) to[k] = (uint8_t)codes[k];
  } else if (u->code_bytes == 2) {
    uint16_t *to = (uint16_t *)u->codes + at;
#pragma omp simd
    for (size_t k = 0; k < n; k++) to[k] = (uint16_t)codes[k];
  } else {
    memcpy((uint32_t *)u->codes + at, codes, n * sizeof *codes);
  }
}

/* The codes of the words that the kernel left: in order of rows, since codes are in order of arrival. */
static bool look_up(dc_worker *w, const dc_slot *s, const dc_batch *b, size_t from, size_t n, size_t field,
                    uint32_t *codes, const uint8_t *done)
{
  dc_lookup lookups[DC_LOOKUPS];
  uint32_t found[DC_LOOKUPS];
  uint16_t row[DC_LOOKUPS];
  size_t left = 0, used = 0;
  for (size_t k = next_left(done, 0, n); k < n; k = next_left(done, k + 1, n)) {
    size_t length;
    const char *text = cell_of(b, from + k, field, &length);
    if (wrapped(text, length)) {
      text = unquoted(w, text, &length, &used);
      dc_trim(&text, &length);
    }
    row[left] = (uint16_t)k;
    dc_lookup_set(&lookups[left++], text, length);
  }
  if (!left) return true;
  if (!done) return dc_dictionary_codes(s->words, lookups, left, codes);
  if (!dc_dictionary_codes(s->words, lookups, left, found)) return false;
  for (size_t k = 0; k < left; k++) codes[row[k]] = found[k];
  return true;
}

static size_t put_categories(dc_worker *w, const dc_slot *s, size_t field, const dc_batch *b, size_t n)
{
  uint32_t codes[DC_LOOKUPS];
  uint8_t by_eights[DC_LOOKUPS / 8], *done = w->kernels ? by_eights : NULL;
  for (size_t from = 0; from < n; from += DC_LOOKUPS) {
    size_t many = n - from < DC_LOOKUPS ? n - from : DC_LOOKUPS;
    if (!reserve_scratch(w, span_of(b, from, from + many, field) + SPARE * (many + 1))) return 0;
    dc_cells cells = cells_of(b, from, many, field);
    dc_slots slots = dc_dictionary_slots(s->words);
    if (done) w->kernels->words(&cells, &slots, codes, done);
    if (!look_up(w, s, b, from, many, field, codes, done)) w->memory_ended = true;
    if (w->memory_ended) return 0;
    put_codes(w, s, codes, w->row + from, many);
  }
  return n;
}

/* Where the text ends stays in a register: it would be stored and loaded again for each cell. */
static size_t put_texts(dc_worker *w, const dc_slot *s, size_t field, const dc_batch *b, size_t n)
{
  dc_unit_column *u = s->unit;
  if (n && !dc_text_room(u, span_of(b, 0, n, field))) w->memory_ended = true;
  if (w->memory_ended) return 0;
  const char *from = b->text;
  const uint32_t *begin = b->begins + field * b->stride, *next = begin + b->stride;
  char *bytes = u->room->bytes;
  size_t used = u->text_used;
  for (size_t k = 0; k < n; k++) {
    const char *text = from + begin[k];
    size_t length = next[k] - begin[k] - 1;
    if (simply_quoted(text, length)) text++, length -= 2;
    if (!length || wrapped(text, length) || dc_missing_find(s->guess.missing, text, length) >= 0) {
      u->text_used = used;
      if (!put_slowly(w, s, w->row + k, text, length)) return k;
      bytes = u->room->bytes;
      used = u->text_used;
    } else {
      memcpy(bytes + used, text, 16); /* a copy of fixed length is no call */
      if (length > 16) memcpy(bytes + used + 16, text + 16, length - 16);
      used += length;
    }
    dc_offset_put(s, w->row + k, used);
  }
  u->text_used = used;
  return n;
}

/* What libcsv would call empty: blanks only, or nothing. */
static size_t check_unnamed(const dc_batch *b, size_t field, size_t n)
{
  for (size_t k = 0; k < n; k++) {
    if (!b->unnamed[k]) continue;
    size_t length;
    const char *text = cell_of(b, k, field, &length);
    if (length == 2 && text[0] == '"') continue;
    for (size_t i = 0; i < length; i++)
      if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r') return k;
  }
  return n;
}

/* All columns but texts, as far as all of them go. */
static size_t put_columns(dc_worker *w, const dc_batch *b, size_t n)
{
  for (size_t f = 0; f < w->layout->n_fields && n && !w->memory_ended; f++) {
    const dc_slot *s = &w->slots[f];
    switch (s->kind) {
      case DC_SLOT_NUMBER: n = put_numbers(w, s, f, b, n); break;
      case DC_SLOT_DATE: n = put_dates(w, s, f, b, n); break;
      case DC_SLOT_INSTANT: n = put_instants(w, s, f, b, n); break;
      case DC_SLOT_CATEGORY: n = put_categories(w, s, f, b, n); break;
      case DC_SLOT_UNNAMED: n = check_unnamed(b, f, n); break;
      default: break;
    }
  }
  return n;
}

/* Fields by rows become fields by columns. */
static bool turn(dc_worker *w, dc_batch *b)
{
  size_t fields = w->layout->n_fields;
  b->stride = dc_turn_stride(b->n);
  size_t wanted = (fields + 1) * b->stride;
  if (wanted > w->begins_size) {
    free(w->begins);
    w->begins = malloc(2 * wanted * sizeof *w->begins);
    w->begins_size = w->begins ? 2 * wanted : 0;
    w->memory_ended |= w->begins == NULL;
  }
  b->begins = w->begins;
  if (w->begins) dc_turn(b->ends, b->first, b->n, fields, w->begins);
  return w->begins != NULL;
}

size_t dc_batch_put(dc_worker *w, dc_batch *b)
{
  if (!b->n || !turn(w, b)) return 0;
  dc_unit_column *columns = w->unit->columns;
  for (size_t c = 0; c < w->job->n_columns; c++) columns[c].words_before = columns[c].words;
  size_t n = put_columns(w, b, b->n);
  if (n < b->n) {
    /* Some columns went further, and counted what will be counted again. */
    for (size_t c = 0; c < w->job->n_columns; c++) columns[c].words = columns[c].words_before;
    n = put_columns(w, b, n);
  }
  for (size_t f = 0; f < w->layout->n_fields && n && !w->memory_ended; f++)
    if (w->slots[f].kind == DC_SLOT_TEXT) n = put_texts(w, &w->slots[f], f, b, n);
  return n;
}
