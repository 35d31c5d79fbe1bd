/* How many rows a kernel has in the cache at a time. `make tune` builds with others than the own. */
#ifndef DC_MODELS_TILE_H
#define DC_MODELS_TILE_H

#ifdef DC_TILE_ROWS
#define DC_ROWS_OF_TILE(own) DC_TILE_ROWS
#else
#define DC_ROWS_OF_TILE(own) (own)
#endif

#endif
