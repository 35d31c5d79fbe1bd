/* Logistic regression: successes or shares under the logit, by Newton's method on Gram matrices of codes. */
#include "models/glm_run.h"
#include "models/gram_rows.h"

extern const dc_model dc_model_logistic;

static const dc_model_option options[] = {DC_GLM_OPTIONS DC_GLM_PART_OPTIONS};

static dc_status fit_logistic(const dc_task *task, dc_fit *fit, dc_error *error)
{
  dc_family family = {.kind = DC_FAMILY_BINOMIAL, .link = DC_LINK_LOGIT};
  return dc_glm_run(&dc_model_logistic, &family, task, fit, error);
}

const dc_model dc_model_logistic = {.name = "logistic",
                                    .summary = "chances of yes or no, or shares of trials, by the logit",
                                    .source = "McCullagh and Nelder 1989, chapter 4",
                                    .responses = DC_TAKES_CHANCE,
                                    .block_rows = DC_GRAM_BLOCK,
                                    .options = options,
                                    .n_options = sizeof options / sizeof *options,
                                    .fit = fit_logistic};
