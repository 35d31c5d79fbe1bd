/* The version, for `--version` and `run.version`. */
#ifndef DC_BASE_VERSION_H
#define DC_BASE_VERSION_H

#define DC_VERSION "0.1.0"

#endif
