#include "engine/base/fold.h"

#include "engine/base/progress.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 64, BLOCKS_A_THREAD = 4, SMALL_PARTIAL = 1 << 20, WIDE_PARTIAL = 1 << 14 };

/* Blocks are computed in waves of some for each thread (one where partials are large), so that threads seldom wait, then
 * merged in block order as a binary counter does: level l holds the merged partial of 2^l consecutive blocks. */
typedef struct counter {
  void *level[LEVELS];
  char used[LEVELS];
} counter;

/* `*slot` is the merged partial of 2^level blocks, the next ones; it gets other memory. */
static dc_status carry(counter *c, const dc_fold *fold, void **slot, int level)
{
  void *value = *slot;
  int l = level;
  while (c->used[l]) {
    fold->merge(fold->context, c->level[l], value);
    void *merged = c->level[l];
    c->level[l] = value;
    value = merged;
    c->used[l] = 0;
    l++;
  }
  void *spare = c->level[l];
  c->level[l] = value;
  c->used[l] = 1;
  if (!spare) spare = malloc(fold->partial_bytes);
  *slot = spare;
  return spare ? DC_OK : DC_E_MEMORY;
}

/* The merges of a wave that the counter would make, side by side; what is left are runs of 2^level blocks from places that
 * are multiples of that. Waves begin at multiples of their width, a power of 2. */
static void merge_wave(const dc_fold *fold, void **slots, size_t wave)
{
  for (size_t step = 1; 2 * step <= wave; step *= 2) {
    size_t pairs = wave / (2 * step);
#pragma omp parallel for schedule(static)                                                                              \
    num_threads(fold->threads) if (pairs > 1 && fold->partial_bytes >= WIDE_PARTIAL)
    for (size_t k = 0; k < pairs; k++) fold->merge(fold->context, slots[2 * k * step], slots[(2 * k + 1) * step]);
  }
}

static dc_status carry_wave(counter *c, const dc_fold *fold, void **slots, size_t wave)
{
  merge_wave(fold, slots, wave);
  for (size_t at = 0; at < wave;) {
    int level = 0;
    while (at + ((size_t)2 << level) <= wave && at % ((size_t)2 << level) == 0) level++;
    dc_status status = carry(c, fold, &slots[at], level);
    if (status != DC_OK) return status;
    at += (size_t)1 << level;
  }
  return DC_OK;
}

static void collect(counter *c, const dc_fold *fold, void *total)
{
  void *sum = NULL;
  for (int l = 0; l < LEVELS; l++) {
    if (!c->used[l]) continue;
    if (sum) fold->merge(fold->context, c->level[l], sum);
    sum = c->level[l];
  }
  if (sum) memcpy(total, sum, fold->partial_bytes);
}

static dc_status run_wave(const dc_fold *fold, void **slots, size_t first_block, size_t wave)
{
  dc_status worst[LEVELS];
  size_t count = wave < LEVELS ? wave : LEVELS;
#pragma omp parallel for schedule(dynamic, 1) num_threads(fold->threads) if (count > 1)
  for (size_t i = 0; i < count; i++) {
    size_t first = (first_block + i) * fold->block_rows;
    size_t last = first + fold->block_rows < fold->rows ? first + fold->block_rows : fold->rows;
    memset(slots[i], 0, fold->partial_bytes);
    worst[i] = fold->accumulate(fold->context, first, last, slots[i]);
  }
  for (size_t i = 0; i < count; i++)
    if (worst[i] != DC_OK) return worst[i];
  return DC_OK;
}

static dc_status fail_block(dc_status status, const char *otherwise, dc_error *error)
{
  if (status == DC_OK) return DC_OK;
  if (status == DC_E_MEMORY) return dc_fail_memory(error, "working through blocks of rows");
  return dc_fail(error, status, "%s", status == DC_E_CANCELLED ? "cancelled" : otherwise);
}

static size_t wave_of(const dc_fold *fold, size_t blocks)
{
  size_t threads = fold->threads < 1 ? 1 : (size_t)fold->threads, each = BLOCKS_A_THREAD;
  if (threads == 1 || fold->partial_bytes > SMALL_PARTIAL) each = 1;
  size_t most = threads * each > LEVELS ? LEVELS : threads * each, wave = 1;
  if (blocks < most) most = blocks;
  while (2 * wave <= most) wave *= 2;
  return wave;
}

dc_status dc_fold_run(const dc_fold *fold, void *total, dc_error *error)
{
  counter levels = {{NULL}, {0}};
  void *slots[LEVELS] = {NULL};
  size_t blocks = (fold->rows + fold->block_rows - 1) / fold->block_rows;
  size_t width = wave_of(fold, blocks);
  dc_status status = DC_OK;
  memset(total, 0, fold->partial_bytes);
  for (size_t i = 0; i < width; i++)
    if (!(slots[i] = malloc(fold->partial_bytes))) status = DC_E_MEMORY;
  for (size_t b = 0; b < blocks && status == DC_OK; b += width) {
    size_t wave = blocks - b < width ? blocks - b : width;
    status = dc_cancelled() ? DC_E_CANCELLED : run_wave(fold, slots, b, wave);
    if (status == DC_OK) status = carry_wave(&levels, fold, slots, wave);
  }
  if (status == DC_OK) collect(&levels, fold, total);
  for (size_t i = 0; i < LEVELS; i++) {
    free(slots[i]);
    free(levels.level[i]);
  }
  return fail_block(status, "a block of rows could not be folded", error);
}

dc_status dc_fold_each(size_t rows, size_t block_rows, int threads, void *context,
                       dc_status (*each)(void *context, size_t first, size_t last), dc_error *error)
{
  size_t blocks = (rows + block_rows - 1) / block_rows;
  int worst = DC_OK, width = threads < 1 ? 1 : threads;
#pragma omp parallel for schedule(dynamic, 1) num_threads(width) if (width > 1 && blocks > 1) reduction(max : worst)
  for (size_t b = 0; b < blocks; b++) {
    size_t first = b * block_rows;
    size_t last = first + block_rows < rows ? first + block_rows : rows;
    int status = (int)(dc_cancelled() ? DC_E_CANCELLED : each(context, first, last));
    if (status > worst) worst = status;
  }
  return fail_block((dc_status)worst, "a block of rows could not be processed", error);
}
