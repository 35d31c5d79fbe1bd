/* Householder QR of many rows, a tile of them at a time, in one triangle: after any number of tiles R'R = X'X, and with
 * the response as the last column R holds Q'y and what is left of y, too. Triangles merge (TSQR: Demmel, Grigori, Hoemmen
 * and Langou 2012, SIAM J. Sci. Comput. 34, algorithm 1), so X'X is never formed.
 *
 * Every sum is made in 8 lanes in the order of rows, whichever instructions are used: the bytes are the same everywhere. */
#ifndef DC_MODELS_QR_H
#define DC_MODELS_QR_H

#include "models/tile.h"

#include <stddef.h>
#include <stdint.h>

/* make tune, linear, 200,000 rows, seconds with 1 and 2 threads: 64 .0174 .0099, 128 .0155 .0090, 256 .0149 .0087, 512 .0151
 * .0088 */
enum { QR_ROWS = DC_ROWS_OF_TILE(128), QR_LANES = 8 };

/* r: n x n, row-major, upper triangle used, zeroed before the first tile. tile: column c begins at tile + c * QR_ROWS;
 * `rows` of it are used, a multiple of QR_LANES (fill up with zeros); it is destroyed. Columns before `first` are zero. */
void dc_qr_take(double *r, size_t n, double *tile, size_t rows, size_t first);

/* r becomes the triangle of the rows of both. tile: n columns of scratch. */
void dc_qr_merge(double *r, const double *from, size_t n, double *tile);

/* Doubles of a triangle with a tile behind it, and that tile, where lines of the cache begin. */
static inline size_t dc_qr_size(size_t n) { return n * n + n * QR_ROWS + QR_LANES; }
static inline double *dc_qr_tile(double *r, size_t n)
{
  double *tile = r + n * n;
  return tile + (64 - (uintptr_t)tile % 64) % 64 / sizeof *tile;
}

/* Rows filled up to whole lanes. */
static inline size_t dc_qr_rows(size_t rows) { return (rows + QR_LANES - 1) / QR_LANES * QR_LANES; }

#endif
