/* What the fuzz targets share; all in this header, so that a target is one file for libFuzzer, AFL++ and the replay. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The entry point: 0, or it does not return. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise that does not hold is a crash, which every fuzzer knows. */
static inline void dc_fuzz_require(bool holds, const char *promise)
{
  if (holds) return;
  fprintf(stderr, "broken: %s\n", promise);
  abort();
}

/* The data in a file that the next call overwrites; the file's name is gone at exit. */
static inline const char *dc_fuzz_file(const uint8_t *data, size_t size)
{
  static char path[4096];
  static int fd = -1;
  if (fd < 0) {
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/dealcast-fuzz-XXXXXX", folder && *folder ? folder : "/tmp");
    fd = mkstemp(path);
    dc_fuzz_require(fd >= 0, "there is a folder for a file");
#ifdef __linux__
    unlink(path);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
#endif
  }
  bool fine = ftruncate(fd, 0) == 0;
  for (size_t done = 0; done < size && fine;) {
    ssize_t n = pwrite(fd, data + done, size - done, (off_t)done);
    fine = n > 0;
    done += fine ? (size_t)n : 0;
  }
  dc_fuzz_require(fine, "the file can be written");
  return path;
}

typedef struct dc_fuzz_text {
  char *bytes;
  size_t used, size;
} dc_fuzz_text;

static inline void dc_fuzz_put(dc_fuzz_text *text, const void *bytes, size_t length)
{
  if (text->size - text->used < length) {
    text->size = text->size * 2 + length + 4096;
    text->bytes = realloc(text->bytes, text->size);
    dc_fuzz_require(text->bytes != NULL, "there is memory");
  }
  if (length) memcpy(text->bytes + text->used, bytes, length);
  text->used += length;
}

#endif
