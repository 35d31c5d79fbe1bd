/* What the files config*.c share: the reader of one INI file. */
#ifndef DC_DEALS_CONFIG_INTERNAL_H
#define DC_DEALS_CONFIG_INTERNAL_H

#include "engine/base/arena.h"
#include "engine/deals/config.h"

#include <stdio.h>

typedef struct dc_config_owned {
  dc_config config; /* first: dc_config_free gets its address */
  dc_arena *arena;
} dc_config_owned;

typedef struct dc_config_reader {
  FILE *file;
  const char *path;
  dc_config_owned *owned;
  char *line; /* the physical line, and what of it has not been handed out */
  size_t line_size;
  const char *rest;
  int64_t number;   /* of the physical line */
  int64_t *line_of; /* the physical line of each piece handed out */
  size_t pieces, capacity;
  size_t given[32]; /* single-valued settings seen so far, by index into settings */
  size_t n_given;
  dc_status status;
  dc_error *error;
} dc_config_reader;

typedef struct dc_config_setting {
  const char *section, *key;
  dc_status (*set)(dc_config_reader *in, const struct dc_config_setting *rule, const char *value);
  dc_meaning meaning;
  bool single;
  size_t offset; /* of a limit, in dc_check_config */
} dc_config_setting;

#define REFUSE(in, ...) dc_fail_at((in)->error, DC_E_USAGE, (in)->path, (in)->number, 0, __VA_ARGS__)

dc_status dc_config_no_memory(dc_config_reader *in);
char *dc_config_copy(dc_config_reader *in, const char *text);

/* A copy of items with room for one more, NULL when memory ends. Lists are short. */
void *dc_config_longer(dc_config_reader *in, const void *items, size_t n, size_t size);

/* WORD, WORD, ...; a word with a comma in it stands in double quotes. each takes the words one by one. */
dc_status dc_config_split(dc_config_reader *in, const char *key, const char *value, void *context,
                          dc_status (*each)(dc_config_reader *in, void *context, const char *word));

/* Lines of [required] and [allowed], [check], [weights]. */
dc_status dc_config_set_list(dc_config_reader *in, dc_config_list **lists, size_t *n, const char *key,
                             const char *value);
dc_status dc_config_set_limit(dc_config_reader *in, const struct dc_config_setting *rule, const char *value);
dc_status dc_config_set_weight(dc_config_reader *in, const char *key, const char *value);

#endif
