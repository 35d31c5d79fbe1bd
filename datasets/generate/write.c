#include "write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_SIZE = 1 << 20, PATH_SIZE = 4096 };

static bool join(char path[PATH_SIZE], const char *directory, const char *name)
{
  const int n = snprintf(path, PATH_SIZE, "%s/%s", directory, name);

  return n >= 0 && n < PATH_SIZE;
}

void dg_file_remove(const char *directory, const char *name)
{
  char path[PATH_SIZE];

  if (join(path, directory, name)) remove(path);
}

bool dg_file_open(dg_file *file, const char *directory, const char *name)
{
  char path[PATH_SIZE];

  memset(file, 0, sizeof *file);
  if (!join(path, directory, name)) return false;
  file->buffer = malloc(BUFFER_SIZE);
  if (!file->buffer) return false;
  file->stream = fopen(path, "wb");
  if (!file->stream) {
    free(file->buffer);
    file->buffer = NULL;
  }
  return file->stream != NULL;
}

static void flush(dg_file *file)
{
  if (file->used > 0 && fwrite(file->buffer, 1, file->used, file->stream) != file->used) file->failed = true;
  file->used = 0;
}

bool dg_file_close(dg_file *file)
{
  if (!file->stream) return true;
  flush(file);
  if (fclose(file->stream) != 0) file->failed = true;
  free(file->buffer);
  file->stream = NULL;
  file->buffer = NULL;
  return !file->failed;
}

void dg_put_bytes(dg_file *file, const char *bytes, size_t n)
{
  if (file->used + n > BUFFER_SIZE) flush(file);
  memcpy(file->buffer + file->used, bytes, n);
  file->used += n;
}

void dg_put(dg_file *file, const char *text) { dg_put_bytes(file, text, strlen(text)); }

void dg_put_char(dg_file *file, char c) { dg_put_bytes(file, &c, 1); }

void dg_put_cell(dg_file *file, const char *text)
{
  if (text[strcspn(text, ",\"\r\n")] == '\0') {
    dg_put(file, text);
    return;
  }
  dg_put_char(file, '"');
  for (const char *c = text; *c; c++) {
    if (*c == '"') dg_put_char(file, '"');
    dg_put_char(file, *c);
  }
  dg_put_char(file, '"');
}

size_t dg_format_count(uint64_t value, char text[24])
{
  char reversed[24];
  size_t n = 0;

  do {
    reversed[n++] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  for (size_t i = 0; i < n; i++) text[i] = reversed[n - 1 - i];
  text[n] = '\0';
  return n;
}

void dg_put_count(dg_file *file, uint64_t value)
{
  char text[24];

  dg_put_bytes(file, text, dg_format_count(value, text));
}

void dg_put_number(dg_file *file, double value, int decimals)
{
  static const uint64_t power[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
  const uint64_t unit = power[decimals];
  const uint64_t scaled = (uint64_t)floor(fabs(value) * (double)unit + 0.5);
  uint64_t rest = scaled % unit;

  if (value < 0.0 && scaled > 0) dg_put_char(file, '-');
  dg_put_count(file, scaled / unit);
  if (rest == 0) return;
  dg_put_char(file, '.');
  for (uint64_t digit = unit / 10; rest > 0; digit /= 10) {
    dg_put_char(file, (char)('0' + (rest / digit) % 10));
    rest %= digit;
  }
}
