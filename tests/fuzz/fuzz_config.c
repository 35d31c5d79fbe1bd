/* Fuzz target: any bytes as an INI file. No crash; what is refused is refused with a reason. */
#include "engine/deals/config.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  dc_config *config = NULL;
  dc_error error = {.message = ""};
  dc_status status = dc_config_read(dc_fuzz_file(data, size), &config, &error);
  dc_fuzz_require(status == DC_OK || error.message[0], "what is refused is refused with a reason");
  dc_fuzz_require(status != DC_OK || config, "what is read is there");
  dc_config_free(config);
  return 0;
}
