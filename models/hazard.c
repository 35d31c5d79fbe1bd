/* When rows end, and what ends them: discrete-time competing risks.
 *
 * A row is a spell of whole periods that ended in a category, or was last seen still in the first one. In each period
 * log(P(it ends in c) / P(it goes on)) = baseline_c(period) + x'beta_c: a multinomial logit over row-periods (Tutz and
 * Schmid 2016, Modeling Discrete Time-to-Event Data, chapter 8; with one kind of end, section 3.1). The baseline is a
 * factor of periods, the fit's last term, "period": neighbours are joined until each has enough ends of every kind.
 *
 * softmax.c fits what is not shrunken. Shrunken terms (1 | f) and s(x), a smooth baseline and a prior of the intercept are
 * shrunk_hazard.c's, and so are rows that are counts: penalised likelihood, variances by marginal likelihood (Wood 2017,
 * section 6.2), everything beside them under a weak prior. The forecast's hazards are such fits. */
#include "models/shrunk_hazard.h"

extern const dc_model dc_model_hazard;

static const char *const baselines[] = {"periods", "constant", "smooth", NULL};

static const dc_model_option options[] = {
    {"baseline", DC_OPTION_CHOICE, 0, 0, 2, baselines,
     "the chance of an end: its own in each period, one for all, or each tied to its neighbours"},
    {"pool", DC_OPTION_INTEGER, 5, 1, 1e9, NULL, "periods are joined until they have this many ends of each kind"},
    {"ridge", DC_OPTION_NUMBER, 0, 0, 1e9, NULL,
     "penalty on squared coefficients, numbers scaled to spread 1; 0 = none"},
    {"likelihood-ratio", DC_OPTION_FLAG, 1, 0, 1, NULL,
     "test each term by a fit without it, too, where none is shrunken"},
    {"tolerance", DC_OPTION_NUMBER, 1e-4, 1e-8, 1, NULL, "shrunken terms: how far logs of variances may still move"},
    {"rounds", DC_OPTION_INTEGER, 40, 0, 1000, NULL, "in which variances are tuned; 0 = they stay at their priors"}};

enum { PERIODS, CONSTANT, SMOOTH, MOST_STEPS = 100 };

static bool is_shrunken(const dc_task *task, int baseline)
{
  bool some = baseline == SMOOTH || task->response->counts || task->design->intercept_sd > 0;
  for (size_t t = 0; t < task->design->n_terms; t++)
    some = some || task->design->terms[t].kind == DC_TERM_EFFECT || task->design->terms[t].kind == DC_TERM_SMOOTH;
  return some;
}

static dc_status fit_hazard(const dc_task *task, dc_fit *fit, dc_error *error)
{
  int baseline = (int)dc_task_option(&dc_model_hazard, task, "baseline");
  const bool counts = task->response->counts != NULL;
  const dc_softmax_options wanted = {.spells = !counts,
                                     .baseline = baseline != CONSTANT && !counts,
                                     .tied = baseline == SMOOTH,
                                     .pool = dc_task_option(&dc_model_hazard, task, "pool"),
                                     .ridge = dc_task_option(&dc_model_hazard, task, "ridge"),
                                     .drop = dc_task_option(&dc_model_hazard, task, "likelihood-ratio") > 0};
  if (!is_shrunken(task, baseline)) return dc_softmax_fit(task, &wanted, fit, error);
  const dc_shrunk_options shrunk = {.softmax = wanted,
                                    .tolerance = dc_task_option(&dc_model_hazard, task, "tolerance"),
                                    .rounds = (int)dc_task_option(&dc_model_hazard, task, "rounds"),
                                    .steps = MOST_STEPS,
                                    .limits = &dc_shrunk_default_limits};
  return dc_shrunk_hazard_fit(task, &shrunk, fit, error);
}

const dc_model dc_model_hazard = {
    .name = "hazard",
    .summary = "in which period rows end, and how: competing risks",
    .source = "Tutz and Schmid 2016, chapter 8",
    .responses = DC_TAKES_CATEGORY,
    .shrinks = true,
    .needs_time = true,
    .takes_counts = true,
    .block_rows = 1 << 12, /* make tune: a thread is within 5 % from 2^9 to 2^16; more blocks, more to share */
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .fit = fit_hazard};
