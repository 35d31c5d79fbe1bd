/* Errors that hold if the variance is another than the family's. */
#include "models/glm_run.h"
#include "models/gram_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t MOST_VALUES = (size_t)1 << 24;

typedef struct scores {
  size_t p;
  const dc_codes *cluster;
} scores;

static void add_squares(void *context, const dc_tile *tile, double *sums)
{
  (void)context;
  size_t a[DC_ROW_ENTRIES], b[DC_ROW_ENTRIES];
  double x[DC_ROW_ENTRIES], z[DC_ROW_ENTRIES];
  sums += DC_SCALARS;
  for (size_t i = 0; i < tile->n; i++) {
    double square = tile->s[i] * tile->s[i];
    for (size_t from = 0, n; (n = dc_tile_row(tile, i, &from, a, x)) > 0;) {
      for (size_t to = 0, m; (m = dc_tile_row(tile, i, &to, b, z)) > 0;) {
        for (size_t k = 0; k < n; k++)
          for (size_t l = 0; l < m; l++)
            if (b[l] <= a[k]) sums[dc_packed(a[k], b[l])] += square * x[k] * z[l];
      }
    }
  }
}

static void add_clusters(void *context, const dc_tile *tile, double *sums)
{
  const scores *c = context;
  size_t column[DC_ROW_ENTRIES];
  double value[DC_ROW_ENTRIES];
  sums += DC_SCALARS;
  for (size_t i = 0; i < tile->n; i++) {
    double *line = sums + dc_codes_at(c->cluster, tile->first + i) * (c->p + 1);
    line[c->p] += tile->prior[i] > 0;
    for (size_t from = 0, n; (n = dc_tile_row(tile, i, &from, column, value)) > 0;)
      for (size_t k = 0; k < n; k++) line[column[k]] += tile->s[i] * value[k];
  }
}

/* The sum over clusters of squares of their scores; how many have rows. */
static size_t square_clusters(const double *lines, size_t clusters, size_t p, double *meat)
{
  size_t seen = 0;
  for (size_t c = 0; c < clusters; c++, lines += p + 1) {
    if (lines[p] == 0) continue;
    seen++;
    for (size_t i = 0; i < p; i++)
      for (size_t j = 0; j <= i; j++) meat[dc_packed(i, j)] += lines[i] * lines[j];
  }
  return seen;
}

/* bread meat bread, packed, into bread. */
static bool sandwich(double *bread, const double *meat, size_t p)
{
  double *half = malloc((2 * p * p + 1) * sizeof *half);
  if (!half) return false;
  double *whole = half + p * p;
  for (size_t i = 0; i < p; i++) {
    for (size_t j = 0; j < p; j++) {
      double sum = 0;
      for (size_t k = 0; k < p; k++) sum += bread[dc_packed(i, k)] * meat[dc_packed(k, j)];
      half[i * p + j] = sum;
    }
  }
  for (size_t i = 0; i < p; i++) {
    for (size_t j = 0; j <= i; j++) {
      double sum = 0;
      for (size_t k = 0; k < p; k++) sum += half[i * p + k] * bread[dc_packed(k, j)];
      whole[i * p + j] = sum;
    }
  }
  for (size_t i = 0; i < p; i++)
    for (size_t j = 0; j <= i; j++) bread[dc_packed(i, j)] = whole[i * p + j];
  free(half);
  return true;
}

dc_status dc_glm_sandwich(dc_glm_fit *glm, double *covariance, dc_error *error)
{
  dc_problem *problem = glm->problem;
  const dc_codes *cluster = glm->task->design->cluster;
  size_t p = problem->p, triangle = p * (p + 1) / 2, clusters = cluster ? cluster->levels : 0;
  if (clusters && clusters > MOST_VALUES / (p + 1))
    return dc_fail(error, DC_E_USAGE, "%zu clusters of %zu columns are too many", clusters, p);
  scores c = {p, cluster};
  double *lines = malloc((clusters * (p + 1) + 1) * sizeof *lines), *meat = calloc(triangle + 1, sizeof *meat);
  dc_status status = lines && meat ? DC_OK : dc_fail_memory(error, "finding robust errors");
  if (status == DC_OK && !cluster)
    status = dc_problem_visit(problem, glm->beta, triangle, add_squares, &c, meat, error);
  if (status == DC_OK && cluster) {
    status = dc_problem_visit(problem, glm->beta, clusters * (p + 1), add_clusters, &c, lines, error);
    size_t seen = status == DC_OK ? square_clusters(lines, clusters, p, meat) : 0;
    double more = seen > 1 ? (double)seen / ((double)seen - 1) : NAN;
    for (size_t k = 0; k < triangle; k++) meat[k] *= more;
    if (status == DC_OK && seen < 2)
      status = dc_fit_add_note(glm->fit, error, "one cluster tells nothing about errors");
  }
  if (status == DC_OK && !sandwich(covariance, meat, p)) status = dc_fail_memory(error, "finding robust errors");
  free(lines);
  free(meat);
  return status;
}
