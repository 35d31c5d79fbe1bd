/* When rows end, and what ends them: discrete-time competing risks.
 *
 * A row is a spell of whole periods that ended in a category, or was last seen still in the first one. In each period
 * log(P(it ends in c) / P(it goes on)) = baseline_c(period) + x'beta_c: a multinomial logit over row-periods (Tutz and
 * Schmid 2016, Modeling Discrete Time-to-Event Data, chapter 8; with one kind of end, section 3.1). The baseline is a
 * factor of periods, the fit's last term, "period": neighbours are joined until each has enough ends of every kind. */
#include "models/softmax.h"

extern const dc_model dc_model_hazard;

static const char *const baselines[] = {"periods", "constant", NULL};

static const dc_model_option options[] = {
    {"baseline", DC_OPTION_CHOICE, 0, 0, 1, baselines, "the chance of an end: its own in each period, or one for all"},
    {"pool", DC_OPTION_INTEGER, 5, 1, 1e9, NULL, "periods are joined until they have this many ends of each kind"},
    {"ridge", DC_OPTION_NUMBER, 0, 0, 1e9, NULL,
     "penalty on squared coefficients, numbers scaled to spread 1; 0 = none"},
    {"likelihood-ratio", DC_OPTION_FLAG, 1, 0, 1, NULL, "test each term by a fit without it, too"}};

static dc_status fit_hazard(const dc_task *task, dc_fit *fit, dc_error *error)
{
  const dc_softmax_options wanted = {.spells = true,
                                     .baseline = dc_task_option(&dc_model_hazard, task, "baseline") < 1,
                                     .pool = dc_task_option(&dc_model_hazard, task, "pool"),
                                     .ridge = dc_task_option(&dc_model_hazard, task, "ridge"),
                                     .drop = dc_task_option(&dc_model_hazard, task, "likelihood-ratio") > 0};
  return dc_softmax_fit(task, &wanted, fit, error);
}

const dc_model dc_model_hazard = {
    .name = "hazard",
    .summary = "in which period rows end, and how: competing risks",
    .source = "Tutz and Schmid 2016, chapter 8",
    .responses = DC_TAKES_CATEGORY,
    .needs_time = true,
    .block_rows = 1 << 12, /* make tune: a thread is within 5 % from 2^9 to 2^16; more blocks, more to share */
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .fit = fit_hazard};
