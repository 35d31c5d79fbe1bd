/* One deal: what it is, what happened to it until the as-of day, and what may happen after.
 *
 * A deal is a semi-Markov process. Out of each stage lead two or three exits (parameters.c), each with its own latent
 * time on its own operational clock; the earliest one happens. What is known at the as-of day is the stage and how much
 * of each clock has run since it was entered, so the law of the future given the past is exact: a latent time is drawn
 * again, conditional on being later. */
#ifndef DATASETS_GENERATE_DEAL_H
#define DATASETS_GENERATE_DEAL_H

#include "world.h"

enum { DG_MAX_EVENTS = 256 };

/* Drawn at creation, never changed. */
typedef struct {
  double created; /* time */
  uint64_t account;
  int seat, product, source, competitor;
  bool existing;   /* customer relation at creation */
  double discount; /* 0..1 */
  double frailty;  /* log of how slow the deal is */
  double strength; /* of deal, product, source, account; the rep's skill apart */
  double amount;   /* at creation */
  int first_stage;
  int zombie_stage; /* stage that it never leaves; -1 for none */
} dg_traits;

typedef struct {
  int stage;
  double strength;          /* skill included, as of the entry into the stage */
  double origin[DG_CLOCKS]; /* reading of each clock at that entry */
  double amount;
} dg_state;

/* A row of the history: all fields as they are from that time on. */
typedef struct {
  double time;
  int stage, stint, expected; /* expected: time in whole days */
  double amount;
} dg_event;

typedef struct {
  dg_event event[DG_MAX_EVENTS];
  int events;
  dg_state
      state; /* as of the as-of day when the last event's stage is open; origins in the readings of the path's clocks,
                       which start at 0 there */
} dg_history;

typedef struct {
  int stage;     /* DG_WON, DG_LOST, or where it is when the question's horizon ends */
  double time;   /* of closing */
  double amount; /* booked, when won */
} dg_outcome;

dg_traits dg_traits_draw(const dg_world *world, dg_rng *rng, double created);

/* Everything until the as-of day. */
void dg_deal_past(const dg_world *world, const dg_traits *traits, dg_rng *rng, dg_history *history);

/* From the as-of day, along a path, until `end`. The state is that of a history. */
dg_outcome dg_deal_future(const dg_world *world, const dg_path *path, const dg_traits *traits, const dg_state *state,
                          double end, dg_rng *rng);

/* From its creation after the as-of day. */
dg_outcome dg_deal_new(const dg_world *world, const dg_path *path, const dg_traits *traits, double end, dg_rng *rng);

#endif
