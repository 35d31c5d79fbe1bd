/* Files that are either the old one or the whole new one, whenever the process dies. */
#ifndef DC_OUTPUT_FILE_H
#define DC_OUTPUT_FILE_H

#include "dealcast/error.h"
#include "engine/output/sink.h"

/* An output in the making: `path` as given, bytes going to a temporary file in the same folder. Standard output (path
 * NULL) and what is no regular file (a device, a pipe) are written to directly. */
typedef struct dc_file dc_file;

/* open -> put bytes into dc_file_sink -> finish (written and synced under the temporary name) -> commit (renamed, folder
 * synced) -> free. Freeing before the commit removes the temporary file and leaves the old one as it was. */
dc_status dc_file_open(const char *path, dc_file **file, dc_error *error) DC_MUST_CHECK;

/* The same, a regular file readable by its owner only (0600), whatever it replaces. */
dc_status dc_file_open_private(const char *path, dc_file **file, dc_error *error) DC_MUST_CHECK;
dc_sink *dc_file_sink(dc_file *file);
dc_status dc_file_finish(dc_file *file, dc_error *error) DC_MUST_CHECK;
dc_status dc_file_commit(dc_file *file, dc_error *error) DC_MUST_CHECK;
void dc_file_free(dc_file *file);

/* Can path be created or replaced? */
dc_status dc_file_check(const char *path, dc_error *error) DC_MUST_CHECK;

#endif
