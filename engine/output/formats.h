/* The formats that engine/output/write.c dispatches to. All of them only put bytes; the sink keeps failures. */
#ifndef DC_OUTPUT_FORMATS_H
#define DC_OUTPUT_FORMATS_H

#include "dealcast/result.h"
#include "engine/output/sink.h"

/* The tables to write, in the order of the result or, when asked by name, of the asking. */
typedef struct dc_selection {
  const dc_result_table **tables;
  size_t count;
} dc_selection;

/* What --out-dir wrote, for run.json. */
typedef struct dc_written {
  const char *table;
  char file[80];
  size_t rows;
  uint64_t bytes, hash;
} dc_written;

/* {"schema", "run", "tables", "warnings"}: one row a line, so that two outputs compare by diff. */
void dc_json_result(dc_sink *sink, const dc_result *result, const dc_selection *selection);
/* [{...}, {...}] */
void dc_json_table(dc_sink *sink, const dc_result_table *table);
/* {"schema", "run", "files", "warnings"} */
void dc_json_run(dc_sink *sink, const dc_result *result, const dc_written *written, size_t n_written);
/* A row a line; rows carry "table" when several tables are written. */
void dc_ndjson(dc_sink *sink, const dc_selection *selection);

/* Header and rows, RFC 4180 with lines ended by LF. Texts that a spreadsheet would run as a formula get an apostrophe. */
void dc_csv_text(dc_sink *sink, const char *text, size_t length);
void dc_csv_table(dc_sink *sink, const dc_result_table *table);

/* Aligned columns of each selected table. */
void dc_terminal_tables(dc_sink *sink, const dc_selection *selection, int top, bool bold);

/* The analyst's views of `dealcast forecast`, `check` and `fit`. */
void dc_forecast_text(dc_sink *sink, const dc_result *result, int top, bool bold);
void dc_check_text(dc_sink *sink, const dc_result *result, int top, bool bold);
void dc_predict_text(dc_sink *sink, const dc_result *result, int top, bool bold);
void dc_fit_text(dc_sink *sink, const dc_result *result, int top, bool bold);

#endif
