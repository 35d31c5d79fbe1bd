/* A category of several: softmax regression, one equation for each category but the first.
 *
 * log(P(category c) / P(the first)) = x'beta_c. Newton on the Gram matrices of the equations' pairs, from codes; it ends
 * with the step after the one whose decrement is nil, so that the gradient is at rounding error. */
#include "models/softmax.h"

extern const dc_model dc_model_multinomial;

static const dc_model_option options[] = {
    {"ridge", DC_OPTION_NUMBER, 0, 0, 1e9, NULL,
     "penalty on squared coefficients, numbers scaled to spread 1; 0 = none"},
    {"likelihood-ratio", DC_OPTION_FLAG, 1, 0, 1, NULL, "test each term by a fit without it, too"}};

static dc_status fit_multinomial(const dc_task *task, dc_fit *fit, dc_error *error)
{
  const dc_softmax_options wanted = {.ridge = dc_task_option(&dc_model_multinomial, task, "ridge"),
                                     .drop = dc_task_option(&dc_model_multinomial, task, "likelihood-ratio") > 0};
  return dc_softmax_fit(task, &wanted, fit, error);
}

const dc_model dc_model_multinomial = {
    .name = "multinomial",
    .summary = "a category of several, by softmax regression",
    .source = "Agresti 2013, Categorical Data Analysis, section 8.1; Green 1984, JRSS B 46",
    .responses = DC_TAKES_CATEGORY,
    .block_rows = 1 << 12, /* make tune: a thread is within 5 % from 2^9 to 2^16; more blocks, more to share */
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .fit = fit_multinomial};
