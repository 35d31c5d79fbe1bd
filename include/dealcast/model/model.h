/* A model: one file in models/ and one line in models/registry.c. From its table follow its options and help on the command
 * line, its schema, the contract tests and its row in the bench.
 *
 * A model has no threads, clock, input or output of its own, and nothing global: it goes through its rows by
 * dc_task_fold, any number of times, and whoever runs the task decides with how many threads (later: on which machines).
 * So sums that reach the fit are the same bytes for any number of them. */
#ifndef DEALCAST_MODEL_MODEL_H
#define DEALCAST_MODEL_MODEL_H

#include "dealcast/model/fit.h"

typedef enum dc_option_kind { DC_OPTION_FLAG, DC_OPTION_NUMBER, DC_OPTION_INTEGER, DC_OPTION_CHOICE } dc_option_kind;

typedef struct dc_model_option {
  const char *name; /* as on the command line, without dashes: "ridge" */
  dc_option_kind kind;
  double initial, least, most; /* a choice: the index of the initial one */
  const char *const *choices;  /* NULL-terminated */
  const char *meaning;         /* for the help: a line */
} dc_model_option;

enum { DC_MOST_OPTIONS = 32 }; /* of any model */

/* What responses a model takes. */
enum {
  DC_TAKES_NUMBER = 1,   /* any */
  DC_TAKES_POSITIVE = 2, /* numbers > 0 */
  DC_TAKES_COUNT = 4,    /* 0, 1, 2, ... */
  DC_TAKES_CHANCE = 8,   /* 0 .. 1, or successes of trials */
  DC_TAKES_CATEGORY = 16 /* codes */
};

struct dc_arena;

/* One fit to be made. */
typedef struct dc_task {
  const dc_design *design;
  const dc_response *response;
  const double *option;   /* values in order of the model's options */
  double confidence;      /* of intervals, e.g. .95 */
  int threads;            /* for dc_task_fold; nothing that a model computes may depend on it */
  size_t block_rows;      /* 0 = the model's own, found by `make tune` */
  struct dc_arena *arena; /* scratch of the fit: engine/base/arena.h */
  const dc_fit *start;    /* an earlier fit of like terms, to begin from where the model can; NULL = none */
} dc_task;

typedef struct dc_model {
  const char *name;    /* "logistic" */
  const char *summary; /* for the help: a line */
  const char *source;  /* author, year, section */
  unsigned responses;  /* DC_TAKES_ */
  bool shrinks;        /* takes SMOOTH and EFFECT terms */
  bool needs_time;     /* of the response, or counts */
  bool takes_counts;   /* in the response */
  bool plain_terms;    /* takes NUMBER and FACTOR terms only, and finds their products itself */
  bool takes_missing;  /* in terms: numbers that are NaN, codes that are `levels` */
  size_t block_rows;   /* of its fold, as `make tune` found it */
  const dc_model_option *options;
  size_t n_options;
  /* Fills the fit, which is empty. DC_OK, DC_W_MAXITER with a fit that may be used, or an error. The design and response
   * were checked: sizes, finite numbers, codes below levels, weights >= 0, some weight > 0, a response that it takes. */
  dc_status (*fit)(const dc_task *task, dc_fit *fit, dc_error *error);
} dc_model;

/* All models, in the order of the help; n of them. */
const dc_model *const *dc_model_all(size_t *n);
const dc_model *dc_model_find(const char *name); /* NULL: there is none */

/* The initial values of the options, model->n_options of them. */
void dc_model_defaults(const dc_model *model, double *option);
/* Sets one of them by name, which must be one of the model's own. */
void dc_model_set(const dc_model *model, double *option, const char *name, double value);
/* The value of an option by name, for models: the name must be one of its own. */
double dc_task_option(const dc_model *model, const dc_task *task, const char *name);

/* Checks, then fits. *fit is set on DC_OK and DC_W_MAXITER; the caller frees it. DC_E_INPUT names what is wrong with the
 * data, DC_E_SHORT says that there is too little of it. */
dc_status dc_model_fit(const dc_model *model, const dc_task *task, dc_fit **fit, dc_error *error) DC_MUST_CHECK;

/* One pass: rows [0, rows) in blocks of block_rows. accumulate adds rows [first, last) to a partial that begins zeroed and
 * has partial_bytes; merge adds `from` to `into`, in the order of the rows. total receives the sum of all. */
typedef dc_status dc_accumulate(void *context, size_t first, size_t last, void *partial);
typedef void dc_merge(void *context, void *into, const void *from);
dc_status dc_task_fold(const dc_task *task, size_t rows, size_t block_rows, size_t partial_bytes,
                       dc_accumulate *accumulate, dc_merge *merge, void *context, void *total,
                       dc_error *error) DC_MUST_CHECK;

#endif
