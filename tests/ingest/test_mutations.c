/* Files broken at random: whatever happens to their bytes, no row is lost, shifted or duplicated. A load either stops with a
 * message, or its rows balance and each row that is used is, cell by cell, the record that a simple reader of RFC 4180 finds
 * on that line; the others are rejected. DEALCAST_MUTATIONS=100000 makes it long; DEALCAST_MUTATION=N runs the N-th alone. */
#include "engine/base/random.h"
#include "tests/ingest/loading.h"

#include <iconv.h>

enum { SHORT_RUN = 4000, TEXT_BYTES = 1 << 15, ROWS = 12, COLUMNS = 5, MOST_RECORDS = 200, MOST_FIELDS = 400 };

static uint64_t mutation, drawn;

static size_t draw(size_t below) { return (size_t)(dc_random_bits(mutation, 7, drawn++) % below); }

typedef struct text {
  char bytes[TEXT_BYTES];
  size_t length;
} text;

static void put(text *t, const char *bytes, size_t length)
{
  memcpy(t->bytes + t->length, bytes, length);
  t->length += length;
}

static void put_string(text *t, const char *string) { put(t, string, strlen(string)); }

static void put_cell(text *t, char delimiter)
{
  static const char *const words[] = {"Won",        "Lost",     "19\" rack",  "a, b",        "line\nend",
                                      "Müller",     "北京公司", "1,5; x",     "say \"yes\"", "",
                                      "x|y",        " padded ", "2024-01-31", "1200.50",     "00017",
                                      "crlf\r\nin", "O'Neill",  "tab\there",  "plain text",  "é"};
  const char *word = words[draw(sizeof words / sizeof *words)];
  char special[] = {'"', '\n', '\r', delimiter, 0};
  bool quoted = strpbrk(word, special) != NULL || draw(6) == 0;
  if (quoted) put_string(t, "\"");
  for (const char *p = word; *p; p++) {
    if (*p == '"') put_string(t, "\"");
    put(t, p, 1);
  }
  if (quoted) put_string(t, "\"");
}

static void make(text *t)
{
  static const char *const ends[] = {"\n", "\r\n", "\n", "\r"};
  static const char delimiters[] = ",;\t|";
  const char *end = ends[draw(4)];
  char delimiter[2] = {delimiters[draw(4)], 0}, id[24];
  t->length = 0;
  if (draw(5) == 0) put_string(t, "\xEF\xBB\xBF");
  if (draw(6) == 0) {
    put_string(t, "Pipeline report");
    put_string(t, end);
  }
  static const char *const names[COLUMNS] = {"deal id", "stage", "account", "amount", "close date"};
  for (int c = 0; c < COLUMNS; c++) {
    if (c) put_string(t, delimiter);
    put_string(t, names[c]);
  }
  put_string(t, end);
  for (int r = 0; r < ROWS; r++) {
    snprintf(id, sizeof id, "D%03d", r);
    put_string(t, id);
    for (int c = 1; c < COLUMNS; c++) {
      put_string(t, delimiter);
      put_cell(t, delimiter[0]);
    }
    if (r + 1 < ROWS || draw(3)) put_string(t, end);
  }
  if (draw(6) == 0) {
    put_string(t, end);
    put_string(t, "Confidential");
    put_string(t, end);
  }
}

static void replace(text *t, size_t at, size_t removed, const char *bytes, size_t length)
{
  if (at + removed > t->length) removed = t->length - at;
  if (t->length - removed + length > TEXT_BYTES) return;
  memmove(t->bytes + at + length, t->bytes + at + removed, t->length - at - removed);
  memcpy(t->bytes + at, bytes, length);
  t->length += length - removed;
}

static void mutate(text *t)
{
  static const char *const pieces[] = {"\"", "\"\"", ",",  ";",    "\n",   "\r",  "\r\n",
                                       "\0", "'",    "\\", "\xFF", "\xE9", "\n\n"};
  size_t at = t->length ? draw(t->length) : 0;
  char byte;
  switch (draw(8)) {
    case 0:
      if (t->length) t->bytes[at] = (char)(t->bytes[at] ^ (1 << draw(8)));
      break;
    case 1:
      byte = (char)draw(256);
      replace(t, at, 1, &byte, 1);
      break;
    case 2: replace(t, at, 1 + draw(40), "", 0); break;
    case 3: t->length = at; break;
    case 4: replace(t, at, 0, "\"", 1); break;
    case 5: {
      const char *piece = pieces[draw(sizeof pieces / sizeof *pieces)];
      replace(t, at, draw(2), piece, *piece ? strlen(piece) : 1);
      break;
    }
    case 6: { /* a stretch comes twice */
      char copy[200];
      size_t n = draw(sizeof copy);
      if (n > t->length - at) n = t->length - at;
      memcpy(copy, t->bytes + at, n);
      replace(t, at, 0, copy, n);
      break;
    }
    default: /* a line end becomes another */
      while (at < t->length && t->bytes[at] != '\n' && t->bytes[at] != '\r') at++;
      if (at < t->length) replace(t, at, 1, draw(2) ? "\r\n" : draw(2) ? "\r" : "\n", draw(2) + 1);
      break;
  }
}

/* A record as the simple reader finds it; cells point into its text, NUL-terminated. */
typedef struct found {
  size_t line, fields;
  bool broken, blank;
  const char *cell[MOST_FIELDS];
  size_t length[MOST_FIELDS];
} found;

typedef struct reading {
  const char *p, *end;
  char *out;
  size_t line;
  char delimiter;
} reading;

static bool is_end(char c) { return c == '\n' || c == '\r'; }
static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static void pass_line_end(reading *r)
{
  if (r->p == r->end) return;
  r->p += *r->p == '\r' && r->p + 1 < r->end && r->p[1] == '\n' ? 2 : 1;
  r->line++;
}

/* From the character behind the opening quote to the one behind the closing quote and blanks; false when it does not close,
 * or something else follows. */
static bool quoted_cell(reading *r)
{
  for (; r->p < r->end; r->p++) {
    if (*r->p == '"') {
      if (r->p + 1 == r->end || r->p[1] != '"') break;
      r->p++;
    }
    if (*r->p == '\n' || (*r->p == '\r' && (r->p + 1 == r->end || r->p[1] != '\n'))) r->line++;
    *r->out++ = *r->p;
  }
  if (r->p == r->end) return false;
  for (r->p++; r->p < r->end && is_blank(*r->p) && *r->p != r->delimiter;) r->p++;
  return r->p == r->end || *r->p == r->delimiter || is_end(*r->p);
}

/* The next record. A quoted cell that goes wrong breaks it; reading goes on behind the line where that cell began. */
static void next_record(reading *r, found *f)
{
  *f = (found){.line = r->line};
  const char *begin = r->p;
  for (;;) {
    const char *start = r->p, *cell = r->out;
    size_t line = r->line;
    while (r->p < r->end && is_blank(*r->p) && *r->p != r->delimiter) r->p++;
    if (r->p < r->end && *r->p == '"') {
      r->p++;
      if (!quoted_cell(r)) {
        f->broken = true;
        for (r->p = start; r->p < r->end && !is_end(*r->p);) r->p++;
        r->line = line;
        pass_line_end(r);
        return;
      }
    } else {
      r->p = start;
      while (r->p < r->end && *r->p != r->delimiter && !is_end(*r->p)) *r->out++ = *r->p++;
    }
    if (f->fields < MOST_FIELDS) {
      f->cell[f->fields] = cell;
      f->length[f->fields] = (size_t)(r->out - cell);
    }
    f->fields++;
    *r->out++ = 0;
    if (r->p == r->end || is_end(*r->p)) break;
    r->p++;
  }
  f->blank = f->fields == 1 && r->p == begin + strspn(begin, " \t") && f->length[0] == strspn(f->cell[0], " \t");
  pass_line_end(r);
}

static bool is_missing(const char *cell, size_t length)
{
  static const char *const words[] = {"NA", "N/A", "NaN", "null", "NULL", "None", "none", "-", "#REF!", "#N/A", "nil"};
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    if (strlen(words[k]) == length && memcmp(words[k], cell, length) == 0) return true;
  return length == 0;
}

static bool same_cell(const dc_load *l, size_t column, size_t row, const char *cell, size_t length)
{
  size_t n;
  const char *value = dc_column_text(&l->table->columns[column], row, &n);
  while (length && (is_blank(*cell) || is_end(*cell))) {
    cell++;
    length--;
  }
  while (length && (is_blank(cell[length - 1]) || is_end(cell[length - 1]))) length--;
  return (n == length && memcmp(value, cell, n) == 0) || (n == 0 && is_missing(cell, length));
}

typedef struct tally {
  size_t files, stopped, rows, rejected, compared;
} tally;

/* Each row that is used against the record on its line. */
static void check_rows(const dc_load *l, const text *t)
{
  static char cells[2 * TEXT_BYTES];
  const dc_input *in = &l->inputs[0];
  reading r = {.p = t->bytes, .end = t->bytes + t->length, .out = cells, .line = 1, .delimiter = in->delimiter};
  size_t row = 0, records = 0, broken = 0;
  static found f;
  if (t->length >= 3 && memcmp(t->bytes, "\xEF\xBB\xBF", 3) == 0) r.p += 3;
  while (r.p < r.end && (int64_t)r.line <= in->header_line) {
    if ((int64_t)r.line < in->header_line) {
      while (r.p < r.end && !is_end(*r.p)) r.p++;
      pass_line_end(&r);
    } else {
      next_record(&r, &f);
    }
  }
  while (r.p < r.end && (!in->footer_line || (int64_t)r.line < in->footer_line)) {
    next_record(&r, &f);
    records += !f.blank;
    broken += f.broken;
    if (row == l->table->rows || l->table->line[row] != f.line) continue;
    if (f.broken) fail_msg("mutation %llu: line %zu is used, and cannot be read", (unsigned long long)mutation, f.line);
    for (size_t c = 0; c < l->table->n_columns; c++)
      if (c >= f.fields || !same_cell(l, c, row, f.cell[c], f.length[c]))
        fail_msg("mutation %llu: line %zu field %zu is not '%s'", (unsigned long long)mutation, f.line, c + 1,
                 c < f.fields ? f.cell[c] : "(absent)");
    row++;
  }
  if (row != l->table->rows)
    fail_msg("mutation %llu: the row of line %u is no record", (unsigned long long)mutation, l->table->line[row]);
  if (!broken && records != l->table->rows + (size_t)in->rejected)
    fail_msg("mutation %llu: %zu records, %zu rows used and %lld rejected", (unsigned long long)mutation, records,
             l->table->rows, (long long)in->rejected);
}

/* The text as UTF-8; false when iconv does not know the name. */
static bool to_utf8(const char *encoding, const text *t, text *out)
{
  if (strcmp(encoding, "UTF-8") == 0) {
    *out = *t;
    return true;
  }
  iconv_t how = iconv_open("UTF-8", strcmp(encoding, "Shift_JIS") == 0 ? "CP932" : encoding);
  if (how == (iconv_t)-1) return false;
  char *from = (char *)(uintptr_t)t->bytes, *to = out->bytes;
  size_t left = t->length, room = TEXT_BYTES;
  size_t code = iconv(how, &from, &left, &to, &room);
  iconv_close(how);
  out->length = TEXT_BYTES - room;
  return code != (size_t)-1;
}

static dc_type all_text(void *context, const char *name)
{
  (void)context;
  (void)name;
  return DC_TYPE_TEXT;
}

static void check_one(const char *path, text *t, text *decoded, tally *sum)
{
  drawn = 0;
  make(t);
  for (size_t k = draw(3) + 1; k > 0; k--) mutate(t);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(t->bytes, 1, t->length, file), t->length);
  assert_int_equal(fclose(file), 0);
  dc_load_request request = {.paths = &path, .n_paths = 1, .threads = 1, .expect = all_text};
  dc_load *l = NULL;
  dc_error error = {.code = DC_OK};
  dc_status status = dc_load_csv(&request, &l, &error);
  sum->files++;
  if (status != DC_OK) {
    if (status != DC_E_INPUT || !error.message[0])
      fail_msg("mutation %llu: status %d: %s", (unsigned long long)mutation, (int)status, error.message);
    sum->stopped++;
    return;
  }
  check_balance(l);
  const dc_input *in = &l->inputs[0];
  sum->rows += l->table->rows;
  sum->rejected += (size_t)in->rejected;
  bool unnamed = false; /* a last column without a name is in no table */
  if (strcmp(in->dialect, "plain") == 0 && !in->unwrapped && !unnamed && to_utf8(in->encoding, t, decoded)) {
    check_rows(l, decoded);
    sum->compared += l->table->rows;
  }
  dc_load_free(l);
}

static void mutations(void **state)
{
  (void)state;
  const char *asked = getenv("DEALCAST_MUTATIONS"), *only = getenv("DEALCAST_MUTATION");
  uint64_t n = asked && *asked ? strtoull(asked, NULL, 10) : SHORT_RUN, from = 0;
  if (only && *only) {
    from = strtoull(only, NULL, 10);
    n = from + 1;
  }
  char *folder = check_folder(), path[5000];
  text *t = malloc(sizeof *t), *decoded = malloc(sizeof *decoded);
  tally sum = {0};
  assert_true(t && decoded);
  snprintf(path, sizeof path, "%s/mutated.csv", folder);
  for (mutation = from; mutation < n; mutation++) check_one(path, t, decoded, &sum);
  remove(path);
  rmdir(folder);
  print_message(
      "%zu mutations: %zu stopped with a message; of the others %zu rows used (%zu compared cell by cell), %zu "
      "rejected, none lost, shifted or duplicated\n",
      sum.files, sum.stopped, sum.rows, sum.compared, sum.rejected);
  free(t);
  free(decoded);
  free(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(mutations)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
