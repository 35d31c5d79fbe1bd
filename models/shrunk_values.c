/* Passes over rows whose columns have values: numbers, B-splines, slopes by level. The same sums as shrunk_pass.c has, where
 * every value is 1; of a factor with several columns in a row the whole block is summed, not its diagonal alone. */
#include "models/shrunk.h"

#include <string.h>

static size_t width_of(const dc_shrunk *s) { return (size_t)s->problem.n_picks; }

static size_t column_of(const dc_shrunk *s, size_t pick, const uint32_t *code)
{
  return s->column[s->problem.pick[pick]] + code[pick];
}

void dc_shrunk_values_predict(const dc_shrunk *s, const double *theta, size_t first, size_t count, double *eta)
{
  const size_t width = width_of(s), r = s->channels;
  for (size_t i = 0; i < count; i++) {
    const uint32_t *code = s->problem.code + (first + i) * width;
    const double *value = s->problem.value + (first + i) * width;
    double e0 = theta[0], e1 = theta[r - 1];
    for (size_t p = 0; p < width; p++) {
      const double *t = theta + r * column_of(s, p, code);
      e0 += value[p] * t[0];
      e1 += value[p] * t[r - 1];
    }
    eta[i * r] = e0;
    eta[i * r + r - 1] = e1;
  }
}

/* The dense columns of a row that are not 0, the intercept first. */
static size_t dense_columns(const dc_shrunk *s, size_t row, size_t *column, double *value)
{
  const size_t width = width_of(s);
  const uint32_t *code = s->problem.code + row * width;
  size_t n = 1;
  column[0] = 0;
  value[0] = 1;
  for (size_t p = 0; p < width; p++) {
    size_t at = column_of(s, p, code);
    double v = s->problem.value[row * width + p];
    if (at >= s->dense || v == 0) continue;
    column[n] = at;
    value[n++] = v;
  }
  return n;
}

void dc_shrunk_values_score(const dc_shrunk *s, size_t first, size_t count, const double *score, double *out)
{
  size_t column[DC_SHRUNK_FACTORS + 1];
  double value[DC_SHRUNK_FACTORS + 1];
  for (size_t i = 0; i < count; i++) {
    size_t n = dense_columns(s, first + i, column, value);
    for (size_t a = 0; a < n; a++)
      for (size_t c = 0; c < s->channels; c++)
        out[column[a] * s->channels + c] += value[a] * score[i * s->channels + c];
  }
}

void dc_shrunk_values_gram(const dc_shrunk *s, size_t first, size_t count, const double *weight, double *gram)
{
  size_t column[DC_SHRUNK_FACTORS + 1];
  double value[DC_SHRUNK_FACTORS + 1];
  for (size_t i = 0; i < count; i++) {
    size_t n = dense_columns(s, first + i, column, value);
    for (size_t a = 0; a < n; a++)
      for (size_t b = a; b < n; b++) {
        size_t low = column[a] < column[b] ? column[a] : column[b], high = column[a] + column[b] - low;
        double both = value[a] * value[b], *to = gram + s->cell * (low * s->dense + high);
        for (size_t k = 0; k < s->terms; k++) to[k] += both * weight[i * s->cell + k];
      }
  }
}

static double value_at(const dc_shrunk *s, int effect, size_t row)
{
  return s->problem.value[row * width_of(s) + (size_t)s->pick_of[s->effect[effect]]];
}

void dc_shrunk_values_level(dc_shrunk *s, int effect, size_t level)
{
  size_t at = s->column[s->effect[effect]] + level, column[DC_SHRUNK_FACTORS + 1];
  double *g = s->gradient + s->channels * at, *w = s->level_weight + s->terms * (at - s->dense);
  double *cross = effect == s->pivot ? s->cross + level * s->dense * s->cell : NULL, value[DC_SHRUNK_FACTORS + 1];
  memset(g, 0, s->channels * sizeof *g);
  memset(w, 0, s->terms * sizeof *w);
  if (cross) memset(cross, 0, s->dense * s->cell * sizeof *cross);
  for (size_t k = s->level_start[effect][level]; k < s->level_start[effect][level + 1]; k++) {
    size_t row = s->level_row[effect][k], n = cross ? dense_columns(s, row, column, value) : 0;
    double v = value_at(s, effect, row);
    const double *weight = s->row_weight + row * s->cell;
    for (size_t c = 0; c < s->channels; c++) g[c] += v * s->row_score[row * s->channels + c];
    for (size_t t = 0; t < s->terms; t++) w[t] += v * v * weight[t];
    for (size_t a = 0; a < n; a++)
      for (size_t t = 0; t < s->terms; t++) cross[s->cell * column[a] + t] += v * value[a] * weight[t];
  }
}

void dc_shrunk_values_product(const dc_shrunk *s, int effect, size_t level, double *out)
{
  for (size_t k = s->level_start[effect][level]; k < s->level_start[effect][level + 1]; k++) {
    size_t row = s->level_row[effect][k];
    double v = value_at(s, effect, row);
    for (size_t c = 0; c < s->channels; c++) out[c] += v * s->row_product[row * s->channels + c];
  }
}
