/* A small result with every type of field, and reading back what was written. */
#ifndef TESTS_OUTPUT_SAMPLE_H
#define TESTS_OUTPUT_SAMPLE_H

#include "dealcast/result.h"

/* Tables "values" (number, money, ratio, integer, date, text, bool; a full row and a row of nulls) and "names" (text) with
 * the given text; one warning, two run entries, one option, one input. */
dc_result *sample_result(const char *text);

/* The whole file as a string, to be freed; fails the test when it cannot be read. */
char *read_whole(const char *path);

/* folder/name, to be freed. */
char *path_in(const char *folder, const char *name);

/* Files in a folder, "." and ".." left out. */
int count_files(const char *folder);

/* rm -r of a folder made by check_folder; frees the name. */
void remove_folder(char *folder);

#endif
