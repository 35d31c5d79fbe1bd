/* A model file: read whole, its checksum compared, taken apart. */
#include "engine/base/arena.h"
#include "engine/run/model_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUM_CHARS = 16 };

/* FNV-1a of all but the sum's own digits: each byte changes it one to one, so no single changed byte goes unseen. */
static void sum_of(const char *text, size_t bytes, char sum[SUM_CHARS + 1])
{
  size_t from = sizeof DC_MODEL_BEGIN - 1;
  uint64_t hash = 0xCBF29CE484222325u;
  for (size_t i = 0; i < bytes; i++)
    if (i < from || i >= from + SUM_CHARS) hash = (hash ^ (unsigned char)text[i]) * 0x100000001B3u;
  snprintf(sum, SUM_CHARS + 1, "%016llx", (unsigned long long)hash);
}

void dc_model_sign(char *text, size_t bytes)
{
  char sum[SUM_CHARS + 1];
  size_t from = sizeof DC_MODEL_BEGIN - 1;
  if (bytes < from + SUM_CHARS) return;
  sum_of(text, bytes, sum);
  memcpy(text + from, sum, SUM_CHARS);
}

static dc_status check_frame(const dc_model_reader *r, const char *text, size_t bytes)
{
  static const char version[] = "{\"dealcast\":\"model/";
  const size_t from = sizeof DC_MODEL_BEGIN - 1, head = from + SUM_CHARS + sizeof DC_MODEL_BODY - 1;
  char sum[SUM_CHARS + 1];
  if (bytes < sizeof version - 1 || memcmp(text, version, sizeof version - 1) != 0)
    return dc_fail_at(r->error, DC_E_INPUT, r->file, 0, 0,
                      "is no model file of dealcast, which begins with %s; dealcast fit ... --save FILE writes one",
                      version);
  if (bytes < head || memcmp(text, DC_MODEL_BEGIN, from) != 0 ||
      memcmp(text + from + SUM_CHARS, DC_MODEL_BODY, sizeof DC_MODEL_BODY - 1) != 0)
    return dc_fail_at(r->error, DC_E_INPUT, r->file, 0, 0,
                      "the model file is cut off, or of another version than model/1; fit again");
  sum_of(text, bytes, sum);
  if (memcmp(sum, text + from, SUM_CHARS) != 0)
    return dc_fail_at(r->error, DC_E_INPUT, r->file, 0, 0,
                      "the model file was changed or cut off: its checksum is %s, and it says %.16s; copy it again, or "
                      "fit again",
                      sum, text + from);
  return DC_OK;
}

/* jansson 2.14 tells of memory that ends as of a mistake in the text, so it is told here. */
static _Thread_local bool memory_ended;

static void *allocate(size_t bytes)
{
  void *memory = malloc(bytes);
  memory_ended |= !memory;
  return memory;
}

static dc_status parse(dc_model_reader *r, const char *text, size_t bytes, json_t **root)
{
  json_error_t what = {.line = 0};
  json_set_alloc_funcs(allocate, free);
  memory_ended = false;
  *root = json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &what);
  if (*root) return DC_OK;
  if (memory_ended) return dc_fail_memory(r->error, "reading a model");
  return dc_model_bad(r, "line %d: %.120s", what.line, what.text);
}

static dc_status build(dc_model_reader *r, const json_t *root, dc_saved *saved)
{
  const json_t *body = json_object_get(root, "body");
  saved->recipe = calloc(1, sizeof *saved->recipe);
  saved->fit = dc_fit_new();
  if (!saved->recipe || !saved->fit) return dc_fail_memory(r->error, "reading a model");
  saved->recipe->arena = dc_arena_new();
  saved->arena = dc_arena_new();
  r->arena = saved->recipe->arena;
  if (!saved->arena || !r->arena) return dc_fail_memory(r->error, "reading a model");
  if (!json_is_object(body)) return dc_model_bad(r, "there is no body");
  dc_status status = dc_model_read_recipe(r, body, saved->recipe);
  r->arena = saved->arena;
  return status == DC_OK ? dc_model_read_fit(r, body, saved) : status;
}

dc_status dc_model_parse(const char *text, size_t bytes, const char *file, dc_saved *saved, dc_error *error)
{
  dc_model_reader r = {.file = file, .error = error};
  json_t *root = NULL;
  *saved = (dc_saved){.recipe = NULL};
  dc_status status = check_frame(&r, text, bytes);
  if (status == DC_OK) status = parse(&r, text, bytes, &root);
  if (status == DC_OK) status = build(&r, root, saved);
  json_decref(root);
  if (status != DC_OK) dc_saved_clear(saved);
  return status;
}

/* Read to its end rather than measured: it may be a pipe. */
static dc_status read_all(FILE *file, const char *path, char **text, size_t *bytes, dc_error *error)
{
  size_t size = 0;
  *bytes = 0;
  for (;;) {
    if (*bytes == size) {
      size = size ? 2 * size : 1 << 16;
      char *more = realloc(*text, size);
      if (!more) return dc_fail_memory(error, "reading a model");
      *text = more;
    }
    size_t n = fread(*text + *bytes, 1, size - *bytes, file);
    *bytes += n;
    if (*bytes > DC_MODEL_BYTES)
      return dc_fail_at(error, DC_E_INPUT, path, 0, 0, "a model file has at most %d MiB", DC_MODEL_BYTES >> 20);
    if (n == 0 && ferror(file))
      return dc_fail_at(error, DC_E_SYSTEM, path, 0, 0, "cannot be read: %s", strerror(errno));
    if (n == 0) return DC_OK;
  }
}

dc_status dc_model_read(const char *path, dc_saved *saved, dc_error *error)
{
  char *text = NULL;
  size_t bytes = 0;
  *saved = (dc_saved){.recipe = NULL};
  FILE *file = fopen(path, "rb");
  if (!file && errno == ENOMEM) return dc_fail_memory(error, "opening a model");
  if (!file) return dc_fail_at(error, DC_E_INPUT, path, 0, 0, "cannot be read: %s", strerror(errno));
  dc_status status = read_all(file, path, &text, &bytes, error);
  fclose(file);
  if (status == DC_OK) status = dc_model_parse(text, bytes, path, saved, error);
  free(text);
  return status;
}
