/* Buffered text output without printf: the generator writes gigabytes. A file remembers a failure; close tells. */
#ifndef DATASETS_GENERATE_WRITE_H
#define DATASETS_GENERATE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct {
  FILE *stream;
  char *buffer;
  size_t used;
  bool failed;
} dg_file;

bool dg_file_open(dg_file *file, const char *directory, const char *name);
void dg_file_remove(const char *directory, const char *name);
/* false when anything since the opening failed. Fine on a file that was never opened. */
bool dg_file_close(dg_file *file);

void dg_put_bytes(dg_file *file, const char *bytes, size_t n);
void dg_put(dg_file *file, const char *text);
void dg_put_char(dg_file *file, char c);
/* A CSV field: quoted only where it must be (RFC 4180). */
void dg_put_cell(dg_file *file, const char *text);
void dg_put_count(dg_file *file, uint64_t value);
/* At most `decimals` (0..6) decimals, no trailing zeros. */
void dg_put_number(dg_file *file, double value, int decimals);
/* Digits of value into text; returns its length. */
size_t dg_format_count(uint64_t value, char text[24]);

#endif
