#include "engine/ingest/cutter.h"

#include "engine/ingest/chunk.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_BYTES = 1 << 11, PLACE_BYTES = 1 << 14, PLACES_STEP = 32, SPARE_ROWS = 4096 };

typedef struct place {
  size_t block;
  uint64_t from;
} place;

/* What is known at the beginning of a chunk. */
typedef struct standing {
  uint64_t line, from; /* from: where its block begins, as the block before found it */
  size_t base;
  bool inside;
  unsigned char over;
} standing;

struct dc_cutter {
  dc_chunking g;
  standing at; /* of chunk `known`: whoever holds that one may look at it and write the next */
  atomic_size_t next, known;
  atomic_bool given_up;
  place *places;
  size_t n_places, places_size;
  uint64_t seen_bytes, seen_lines; /* of the text, before it is read */
  size_t room;
};

static dc_status fail(dc_error *error) { return dc_fail_memory(error, "cutting a file into blocks"); }

/* The first chunk tells whether the text is fit. */
static dc_status look(dc_cutter *c, bool *fit, dc_error *error)
{
  const dc_chunk *first = &c->g.chunks[0];
  dc_buffer buffer = {NULL, 0};
  const char *view;
  uint64_t to = dc_chunk_from(&c->g, 1), left = c->g.size - to;
  dc_status status = dc_source_view(c->g.source, 0, to + (left < DC_CHUNK_AHEAD ? left : DC_CHUNK_AHEAD), &buffer,
                                    &view, error);
  if (status == DC_OK) dc_chunk_scan(&c->g, 0, view);
  dc_buffer_free(&buffer);
  if (status != DC_OK) return status;
  *fit = first->lines && first->rows[0] == first->lines && !first->lone_cr && first->utf8;
  c->seen_bytes = to - c->g.start;
  c->seen_lines = first->lines;
  memset(&c->g.chunks[0], 0, sizeof c->g.chunks[0]);
  return DC_OK;
}

dc_status dc_cutter_new(const dc_source *source, uint64_t start, uint64_t line, size_t chunk_bytes, dc_cutter **cutter,
                        dc_error *error)
{
  *cutter = NULL;
  if (start >= chunk_bytes || dc_source_size(source) <= chunk_bytes) return DC_OK;
  dc_cutter *c = calloc(1, sizeof *c);
  if (!c || !dc_chunking_begin(&c->g, source, start, line, chunk_bytes)) {
    free(c);
    return fail(error);
  }
  c->at = (standing){.line = line, .from = start};
  bool fit = false;
  dc_status status = look(c, &fit, error);
  if (status == DC_OK && fit) {
    *cutter = c;
  } else {
    dc_cutter_free(c);
  }
  return status;
}

void dc_cutter_free(dc_cutter *cutter)
{
  if (!cutter) return;
  free(cutter->g.chunks);
  free(cutter->places);
  free(cutter);
}

size_t dc_cutter_count(const dc_cutter *cutter) { return cutter->g.count; }

static bool add_place(dc_cutter *c, size_t block, uint64_t from)
{
  if (c->n_places == c->places_size) {
    size_t size = c->places_size + PLACES_STEP;
    place *grown = realloc(c->places, size * sizeof *grown);
    if (!grown) return false;
    c->places = grown;
    c->places_size = size;
  }
  c->places[c->n_places++] = (place){block, from};
  return true;
}

dc_status dc_cutter_place(dc_cutter *c, size_t i, dc_block *block, dc_error *error)
{
  uint64_t from = dc_chunk_from(&c->g, i), left = c->g.size - from;
  size_t length = left < PLACE_BYTES ? (size_t)left : PLACE_BYTES;
  dc_buffer buffer = {NULL, 0};
  const char *view;
  dc_status status = dc_source_view(c->g.source, from, from + length, &buffer, &view, error);
  if (status != DC_OK) return status;
  dc_chunk head = {0};
  size_t skip = i ? 0 : (size_t)c->g.start;
  dc_stretch_scan(c->g.scanner, view + skip, length - skip, 0, from + skip, &head);
  /* Line ends are seldom inside quotes: that is how it begins. */
  uint64_t begin = i ? head.boundary[head.rows[1] > head.rows[0]] : c->g.start;
  c->seen_bytes += length - skip;
  c->seen_lines += head.lines;
  uint64_t to = dc_chunk_from(&c->g, i + 1);
  if (begin == DC_NO_CUT || begin > to) { /* rows are long */
    dc_cutter_give_up(c);
    begin = to;
  }
  *block = (dc_block){.from = begin, .to = to, .line = DC_CUTTER_LINE * (i + 1)};
  block->quotes = block->control = true; /* perhaps */
  dc_buffer_free(&buffer);
  return add_place(c, i, block->from) ? DC_OK : fail(error);
}

size_t dc_cutter_room(dc_cutter *c)
{
  double lines = (double)c->g.size * (double)c->seen_lines / (double)c->seen_bytes;
  c->room = (size_t)(lines * 1.25) + SPARE_ROWS;
  return c->room;
}

void dc_cutter_give_up(dc_cutter *cutter) { atomic_store(&cutter->given_up, true); }

/* The block that begins in the chunk ends in the next one, as that one will find, too. head: from the chunk's end on. */
static bool find_end(const dc_cutter *c, size_t i, const char *head, size_t length, dc_block *block)
{
  bool inside = c->at.inside ^ c->g.chunks[i].odd;
  const char *end = head + length, *from = head;
  if (inside) {
    from = memchr(head, '"', length);
    if (!from) return false;
    from++;
  }
  const char *stop = dc_first_boundary(from, end, false, 0);
  if (!stop) return false;
  size_t taken = (size_t)(stop - head);
  block->to = dc_chunk_from(&c->g, i + 1) + taken;
  block->lines += dc_count_byte(head, taken, '\n');
  block->rows++;
  block->quotes = block->quotes || memchr(head, '"', taken);
  block->control = block->control || dc_has_control(head, taken);
  return true;
}

/* Where chunk i's block begins; then what its scan says of it. False when it is not as was hoped. */
static bool begin_block(const dc_cutter *c, size_t i, dc_block *block)
{
  const dc_chunk *k = &c->g.chunks[i];
  const standing *at = &c->at;
  uint64_t cut = i ? k->boundary[at->inside] : c->g.start, before = i ? k->boundary_lines[at->inside] : 0;
  if (cut != at->from || k->lone_cr || !k->utf8 || k->lead != at->over) return false;
  *block = (dc_block){.from = cut, .line = at->line + before, .lines = k->lines - before};
  block->rows = k->rows[at->inside] - (i ? 1 : 0);
  block->quotes = k->quotes;
  block->control = k->control;
  return true;
}

/* The bytes of chunk i, and as many behind it as its last row needs. */
static bool take_chunk(dc_cutter *c, size_t i, size_t slack, dc_buffer *buffer, dc_cut *cut)
{
  uint64_t from = dc_chunk_from(&c->g, i), to = dc_chunk_from(&c->g, i + 1), left = c->g.size - to;
  bool mine = false, found = false;
  for (size_t head = HEAD_BYTES; !found && head <= DC_CHUNK_LOOK; head *= 8) {
    size_t length = left < head ? (size_t)left : head;
    if (dc_source_view_slack(c->g.source, from, to + length, slack, buffer, &cut->text, NULL) != DC_OK) return false;
    if (!mine) dc_chunk_scan(&c->g, i, cut->text);
    while (!mine && atomic_load_explicit(&c->known, memory_order_acquire) < i) {
      if (atomic_load_explicit(&c->given_up, memory_order_relaxed)) return false;
      sched_yield();
    }
    mine = true;
    if (!begin_block(c, i, &cut->block)) return false;
    found = left == 0 || find_end(c, i, cut->text + (to - from), length, &cut->block);
    if (left < head) break;
  }
  if (!found) return false;
  cut->text += cut->block.from - from;
  if (left) return true;
  cut->block.to = to;
  cut->block.rows += c->g.chunks[i].unended;
  return true;
}

bool dc_cutter_next(dc_cutter *c, size_t slack, dc_buffer *buffer, dc_cut *cut)
{
  size_t i = atomic_fetch_add(&c->next, 1);
  if (i >= c->g.count || atomic_load(&c->given_up)) return false;
  cut->index = i;
  bool fine = take_chunk(c, i, slack, buffer, cut);
  if (fine) {
    const dc_chunk *k = &c->g.chunks[i];
    cut->base = c->at.base;
    cut->last = cut->block.to == c->g.size;
    fine = cut->block.rows <= c->room - c->at.base;
    c->at.base += (size_t)cut->block.rows;
    c->at.line += k->lines;
    c->at.from = cut->block.to;
    c->at.inside ^= k->odd;
    c->at.over = k->over;
  }
  if (!fine) dc_cutter_give_up(c);
  atomic_store_explicit(&c->known, i + 1, memory_order_release);
  return fine;
}

dc_status dc_cutter_end(dc_cutter *c, dc_blocks *blocks, bool *fits, dc_error *error)
{
  memset(blocks, 0, sizeof *blocks);
  *fits = !atomic_load(&c->given_up) && atomic_load(&c->known) == c->g.count;
  if (!*fits) return DC_OK;
  if (!dc_chunking_join(&c->g, blocks)) return fail(error);
  *fits = blocks->utf8 && blocks->count == c->g.count;
  for (size_t k = 0; k < c->n_places && *fits; k++) *fits = blocks->items[c->places[k].block].from == c->places[k].from;
  if (!*fits) dc_blocks_free(blocks);
  return DC_OK;
}

uint64_t dc_cutter_line(const dc_blocks *blocks, uint64_t line)
{
  if (line < DC_CUTTER_LINE) return line;
  return blocks->items[line / DC_CUTTER_LINE - 1].line + line % DC_CUTTER_LINE;
}
