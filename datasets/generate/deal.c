#include "deal.h"

#include <math.h>

/* A latent time of the law, in units of its scale, given that it is later than `passed`. */
static double weibull_beyond(dg_rng *rng, double shape, double passed)
{
  const double hazard = passed > 0.0 ? pow(passed, shape) : 0.0;

  return pow(hazard + dg_exponential(rng), 1.0 / shape);
}

static double loglogistic_beyond(dg_rng *rng, double shape, double passed)
{
  const double odds = passed > 0.0 ? pow(passed, shape) : 0.0;

  return pow((1.0 + odds) / dg_uniform(rng) - 1.0, 1.0 / shape);
}

static double (*const beyond[DG_LAWS])(dg_rng *, double, double) = {
    [DG_WEIBULL] = weibull_beyond,
    [DG_LOGLOGISTIC] = loglogistic_beyond,
};

static double round_amount(double amount)
{
  const double unit = amount < 1000.0 ? 5.0 : amount < 100e3 ? 10.0 : 100.0;

  return fmax(50.0, floor(amount / unit + 0.5) * unit);
}

static double discount_draw(dg_rng *rng)
{
  if (dg_uniform(rng) < dg_par.discount_none) return 0.0;
  const double steps = (double)dg_par.discount_steps * pow(dg_uniform(rng), dg_par.discount_power);

  return dg_par.discount_step * (1.0 + floor(steps));
}

static int draw_factor(dg_rng *rng, const dg_factor *factor, int n)
{
  double share[DG_SOURCES] = {0.0};

  for (int i = 0; i < n; i++) share[i] = factor[i].share;
  return dg_pick(rng, share, n);
}

static int draw_product(dg_rng *rng)
{
  double share[DG_PRODUCTS];

  for (int i = 0; i < DG_PRODUCTS; i++) share[i] = dg_par.product[i].share;
  return dg_pick(rng, share, DG_PRODUCTS);
}

/* A discount helps less and less; a competitor hurts less where we are known. Neither is additive in the logit. */
static double strength_of(const dg_traits *traits, const dg_account *account, int region)
{
  const dg_product *product = &dg_par.product[traits->product];
  const double harm = dg_par.competitor[traits->competitor].strength;

  return product->strength + dg_par.source[traits->source].strength + dg_par.region[region].strength + account->appeal +
         (traits->existing ? dg_par.existing_strength : 0.0) +
         (traits->existing ? harm * dg_par.competitor_existing : harm) +
         dg_par.discount_gain * (1.0 - exp(-traits->discount / dg_par.discount_scale)) +
         dg_par.size_strength * log(traits->amount / product->price);
}

dg_traits dg_traits_draw(const dg_world *world, dg_rng *rng, double created)
{
  dg_traits t = {.created = created, .first_stage = DG_PROSPECTING, .zombie_stage = -1};

  t.account = (uint64_t)((double)world->accounts * pow(dg_uniform(rng), dg_par.account_skew));
  const dg_account account = dg_account_at(world, t.account);
  const int region = dg_par.country[account.country].region;
  const int first = world->region_first[region];

  t.seat = account.seat;
  if (dg_uniform(rng) >= dg_par.own_account)
    t.seat = first + (int)(dg_uniform(rng) * (double)(world->region_first[region + 1] - first));
  t.existing = created >= account.customer_since;
  t.product = draw_product(rng);
  t.source = draw_factor(rng, dg_par.source, DG_SOURCES);
  t.competitor = draw_factor(rng, dg_par.competitor, DG_COMPETITORS);
  t.discount = discount_draw(rng);
  t.frailty = dg_par.frailty_sd * dg_normal(rng);
  t.amount = round_amount(dg_par.product[t.product].price * exp(dg_par.amount_sd * dg_normal(rng)) *
                          pow(account.employees / 100.0, dg_par.amount_size) *
                          (t.existing ? dg_par.amount_existing : 1.0) * (1.0 - t.discount));
  t.strength = strength_of(&t, &account, region);
  if (dg_uniform(rng) < dg_par.start_second_stage) t.first_stage = DG_QUALIFICATION;
  if (dg_uniform(rng) < dg_par.zombie_share)
    t.zombie_stage = t.first_stage + (int)(dg_uniform(rng) * (double)(DG_OPEN_STAGES - t.first_stage));
  return t;
}

static void enter_stage(const dg_world *world, const dg_clock *clock, const dg_traits *traits, int stage, double time,
                        dg_state *state)
{
  state->stage = stage;
  if (stage >= DG_OPEN_STAGES) return;
  state->strength = traits->strength + dg_skill_at(world, traits->seat, time);
  for (int k = 0; k < DG_CLOCKS; k++) state->origin[k] = dg_clock_at(clock, (dg_clock_kind)k, time);
}

/* The exit that comes first, given that none came before `now`. Returns its time, INFINITY beyond the clock. */
static double next_exit(const dg_clock *clock, const dg_traits *traits, const dg_state *state, double now, dg_rng *rng,
                        int *to)
{
  double first = INFINITY;

  *to = state->stage;
  if (state->stage == traits->zombie_stage) return first;
  for (int e = 0; e < DG_EXITS; e++) {
    const dg_exit *exit = &dg_par.exits[state->stage][e];

    if (exit->base <= 0.0) continue;
    const double scale = exit->base * dg_par.product[traits->product].cycle *
                         exp(exit->slowness * traits->frailty - exit->strength * state->strength);
    const double passed = fmax(0.0, (dg_clock_at(clock, exit->clock, now) - state->origin[exit->clock]) / scale);
    const double latent = beyond[exit->law](rng, exit->shape, passed);
    const double time = fmax(now, dg_clock_inverse(clock, exit->clock, state->origin[exit->clock] + latent * scale));

    if (time < first) {
      first = time;
      *to = exit->to;
    }
  }
  return first;
}

static double final_amount(dg_rng *rng, double amount)
{
  if (dg_uniform(rng) < dg_par.final_same) return round_amount(amount);
  const double jump = dg_par.final_shift + dg_par.final_scale * dg_student3(rng);

  return round_amount(amount * exp(fmin(dg_par.final_limit, fmax(-dg_par.final_limit, jump))));
}

/* ---- the future: no rows, only the outcome ---- */

static dg_outcome run(const dg_world *world, const dg_path *path, const dg_traits *traits, dg_state state, double from,
                      double end, dg_rng *rng)
{
  const dg_clock *clock = &path->clock;
  double now = from;

  while (state.stage < DG_OPEN_STAGES) {
    int to;
    const double time = next_exit(clock, traits, &state, now, rng, &to);

    if (!(time < end)) return (dg_outcome){.stage = state.stage};
    enter_stage(world, clock, traits, to, time, &state);
    now = time;
  }
  dg_outcome outcome = {.stage = state.stage, .time = now};

  if (outcome.stage == DG_WON) {
    const double worked = dg_clock_at(clock, DG_CLOCK_WORK, now) - dg_clock_at(clock, DG_CLOCK_WORK, from);
    const double changes = (double)dg_poisson(rng, worked / dg_par.review_days * dg_par.review_amount);
    const double log_change = changes * dg_par.amount_change + sqrt(changes) * dg_par.amount_change_sd * dg_normal(rng);

    outcome.amount = final_amount(rng, state.amount * exp(log_change));
  }
  return outcome;
}

dg_outcome dg_deal_future(const dg_world *world, const dg_path *path, const dg_traits *traits, const dg_state *state,
                          double end, dg_rng *rng)
{
  return run(world, path, traits, *state, (double)world->past_days, end, rng);
}

dg_outcome dg_deal_new(const dg_world *world, const dg_path *path, const dg_traits *traits, double end, dg_rng *rng)
{
  dg_state state = {.amount = traits->amount};

  enter_stage(world, &path->clock, traits, traits->first_stage, traits->created, &state);
  return run(world, path, traits, state, traits->created, end, rng);
}

/* ---- the past: the same process, and what the reps write down meanwhile ---- */

typedef struct {
  const dg_world *world;
  const dg_traits *traits;
  dg_rng *rng;
  dg_history *history;
  dg_event now;   /* fields as they are */
  double push_at; /* when the rep will see that the expected date cannot be kept */
  int pushes_in_stage;
} diary;

static void record(diary *d, double time)
{
  d->now.time = time;
  if (d->history->events < DG_MAX_EVENTS) d->history->event[d->history->events++] = d->now;
}

static void expect(diary *d, double now, double days)
{
  const dg_world *world = d->world;
  int expected = (int)(now + fmax(3.0, days));
  const double u = dg_uniform(d->rng);

  if (u < dg_par.snap_month)
    expected = dg_period_last(world->first_day + expected, 1) - world->first_day;
  else if (u < dg_par.snap_month + dg_par.snap_quarter)
    expected = dg_period_last(world->first_day + expected, 3) - world->first_day;
  d->now.expected = expected;

  double delay = dg_par.push_early + (dg_par.push_late - dg_par.push_early) * dg_uniform(d->rng);

  if (dg_uniform(d->rng) < dg_par.push_neglect) delay += dg_par.push_neglect_days * dg_exponential(d->rng);
  d->push_at = fmax(now + 1.0, (double)expected + delay);
  /* Nobody updates a CRM at the weekend. */
  while (d->push_at < (double)world->all_days && world->day[(int)d->push_at].weekday >= 5) d->push_at += 1.0;
}

/* The rep senses part of how slow the deal is, and hopes for the rest. */
static void expect_from_stage(diary *d, double now)
{
  const double believed = dg_par.remaining_days[d->now.stage] * dg_par.product[d->traits->product].cycle *
                          exp(dg_par.estimate_slowness * d->traits->frailty + dg_par.estimate_sd * dg_normal(d->rng));

  expect(d, now, believed * dg_par.optimism);
}

static void push(diary *d, double now)
{
  const double from = fmax(now, (double)d->now.expected);

  d->pushes_in_stage++;
  expect(d, now, from - now + dg_par.push_days * exp(dg_par.push_sd * dg_normal(d->rng)));
  record(d, now);
}

static void review(diary *d, double now)
{
  const double u = dg_uniform(d->rng);

  if (u < dg_par.review_amount) {
    const double change = dg_par.amount_change + dg_par.amount_change_sd * dg_normal(d->rng);

    d->now.amount = round_amount(d->now.amount * exp(change));
    record(d, now);
  } else if (u < dg_par.review_amount + dg_par.review_push) {
    push(d, now);
  } else if (u < dg_par.review_amount + dg_par.review_push + dg_par.review_touch) {
    record(d, now);
  }
}

/* Rows between `from` and `until` while the stage lasts: looks, pushes, the owner's successor. */
static void keep_diary(diary *d, double from, double until)
{
  const dg_world *world = d->world;
  const dg_seat *seat = &world->seat[d->traits->seat];
  const bool zombie = d->now.stage == d->traits->zombie_stage;
  double now = from;

  d->pushes_in_stage = 0;
  for (;;) {
    const bool forgotten = zombie && d->pushes_in_stage >= dg_par.zombie_pushes;
    const bool last_stint = d->now.stint + 1 == seat->first_stint + seat->stints;
    const double successor = last_stint ? INFINITY : world->stint[d->now.stint + 1].from;
    const double worked = dg_clock_at(&world->past, DG_CLOCK_WORK, now) + dg_par.review_days * dg_exponential(d->rng);
    const double look = forgotten ? INFINITY : dg_clock_inverse(&world->past, DG_CLOCK_WORK, worked);
    const double late = forgotten ? INFINITY : fmax(now, d->push_at);
    const double next = fmin(successor, fmin(look, late));

    if (!(next < until) || d->history->events >= DG_MAX_EVENTS - 24) return;
    now = next;
    if (next == successor) {
      d->now.stint++;
      record(d, now);
    } else if (next == late) {
      push(d, now);
    } else {
      review(d, now);
    }
  }
}

static void move(diary *d, double time, int to, dg_state *state)
{
  d->now.stage = to;
  /* The row cap leaves successors out only for deals that nobody could read anyway; the owner must be right. */
  d->now.stint = dg_stint_at(d->world, d->traits->seat, time);
  if (to == DG_WON) d->now.amount = final_amount(d->rng, d->now.amount);
  if (to < DG_OPEN_STAGES && dg_uniform(d->rng) < dg_par.estimate_stage_move) expect_from_stage(d, time);
  record(d, time);
  enter_stage(d->world, &d->world->past, d->traits, to, time, state);
}

void dg_deal_past(const dg_world *world, const dg_traits *traits, dg_rng *rng, dg_history *history)
{
  const double as_of = (double)world->past_days;
  dg_state *state = &history->state;
  diary d = {.world = world, .traits = traits, .rng = rng, .history = history};
  double now = traits->created;

  history->events = 0;
  d.now = (dg_event){
      .stage = traits->first_stage, .stint = dg_stint_at(world, traits->seat, now), .amount = traits->amount};
  expect_from_stage(&d, now);
  record(&d, now);
  enter_stage(world, &world->past, traits, traits->first_stage, now, state);
  while (state->stage < DG_OPEN_STAGES) {
    int to;
    const double time = next_exit(&world->past, traits, state, now, rng, &to);

    keep_diary(&d, now, fmin(time, as_of));
    if (!(time < as_of)) break;
    move(&d, time, to, state);
    now = time;
  }
  state->amount = d.now.amount;
  for (int k = 0; k < DG_CLOCKS; k++) state->origin[k] -= dg_clock_at(&world->past, (dg_clock_kind)k, as_of);
}
