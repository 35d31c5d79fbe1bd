/* Models and their options, for who knows no models. */
#ifndef DC_RUN_MODEL_OPTIONS_H
#define DC_RUN_MODEL_OPTIONS_H

#include "dealcast/error.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct dc_model_name {
  const char *name, *summary, *source;
} dc_model_name;

/* In the order of the help; false behind the last. */
bool dc_model_name_at(size_t k, dc_model_name *model);

/* An option of a model: a flag, one of a few choices, or a number. */
typedef struct dc_setting {
  char name[64]; /* of a flag that is set unless asked for, "no-NAME" */
  const char *meaning;
  bool flag, whole;
  double initial, least, most;
  const char *const *choices; /* NULL: a number */
} dc_setting;

bool dc_setting_at(const char *model, size_t k, dc_setting *setting);

/* DC_E_USAGE with the nearest model; those that there are when none is near. */
dc_status dc_model_check(const char *name, dc_error *error) DC_MUST_CHECK;

/* "NAME=VALUE", or a flag's NAME, as the value of one of the model's options: its place and number. */
dc_status dc_setting_parse(const char *model, const char *text, size_t *place, double *value,
                           dc_error *error) DC_MUST_CHECK;

#endif
