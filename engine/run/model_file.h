/* A fit in a file: JSON with a version, and a checksum over every byte but its own digits. */
#ifndef DC_RUN_MODEL_FILE_H
#define DC_RUN_MODEL_FILE_H

#include "engine/run/saved.h"

/* A model file is no larger: more is refused, to be written and to be read. */
enum { DC_MODEL_BYTES = 256 << 20 };

/* The text of the file, to be freed. Doubles in the shortest digits that read back as the same. */
dc_status dc_model_text(const dc_saved *saved, char **to, size_t *bytes, dc_error *error) DC_MUST_CHECK;

/* Nothing in the text is trusted: version, checksum, sizes, names, numbers and what they say of each other are checked.
 * DC_E_INPUT says what is wrong with it. file: for messages. */
dc_status dc_model_parse(const char *text, size_t bytes, const char *file, dc_saved *saved,
                         dc_error *error) DC_MUST_CHECK;
dc_status dc_model_read(const char *path, dc_saved *saved, dc_error *error) DC_MUST_CHECK;

/* Puts the checksum of the text into it, where it is of that form: for tests that go behind it. */
void dc_model_sign(char *text, size_t bytes);

#endif
