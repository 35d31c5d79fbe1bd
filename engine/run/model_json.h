/* What the reading and the writing of model files share; and values out of JSON that nobody trusts. */
#ifndef DC_RUN_MODEL_JSON_H
#define DC_RUN_MODEL_JSON_H

#include "engine/run/model_file.h"

#include <jansson.h>

/* How a file begins: 16 digits of the checksum stand between the first two. */
#define DC_MODEL_BEGIN "{\"dealcast\":\"model/1\",\n\"checksum\":\""
#define DC_MODEL_NO_SUM "0000000000000000"
#define DC_MODEL_BODY "\",\n\"body\":{"

const char *dc_transform_key(dc_transform transform);
const char *dc_kind_key(dc_term_kind kind);

typedef struct dc_model_reader {
  const char *file;
  dc_error *error;
  struct dc_arena *arena; /* of the recipe */
} dc_model_reader;

/* DC_E_INPUT: "the model file is damaged: WHAT". */
dc_status dc_model_bad(const dc_model_reader *reader, const char *format, ...) DC_PRINTF(2, 3);

/* A field of an object by its type. Texts are copied to the arena; of a number null is NaN where that is allowed. */
dc_status dc_model_text_of(const dc_model_reader *r, const json_t *object, const char *name, char **text) DC_MUST_CHECK;
dc_status dc_model_flag_of(const dc_model_reader *r, const json_t *object, const char *name, bool *flag) DC_MUST_CHECK;
dc_status dc_model_number_of(const dc_model_reader *r, const json_t *object, const char *name, bool null,
                             double *number) DC_MUST_CHECK;
/* A whole number of 0 .. most; null is UINT32_MAX where that is allowed. */
dc_status dc_model_whole_of(const dc_model_reader *r, const json_t *object, const char *name, bool null, uint32_t most,
                            uint32_t *whole) DC_MUST_CHECK;
/* One of the words, n of them: its place. */
dc_status dc_model_word_of(const dc_model_reader *r, const json_t *object, const char *name, const char *const *words,
                           size_t n, size_t *place) DC_MUST_CHECK;
/* An array of that many; n = SIZE_MAX: of any number. */
dc_status dc_model_array_of(const dc_model_reader *r, const json_t *object, const char *name, size_t n,
                            const json_t **array) DC_MUST_CHECK;
/* An array of n numbers, to the arena. */
dc_status dc_model_numbers_of(const dc_model_reader *r, const json_t *object, const char *name, bool null, size_t n,
                              double **numbers) DC_MUST_CHECK;

/* The whole: columns and terms, then the fit. */
dc_status dc_model_read_recipe(dc_model_reader *r, const json_t *body, dc_recipe *recipe) DC_MUST_CHECK;
/* Into a fit that is laid out: its trees. */
dc_status dc_model_read_forest(dc_model_reader *r, const json_t *forest, dc_fit *fit) DC_MUST_CHECK;
dc_status dc_model_read_fit(dc_model_reader *r, const json_t *body, dc_saved *saved) DC_MUST_CHECK;

#endif
