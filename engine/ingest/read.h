/* Records from text by libcsv: fast over a block that was cut at record boundaries, and in sequence over a whole text as
 * the reference, which also knows what to do when quotes are not where RFC 4180 wants them. */
#ifndef DC_INGEST_READ_H
#define DC_INGEST_READ_H

#include "engine/ingest/blocks.h"

#include <csv.h>

enum { DC_FIELD_BYTES = 1 << 20, DC_ROW_BYTES = 1 << 24, DC_SHOWN_BYTES = 64 };

typedef enum dc_record_kind {
  DC_RECORD_FIELDS,   /* fields were delivered; none at all for a blank line */
  DC_RECORD_CONTROL,  /* a control character inside; the fields delivered do not count, here and below */
  DC_RECORD_TOO_LONG, /* a field above DC_FIELD_BYTES */
  DC_RECORD_QUOTE     /* text behind a closing quote; reading goes on behind the line of the opening quote */
} dc_record_kind;

typedef struct dc_record {
  dc_record_kind kind;
  bool literal_quote; /* a quote inside an unquoted field was taken as it stands */
  uint64_t line;      /* physical line on which the record begins */
  uint64_t from;      /* its first byte's position; told by dc_read_sequence only */
  const char *text;   /* how the record begins, for messages: up to DC_SHOWN_BYTES - 1 bytes */
  size_t length;
} dc_record;

/* field is called for each field (a libcsv callback: bytes, length, context), then record once per record; it returns
 * false to stop reading. */
typedef struct dc_sink {
  void (*field)(void *bytes, size_t length, void *context);
  bool (*record)(void *context, const dc_record *record);
  void *context;
} dc_sink;

typedef struct dc_reader {
  struct csv_parser csv;
  char delimiter;
} dc_reader;

/* A reader holds libcsv's field buffer; one per worker. */
dc_status dc_reader_init(dc_reader *reader, char delimiter, dc_error *error) DC_MUST_CHECK;
void dc_reader_set_delimiter(dc_reader *reader, char delimiter);
void dc_reader_free(dc_reader *reader);

/* How a read ended. */
typedef enum dc_read_end {
  DC_READ_DONE,    /* at the end of the range, which was the end of a record */
  DC_READ_STOPPED, /* the sink had enough */
  DC_READ_UNSURE,  /* quotes are not where RFC 4180 wants them, or a record is huge: use dc_read_sequence */
  DC_READ_MEMORY
} dc_read_end;

/* The records of a block; text holds bytes [from, to) of it, last tells that the text ends there. */
dc_read_end dc_read_block(dc_reader *reader, const dc_block *block, const char *text, size_t length, bool last,
                          const dc_sink *sink);

/* Where a sequential read begins and what it found. */
typedef struct dc_sequence {
  const dc_source *source;
  uint64_t from, line; /* a record boundary, and its physical line */
  uint64_t to;         /* stop there; a record that is incomplete at `to` is not delivered unless the text ends there */
  uint64_t next, next_line; /* out: behind the last record delivered */
} dc_sequence;

/* DC_E_INPUT for a quote that is never closed, naming the line of the opening quote, and for a row above DC_ROW_BYTES. */
dc_status dc_read_sequence(dc_reader *reader, dc_sequence *range, const dc_sink *sink, dc_error *error) DC_MUST_CHECK;

#endif
