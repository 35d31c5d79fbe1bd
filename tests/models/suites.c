#include "tests/models/suites.h"

#include "tests/check.h"

#include <ctype.h>

double digits(double actual, double expected)
{
  double off = expected == 0 ? fabs(actual) : fabs(actual - expected) / fabs(expected);
  if (actual == expected) return 15;
  return isnan(off) ? 0 : fmax(0, fmin(15, -log10(off)));
}

void check_digits_at(double actual, double expected, double least, const char *what, const char *file, int line)
{
  double right = digits(actual, expected);
  if (right >= least) return;
  print_error("%s is %.17g, expected %.17g: %.1f digits are right, not %.1f\n", what, actual, expected, right, least);
  _fail(file, line);
}

char *suite_read(const char *path)
{
  FILE *file = fopen(path, "rb");
  if (!file) fail_msg("%s cannot be read", path);
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  char *bytes = malloc((size_t)size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
  bytes[size] = '\0';
  fclose(file);
  return bytes;
}

/* Ends the cell at *at with NUL; *at is behind its comma or line end. True where the line ends. */
static bool next_cell(char **at, char **cell)
{
  char *from = *at, *to = *at;
  *cell = to;
  bool quoted = *from == '"';
  if (quoted) from++;
  while (*from && (quoted || !strchr(",\r\n", *from))) {
    if (*from == '"' && quoted) {
      if (from[1] != '"') {
        quoted = false;
        from++;
        continue;
      }
      from++;
    }
    *to++ = *from++;
  }
  char end = *from;
  if (end == '\r' && from[1] == '\n') from++;
  if (*from) from++;
  *at = from;
  *to = '\0';
  return end != ',';
}

static size_t lines_of(const char *bytes)
{
  size_t n = 0;
  for (const char *p = bytes; *p; p++) n += *p == '\n' || !p[1];
  return n;
}

suite_csv *suite_csv_read(const char *path)
{
  suite_csv *csv = calloc(1, sizeof *csv);
  csv->bytes = suite_read(path);
  size_t most = strlen(csv->bytes) + 1, lines = lines_of(csv->bytes);
  csv->name = calloc(most, sizeof *csv->name);
  char *at = csv->bytes;
  while (!next_cell(&at, &csv->name[csv->columns++])) continue;
  csv->cell = calloc(lines * csv->columns, sizeof *csv->cell);
  for (; *at; csv->rows++) {
    size_t c = 0;
    while (!next_cell(&at, &csv->cell[csv->rows * csv->columns + c]))
      if (++c == csv->columns) fail_msg("%s: row %zu is too long", path, csv->rows + 2);
    if (c + 1 != csv->columns) fail_msg("%s: row %zu is too short", path, csv->rows + 2);
  }
  return csv;
}

void suite_csv_free(suite_csv *csv)
{
  if (!csv) return;
  for (size_t k = 0; k < csv->made; k++) free(csv->array[k]);
  free(csv->bytes);
  free(csv->name);
  free(csv->cell);
  free(csv);
}

static void *keep(suite_csv *csv, size_t n, size_t size)
{
  assert_true(csv->made < sizeof csv->array / sizeof *csv->array);
  void *made = calloc(n + 1, size);
  assert_non_null(made);
  return csv->array[csv->made++] = made;
}

bool suite_csv_has(const suite_csv *csv, const char *column)
{
  for (size_t c = 0; c < csv->columns; c++)
    if (strcmp(csv->name[c], column) == 0) return true;
  return false;
}

static size_t column_of(const suite_csv *csv, const char *column)
{
  size_t c = 0;
  while (c < csv->columns && strcmp(csv->name[c], column) != 0) c++;
  if (c == csv->columns) fail_msg("there is no column %s", column);
  return c;
}

static bool number_of(const char *cell, double *value)
{
  char *end;
  *value = strtod(cell, &end);
  return *cell && !*end;
}

const double *suite_csv_numbers(suite_csv *csv, const char *column)
{
  size_t c = column_of(csv, column);
  double *value = keep(csv, csv->rows, sizeof *value);
  for (size_t r = 0; r < csv->rows; r++) {
    const char *cell = csv->cell[r * csv->columns + c];
    if (!*cell || strcmp(cell, "NA") == 0)
      value[r] = NAN;
    else if (!number_of(cell, &value[r]))
      fail_msg("column %s, row %zu: %s is no number", column, r + 2, cell);
  }
  return value;
}

static int by_level(const void *a, const void *b)
{
  const char *x = *(char *const *)a, *y = *(char *const *)b;
  double u, v;
  if (number_of(x, &u) && number_of(y, &v) && u != v) return u < v ? -1 : 1;
  return strcmp(x, y);
}

dc_codes suite_csv_words(suite_csv *csv, const char *column)
{
  size_t c = column_of(csv, column), levels = 0;
  char **level = keep(csv, csv->rows, sizeof *level);
  for (size_t r = 0; r < csv->rows; r++) level[r] = csv->cell[r * csv->columns + c];
  qsort(level, csv->rows, sizeof *level, by_level);
  for (size_t r = 0; r < csv->rows; r++)
    if (!levels || strcmp(level[levels - 1], level[r]) != 0) level[levels++] = level[r];
  uint32_t *code = keep(csv, csv->rows, sizeof *code);
  for (size_t r = 0; r < csv->rows; r++)
    while (strcmp(level[code[r]], csv->cell[r * csv->columns + c]) != 0) code[r]++;
  return (dc_codes){code, sizeof *code, (uint32_t)levels, (const char *const *)level};
}

/* Lines first .. last of the text, as numbers; returns the columns. */
static size_t read_data(const char *text, size_t first, size_t last, nist *set)
{
  const char *at = text;
  for (size_t line = 1; line < first; line++) at = strchr(at, '\n') + 1;
  size_t n = 0, room = strlen(at) + 1;
  set->data = malloc(room * sizeof *set->data);
  assert_non_null(set->data);
  for (size_t line = first; line <= last && *at; line++) {
    char *end;
    const char *stop = at + strcspn(at, "\n");
    for (double v = strtod(at, &end); end > at && end <= stop; at = end, v = strtod(at, &end)) set->data[n++] = v;
    if (set->rows == 0) set->columns = n;
    if (n) set->rows++;
    at = *stop ? stop + 1 : stop;
  }
  assert_int_equal(set->rows * set->columns, n);
  return n;
}

/* Where the words begin that follow the label, wherever it stands; NULL when there is none. */
static const char *after(const char *text, const char *label)
{
  const char *found = strstr(text, label);
  return found ? found + strlen(label) : NULL;
}

static double number_after(const char *text, const char *label)
{
  const char *at = after(text, label);
  return at ? strtod(at, NULL) : NAN;
}

/* The number behind the colon behind the label. */
static double number_behind(const char *text, const char *label)
{
  const char *at = after(text, label);
  return at ? number_after(at, ":") : NAN;
}

static void read_table(const char *text, const char *label, double *df, double *squares, double *f)
{
  const char *at = after(text, label);
  char *end;
  if (!at) return;
  while (*at && !isdigit((unsigned char)*at)) at++;
  *df = strtod(at, &end);
  *squares = strtod(end, &end);
  strtod(end, &end);
  if (f) *f = strtod(end, NULL);
}

static void read_parameters(const char *text, nist *set)
{
  const char *end_of = strstr(text, "Residual\n");
  for (const char *at = strstr(text, "\n        B"); at && at < end_of; at = strstr(at + 1, "\n        B")) {
    char *end;
    if (set->parameters == 0) set->intercept = at[10] == '0';
    assert_true(set->parameters < NIST_PARAMETERS);
    set->estimate[set->parameters] = strtod(at + 10 + strcspn(at + 10, " "), &end);
    set->error[set->parameters++] = strtod(end, NULL);
  }
}

nist *nist_read(const char *name)
{
  char file[64];
  snprintf(file, sizeof file, "nist-strd/%s.dat", name);
  const char *path = check_data("DEALCAST_SUITES", file);
  if (!path) return NULL;
  char *text = suite_read(path);
  nist *set = calloc(1, sizeof *set);
  assert_non_null(set);
  set->f = set->df[0] = set->df[1] = set->squares[0] = set->squares[1] = NAN;
  read_parameters(text, set);
  read_table(text, "\nRegression ", &set->df[0], &set->squares[0], &set->f);
  read_table(text, "\nResidual ", &set->df[1], &set->squares[1], NULL);
  read_table(text, "\nBetween ", &set->df[0], &set->squares[0], &set->f);
  read_table(text, "\nWithin ", &set->df[1], &set->squares[1], NULL);
  set->residual_sd = number_after(text, "Standard Deviation  ");
  set->r2 = number_after(text, set->parameters ? "R-Squared" : "Certified R-Squared");
  set->mean = number_behind(text, "Sample Mean");
  set->sd = number_behind(text, "(denom. = n-1)");
  set->autocorrelation = number_after(text, "r(1):");
  size_t first = 0, last = (size_t)-1;
  const char *lines = after(text, "(lines");
  if (lines && (lines = after(lines, "(lines"))) assert_int_equal(sscanf(lines, "%zu to %zu", &first, &last), 2);
  for (const char *at = text, *end = strstr(text, "Data: Y\n"); !first && at && at <= end; at = strchr(at, '\n') + 1)
    if (at == end) first = lines_of(text) - lines_of(end) + 3;
  size_t read = read_data(text, first, last, set);
  assert_true(read > 0);
  free(text);
  return set;
}

void nist_free(nist *set)
{
  if (!set) return;
  free(set->data);
  free(set);
}
