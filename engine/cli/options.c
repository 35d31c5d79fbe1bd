#include "engine/cli/options.h"

#include "engine/cli/command.h"

#include <stdbool.h>
#include <string.h>

/* In the order of their enums. */
static const char *const periods[] = {"month", "quarter", "week", NULL};
static const char *const decimals[] = {"proven", "point", "comma", NULL};
static const char *const dates[] = {"proven", "day-first", "month-first", "year-first", NULL};
static const char *const formats[] = {"table", "json", "ndjson", "csv", NULL};

static const char *const duplicates[] = {"reject", "first", "last", NULL};

#define OPTION(kind_of, long_name, field, value_name, help_line)                                                       \
  .name = long_name, .kind = DC_OPTION_##kind_of, .offset = offsetof(dc_command, field), .value = value_name,          \
  .help = help_line
#define OF(name_of_verb) .verb = name_of_verb
#define WITHIN(least, most) .min = least, .max = most
#define GROUP(heading) .name = heading, .kind = DC_OPTION_GROUP

const dc_option dc_options[] = {
    {GROUP("What is read")},
    {OPTION(LIST, "history", job.history, "FILE", "changes of stage, amount or close date of the deals; repeatable"),
     OF("forecast check")},
    {OPTION(LIST, "accounts", job.accounts, "FILE", "one row per account, joined to the deals"), OF("forecast check")},
    {OPTION(LIST, "quotas", job.quotas, "FILE", "quota by period, and by owner or another column"), OF("forecast")},
    {OPTION(PAIRS, "join", job.joins, "FILE:KEY", "any further table, by a column of both; repeatable"),
     .separator = ':', OF("forecast check")},
    {OPTION(PAIRS, "map", job.maps, "ROLE=COLUMN", "what a column is, where its name does not tell; repeatable"),
     .separator = '=', OF("forecast check")},
    {OPTION(SPLIT, "columns", job.columns, "NAME,...", "names for a file without a header; \"_\" leaves one out")},
    {OPTION(TEXT, "skip", job.skip, "N", "lines above the header (or the first row, with --columns)")},
    {OPTION(TEXT, "encoding", job.encoding, "NAME", "of files that are not UTF-8, where it cannot be told")},
    {OPTION(CHOICE, "decimal", job.decimal, "MARK", "decimal mark: proven (default), each column's own; point; comma"),
     .choices = decimals},
    {OPTION(CHOICE, "dates", job.dates, "ORDER", "03/04/2021: proven (default), day-first, month-first, year-first"),
     .choices = dates},
    {OPTION(FLAG, "excel-1904", job.excel_1904, NULL, "Excel's days count from 1904, as in old files of a Mac")},
    {OPTION(TEXT, "rates", job.rates, "FILE", "currency, rate[, date]: what one unit is worth in the run's currency"),
     OF("forecast check")},
    {OPTION(TEXT, "currency", job.currency, "CODE", "the run's currency, such as EUR"), OF("forecast check")},
    {OPTION(TEXT, "config", job.config, "FILE", "INI file: columns, stages, outcome, calendar, currency"),
     OF("forecast check")},
    {OPTION(CHOICE, "duplicates", job.duplicates, "WHICH",
            "of rows that differ for one id: reject (default), first, last"),
     .choices = duplicates, OF("forecast check")},
    {OPTION(FLAG, "strict", job.strict, NULL, "stop at the first row that cannot be used")},
    {GROUP("What is asked")},
    {OPTION(DATE, "as-of", job.as_of, "DATE", "as if today were DATE; default: the last day in the data"),
     OF("forecast check")},
    {OPTION(FLAG, "as-of-ok", job.as_of_ok, NULL, "DATE may lie past the end of the data"), OF("forecast check")},
    {OPTION(CHOICE, "period", job.period, "PERIOD", "month (default), quarter, week"), .choices = periods,
     OF("forecast check")},
    {OPTION(INTEGER, "horizon", job.horizon, "N", "how many periods; default 3"), WITHIN(1, 59),
     OF("forecast fit predict")},
    {OPTION(LIST, "by", job.by, "COLUMN,...", "also by each value; several columns are crossed; repeatable"),
     OF("forecast")},
    {OPTION(MONTH, "fiscal-start", job.fiscal_start, "MONTH", "first month of the fiscal year; default January"),
     OF("forecast check")},
    {OPTION(FLAG, "no-backtest", job.no_backtest, NULL, "skip the proof on past days (and the calibration by it)"),
     OF("forecast")},
    {OPTION(INTEGER, "origins", job.origins, "N", "past days to prove the forecast on; default 12"), WITHIN(1, 120),
     OF("forecast")},
    {OPTION(TEXT, "model", job.model, "NAME", "which model; --model NAME --help lists its options"), OF("fit")},
    {OPTION(TEXT, "target", job.target, "COLUMN", "what is explained: a column, or log(column)"), OF("fit")},
    {OPTION(LIST, "terms", job.terms, "FORMULA", "by what: \"log(x) + f * g + s(z) + (1 | rep)\"; repeatable"),
     OF("fit")},
    {OPTION(TEXT, "trials", job.trials, "COLUMN", "the target counts successes of so many trials"), OF("fit")},
    {OPTION(TEXT, "weights", job.weights, "COLUMN", "what each row counts"), OF("fit")},
    {OPTION(TEXT, "offset", job.offset, "COLUMN", "added to the linear predictor, with coefficient 1"), OF("fit")},
    {OPTION(TEXT, "cluster", job.cluster, "COLUMN", "rows of one value belong together: clustered errors"), OF("fit")},
    {OPTION(TEXT, "time", job.time, "COLUMN", "hazard: whole periods until the row ended, or was last seen"),
     OF("fit")},
    {OPTION(TEXT, "fit", job.fit, "FILE", "the model file that dealcast fit --save wrote"), OF("predict")},
    {OPTION(TEXT, "id", job.id, "COLUMN",
            "told with each prediction; fit: rows in its order, whatever that of the file"),
     OF("fit predict")},
    {OPTION(SHARE, "confidence", job.confidence, "SHARE", "of intervals, between 0 and 1; default 0.95"),
     OF("fit predict")},
    {OPTION(SEED, "seed", job.seed, "N", "salt of the sampling for fits on very large inputs; default 0"),
     OF("forecast check")},
    {OPTION(INTEGER, "min-score", job.min_score, "N", "exit 1 when the score in all is below N, 0 to 100"),
     WITHIN(0, 100), OF("check")},
    {GROUP("What is written")},
    {OPTION(CHOICE, "format", write.format, "FORMAT", "table (default), json, ndjson, csv"), .choices = formats},
    {OPTION(TEXT, "table", write.table, "NAME,...", "only these tables of the result")},
    {OPTION(INTEGER, "top", write.top, "N", "rows that the terminal shows of a long table; default 10"),
     WITHIN(1, 1000000)},
    {OPTION(TEXT, "output", write.path, "FILE", "to FILE, replaced only when all is written"), .letter = 'o'},
    {OPTION(TEXT, "fixes", job.fixes, "FILE", "what to mend, a CSV line for each deal and field, most money first"),
     OF("check")},
    {OPTION(TEXT, "save", save, "FILE", "the fit as a model file, for dealcast predict"), OF("fit")},
    {OPTION(FLAG, "predict", job.predict, NULL, "the table predictions, too: what the fit says of each row"),
     OF("fit")},
    {OPTION(TEXT, "out-dir", write.out_dir, "DIR", "each table to a file of its own, run.json last")},
    {OPTION(TEXT, "rejects", rejects, "FILE", "each row that could not be used, as it stood, and how to mend it")},
    {OPTION(FLAG, "hide-names", job.hide_names, NULL, "codes in place of the names of owners and accounts"),
     OF("forecast check")},
    {OPTION(FLAG, "timings", job.timings, NULL, "add the seconds of each stage to the run")},
    {GROUP("Else")},
    {OPTION(INTEGER, "threads", job.threads, "N", "at most N; the result does not depend on it"), WITHIN(1, 1024)},
    {OPTION(FLAG, "help", help, NULL, "this"), .letter = 'h'},
    {.name = NULL},
};

const dc_option *dc_find_option(const char *name, size_t length)
{
  for (const dc_option *o = dc_options; o->name; o++)
    if (o->kind != DC_OPTION_GROUP && strlen(o->name) == length && memcmp(o->name, name, length) == 0) return o;
  return NULL;
}

enum { LONGEST = 32 };

static int least(int a, int b, int c) { return a < b ? (a < c ? a : c) : (b < c ? b : c); }

/* Edits that make a of b; two letters swapped are one (Damerau 1964, restricted). */
static int distance(const char *a, const char *b)
{
  size_t n = strlen(a), m = strlen(b);
  int d[LONGEST + 1][LONGEST + 1];
  if (n > LONGEST || m > LONGEST) return LONGEST;
  for (size_t i = 0; i <= n; i++) d[i][0] = (int)i;
  for (size_t j = 0; j <= m; j++) d[0][j] = (int)j;
  for (size_t i = 1; i <= n; i++)
    for (size_t j = 1; j <= m; j++) {
      d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped && d[i - 2][j - 2] + 1 < d[i][j]) d[i][j] = d[i - 2][j - 2] + 1;
    }
  return d[n][m];
}

typedef struct nearest {
  const char *name;
  int edits;
} nearest;

static void consider(const char *typed, const char *name, nearest *best)
{
  size_t length = strlen(typed);
  bool begins = length >= 2 && strncmp(typed, name, length) == 0;
  int edits = begins ? 0 : distance(typed, name);
  int allowed = length < 4 ? 1 : length < 8 ? 2 : 3;
  if (edits > allowed || (best->name && edits >= best->edits)) return;
  *best = (nearest){name, edits};
}

const char *dc_nearest(const char *typed, const char *const *names)
{
  nearest best = {NULL, 0};
  for (; *names; names++) consider(typed, *names, &best);
  return best.name;
}

bool dc_option_is_of(const dc_option *option, const char *verb)
{
  size_t length = strlen(verb);
  for (const char *at = option->verb; at;) {
    size_t one = strcspn(at, " ");
    if (one == length && memcmp(at, verb, one) == 0) return true;
    at = at[one] ? at + one + 1 : NULL;
  }
  return !option->verb;
}

const char *dc_nearest_option(const char *typed, const char *verb)
{
  nearest best = {NULL, 0};
  for (const dc_option *o = dc_options; o->name; o++)
    if (o->kind != DC_OPTION_GROUP && dc_option_is_of(o, verb)) consider(typed, o->name, &best);
  return best.name;
}
