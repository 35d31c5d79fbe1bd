/* The models that there are, in the order of the help. A new one is its file and a line here. */
#include "dealcast/model/model.h"

#define MODELS(ONE) ONE(mean) ONE(linear) ONE(logistic) ONE(glm) ONE(mixed) ONE(multinomial) ONE(hazard) ONE(boost)

#define DECLARE(name) extern const dc_model dc_model_##name;
#define LIST(name) &dc_model_##name,

MODELS(DECLARE)

static const dc_model *const all[] = {MODELS(LIST)};

const dc_model *const *dc_model_all(size_t *n)
{
  *n = sizeof all / sizeof *all;
  return all;
}
