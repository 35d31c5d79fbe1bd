#include "tests/models/mixed_data.h"

#include "engine/base/random.h"

enum { LINE = 512, ROWS = 4096 };

static uint64_t seed, draws;

void mixed_seed(uint64_t s)
{
  seed = s;
  draws = 0;
}

double mixed_uniform(void) { return dc_random_uniform(seed, 1, draws++); }
double mixed_normal(void) { return sqrt(-2 * log(mixed_uniform())) * cos(6.283185307179586 * mixed_uniform()); }

static char *next_cell(char **line)
{
  char *cell = *line, *end = cell + strcspn(cell, ",\r\n");
  *line = *end ? end + 1 : end;
  *end = 0;
  if (*cell != '"') return cell;
  cell[strlen(cell) - 1] = 0;
  return cell + 1;
}

static uint32_t code_of(mixed_table *t, int c, char (*words)[32], const char *cell)
{
  for (uint32_t l = 0; l < t->levels[c]; l++)
    if (strcmp(words[l], cell) == 0) return l;
  assert_true(t->levels[c] < ROWS);
  strcpy(words[t->levels[c]], cell);
  return t->levels[c]++;
}

bool mixed_read(const char *path, mixed_table *t)
{
  char line[LINE], (*words)[32] = calloc((size_t)ROWS * MIXED_COLUMNS, 32);
  memset(t, 0, sizeof *t);
  FILE *file = fopen(path, "r");
  if (!file || !words || !fgets(line, LINE, file)) return false;
  for (char *at = line; *at && t->columns < MIXED_COLUMNS; t->columns++) strcpy(t->name[t->columns], next_cell(&at));
  for (int c = 0; c < t->columns; c++) {
    t->number[c] = calloc(ROWS, sizeof(double));
    t->code[c] = calloc(ROWS, sizeof(uint32_t));
  }
  while (fgets(line, LINE, file) && t->n < ROWS) {
    char *at = line;
    for (int c = 0; c < t->columns; c++) {
      const char *cell = next_cell(&at);
      t->number[c][t->n] = strtod(cell, NULL);
      t->code[c][t->n] = code_of(t, c, words + (size_t)c * ROWS, cell);
    }
    t->n++;
  }
  fclose(file);
  free(words);
  return t->n > 0;
}

void mixed_free(mixed_table *t)
{
  for (int c = 0; c < t->columns; c++) {
    free(t->number[c]);
    free(t->code[c]);
  }
}

dc_fit *mixed_fit(const dc_design *design, const dc_response *response, const double *option, int threads)
{
  dc_error error = {0};
  dc_fit *fit = NULL;
  dc_arena *arena = dc_arena_new();
  dc_task task = {design, response, option, .95, threads, 0, arena, NULL};
  check_ok(dc_model_fit(dc_model_find("mixed"), &task, &fit, &error), &error);
  dc_arena_free(arena);
  assert_non_null(fit);
  return fit;
}

double mixed_digits(double a, double b)
{
  double off = fabs(a - b) / fabs(b);
  return off > 0 ? fmin(-log10(off), 15.9) : 15.9;
}
