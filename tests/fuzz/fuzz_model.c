/* Fuzz target: any bytes as a model file, with a checksum that is right, so that what stands behind it is looked at. No crash;
 * what is refused is refused with a reason; what is read can predict, and comes back the same when it is written and read. */
#include "tests/fuzz/fuzz.h"
#include "tests/verbs/saved.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  dc_saved saved = {.recipe = NULL}, again = {.recipe = NULL};
  dc_error error = {.message = ""};
  char *text = malloc(size + 1), *written = NULL;
  size_t bytes;
  uint64_t first, second;
  dc_fuzz_require(text != NULL, "there is memory");
  if (size) memcpy(text, data, size);
  dc_status status = dc_model_parse(text, size, "model.json", &saved, &error);
  if (status == DC_OK) dc_saved_clear(&saved);
  dc_model_sign(text, size);
  error.message[0] = '\0';
  status = dc_model_parse(text, size, "model.json", &saved, &error);
  dc_fuzz_require(status == DC_OK || error.message[0], "what is refused is refused with a reason");
  dc_fuzz_require(status == DC_OK || (!saved.recipe && !saved.fit), "what is refused is not there");
  if (status == DC_OK) {
    dc_fuzz_require(saved_answers(&saved, &first), "what is read can predict");
    dc_fuzz_require(dc_model_text(&saved, &written, &bytes, &error) == DC_OK, "what is read can be written");
    status = dc_model_parse(written, bytes, "model.json", &again, &error);
    dc_fuzz_require(status == DC_OK, "what is written can be read");
    dc_fuzz_require(saved_answers(&again, &second) && first == second, "what is written and read predicts the same");
  }
  dc_saved_clear(&saved);
  dc_saved_clear(&again);
  free(text);
  free(written);
  return 0;
}
