/* What a load holds when it is done, and how it goes. */
#include "engine/ingest/kept.h"

#include <stddef.h>
#include <stdlib.h>

void dc_kept_clear(dc_kept *kept)
{
  for (size_t f = 0; f < kept->n_files; f++) {
    if (kept->files) {
      dc_source_free(kept->files[f].source);
      dc_cutter_free(kept->files[f].cutter);
      dc_blocks_free(&kept->files[f].blocks);
    }
    if (kept->layouts) dc_layout_free(&kept->layouts[f]);
  }
  free(kept->files);
  free(kept->layouts);
  free(kept->guesses);
  free(kept->bad);
  free(kept->amount);
  free(kept->readable);
  free(kept->unreadable);
}

void dc_load_close(dc_load *load)
{
  for (size_t f = 0; f < load->kept->n_files; f++) {
    dc_source_free(load->kept->files[f].source);
    dc_blocks_free(&load->kept->files[f].blocks);
    load->kept->files[f].source = NULL;
  }
}

void dc_load_free(dc_load *load)
{
  if (!load) return;
  for (size_t f = 0; load->inputs && f < load->n_inputs; f++) {
    free(load->inputs[f].path);
    free(load->inputs[f].name);
  }
  if (load->kept) dc_kept_clear(load->kept);
  free(load->kept);
  free(load->inputs);
  free(load->fate);
  dc_rejects_clear(&load->rejects);
  dc_table_free(load->table);
  free(load);
}

static int64_t *count_of(dc_input *input, dc_fate fate)
{
  static const size_t at[DC_FATES] = {
      [DC_ROW_USED] = offsetof(dc_input, used),           [DC_ROW_REJECTED] = offsetof(dc_input, rejected),
      [DC_ROW_DUPLICATE] = offsetof(dc_input, duplicate), [DC_ROW_AFTER_AS_OF] = offsetof(dc_input, after_as_of),
      [DC_ROW_EXCLUDED] = offsetof(dc_input, excluded),   [DC_ROW_PREAMBLE] = offsetof(dc_input, preamble)};
  return (int64_t *)(void *)((char *)input + at[fate]);
}

void dc_load_set_aside(dc_load *load, size_t row, dc_fate fate)
{
  dc_input *input = &load->inputs[load->table->file ? load->table->file[row] : 0];
  --*count_of(input, (dc_fate)load->fate[row]);
  ++*count_of(input, fate);
  load->fate[row] = (uint8_t)fate;
}

void dc_load_styles(const dc_load *load, size_t column, dc_number_style *number, dc_when_style *when)
{
  *number = load->kept->guesses[column].number;
  *when = load->kept->guesses[column].when;
}

int32_t dc_load_field(const dc_load *load, size_t input, size_t column)
{
  const dc_layout *layout = &load->kept->layouts[input];
  for (size_t f = 0; f < layout->n_fields; f++)
    if (layout->column[f] == (int32_t)column) return (int32_t)f + 1;
  return 0;
}
