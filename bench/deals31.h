/* The peers' 900,000 closed deals as columns: 5 numbers and 4 factors, 31 coefficients; and the fitting of a model to them. */
#ifndef BENCH_DEALS31_H
#define BENCH_DEALS31_H

#include "dealcast/model/model.h"
#include "engine/base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NUMBERS = 5, FACTORS = 4, DRAWN = 900000, MOST_ROUNDS = 101 };

static const char *const names[NUMBERS + FACTORS] = {"log_amount", "disc",    "nodisc",   "activities", "days_in_stage",
                                                     "region",     "product", "industry", "source"};

typedef struct rows {
  size_t n;
  double *number[NUMBERS], *y;
  uint8_t *code[FACTORS];
  uint32_t levels[FACTORS];
} rows;

static inline double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static inline bool make_room(rows *r, size_t n)
{
  bool made = (r->y = malloc(n * sizeof *r->y)) != NULL;
  for (size_t j = 0; j < NUMBERS; j++) made = (r->number[j] = malloc(n * sizeof(double))) && made;
  for (size_t f = 0; f < FACTORS; f++) made = (r->code[f] = malloc(n)) && made;
  return made;
}

static inline bool fit_model(const char *model, const rows *r, int threads, dc_fit **made)
{
  dc_term term[NUMBERS + FACTORS];
  for (size_t j = 0; j < NUMBERS; j++)
    term[j] = (dc_term){.name = names[j], .kind = DC_TERM_NUMBER, .number = r->number[j]};
  for (size_t f = 0; f < FACTORS; f++)
    term[NUMBERS + f] = (dc_term){.name = names[NUMBERS + f],
                                  .kind = DC_TERM_FACTOR,
                                  .codes = {.code = r->code[f], .bytes = 1, .levels = r->levels[f]}};
  dc_design design = {.n_rows = r->n, .intercept = true, .n_terms = NUMBERS + FACTORS, .terms = term};
  dc_response response = {.name = "outcome", .y = r->y};
  dc_arena *arena = dc_arena_new();
  dc_error error;
  dc_task task = {.design = &design, .response = &response, .confidence = .95, .threads = threads, .arena = arena};
  dc_status status = arena ? dc_model_fit(dc_model_find(model), &task, made, &error) : DC_E_MEMORY;
  if (status != DC_OK) fprintf(stderr, "%s\n", arena ? error.message : "no memory");
  dc_arena_free(arena);
  return status == DC_OK;
}

#endif
