/* truth.json: what the future really holds, and how likely each future was.
 *
 * Path 0 is the realised future; paths 1..R are other draws of the same mechanism from the same as-of state. Every path
 * has its own shocks, shared by all deals on it, so sums over deals on one path are a coherent joint future. */
#ifndef DATASETS_GENERATE_TRUTH_H
#define DATASETS_GENERATE_TRUTH_H

#include "deal.h"
#include "write.h"

enum { DG_MONTHS = 6, DG_QUARTERS = 4, DG_PERIODS = DG_MONTHS + DG_QUARTERS };

typedef struct {
  const dg_world *world;
  int paths;                    /* Monte Carlo paths, the realised one apart */
  uint64_t thin_new, thin_open; /* Monte Carlo paths simulate one deal in so many, and count it so often */
  bool each_deal;               /* list open deals one by one */
  uint64_t listed;
  dg_path *path; /* paths + 1 */
  double *sum;   /* (paths + 1) x DG_PERIODS: bookings after the as-of day */
  double realised_open[DG_PERIODS], booked[DG_PERIODS];
  /* Means over the paths, of what comes after the as-of day: bookings of open deals, wins of all and of open deals, creations. */
  double mean_open[DG_PERIODS], mean_count[DG_PERIODS], mean_count_open[DG_PERIODS], mean_created[DG_PERIODS];
  uint64_t booked_count[DG_PERIODS], realised_count[DG_PERIODS];
  dg_file file;
} dg_truth;

/* paths < 0: what parameters.c gives for this number of deals. */
bool dg_truth_open(dg_truth *truth, const dg_world *world, const char *directory, int paths);
/* A deal that was won at `time`, before the as-of day is over. */
void dg_truth_booked(dg_truth *truth, double time, double amount);
void dg_truth_open_deal(dg_truth *truth, uint64_t index, const dg_traits *traits, const dg_state *state);
/* Simulates the deals that are created later, writes the distributions, closes the file. */
bool dg_truth_close(dg_truth *truth);
void dg_truth_free(dg_truth *truth);

#endif
