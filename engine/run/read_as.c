/* How a file was read, where that is not as UTF-8 with commas and a header in the first line. */
#include "engine/ingest/dialect.h"
#include "engine/run/forecast.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SENTENCE_BYTES = 512 };

typedef struct sentence {
  char text[SENTENCE_BYTES];
  size_t used;
} sentence;

static void DC_PRINTF(2, 3) add(sentence *s, const char *format, ...)
{
  va_list arguments;
  if (s->used) s->used += (size_t)snprintf(s->text + s->used, sizeof s->text - s->used, ", ");
  va_start(arguments, format);
  int n = vsnprintf(s->text + s->used, sizeof s->text - s->used, format, arguments);
  va_end(arguments);
  s->used += n > 0 ? (size_t)n : 0;
  if (s->used >= sizeof s->text) s->used = sizeof s->text - 1;
}

static const char *lines(int64_t n) { return n == 1 ? "line" : "lines"; }

static void describe(const dc_input *in, bool named, sentence *s)
{
  char sign[2];
  if (strcmp(in->encoding, "UTF-8") != 0) add(s, "in %s", in->encoding);
  if (strcmp(in->dialect, "blanks") == 0)
    add(s, "fields apart by blanks");
  else if (in->delimiter != ',')
    add(s, in->delimiter == '\t' ? "fields apart by tabs" : "fields apart by '%s'",
        dc_delimiter_name(in->delimiter, sign));
  if (strcmp(in->dialect, "single quotes") == 0 || strcmp(in->dialect, "backslash escapes") == 0)
    add(s, "with %s", in->dialect);
  if (in->above)
    add(s, "%lld %s above the %s left out", (long long)in->above, lines(in->above),
        in->header_line ? "header" : "rows");
  if (in->below) add(s, "%lld %s below the last row left out", (long long)in->below, lines(in->below));
  if (in->unwrapped)
    add(s, "%lld %s, each quoted as a whole, taken apart", (long long)in->unwrapped,
        in->unwrapped == 1 ? "row" : "rows");
  if (!in->header_line && !named) add(s, "without a header: its first line is a record");
}

static void tell(dc_forecast_run *run, const dc_loaded *file, bool named)
{
  for (size_t k = 0; file->load && k < file->load->n_inputs; k++) {
    sentence s = {.used = 0};
    describe(&file->load->inputs[k], named, &s);
    if (s.used) dc_warn(run->result, "%.200s: %s", file->load->inputs[k].name, s.text);
  }
}

void dc_warn_read_as(dc_forecast_run *run)
{
  bool named = run->job->columns.count > 0;
  tell(run, &run->r.deals, named);
  tell(run, &run->r.history, named && run->job->files.count == 0);
  tell(run, &run->r.accounts, false);
  tell(run, &run->r.quotas, false);
  for (size_t k = 0; k < run->r.n_joins; k++) tell(run, &run->r.joins[k], false);
}
