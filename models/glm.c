/* Generalised linear models of counts, chances, amounts and times. */
#include "models/glm_run.h"
#include "models/gram_rows.h"

#include <math.h>

extern const dc_model dc_model_glm;

static const char *const families[] = {"binomial", "poisson", "negbin", "gamma", "lognormal", "gaussian", NULL};
static const char *const links[] = {"default", "identity", "log", "logit", "probit", "cloglog", "inverse", NULL};
static const dc_link link_of[] = {DC_LINKS,       DC_LINK_IDENTITY, DC_LINK_LOG,    DC_LINK_LOGIT,
                                  DC_LINK_PROBIT, DC_LINK_CLOGLOG,  DC_LINK_INVERSE};

static const dc_model_option options[] = {{.name = "family",
                                           .kind = DC_OPTION_CHOICE,
                                           .most = 5,
                                           .choices = families,
                                           .meaning = "what the response is like"},
                                          {.name = "link",
                                           .kind = DC_OPTION_CHOICE,
                                           .most = 6,
                                           .choices = links,
                                           .meaning = "of its mean; default: the family's"},
                                          DC_GLM_OPTIONS DC_GLM_PART_OPTIONS};

/* What responses a family takes: least, whether that itself is one, most. */
typedef struct range {
  double least, most;
  bool open;
  const char *words;
} range;

static const range ranges[DC_FAMILIES] = {[DC_FAMILY_BINOMIAL] = {0, 1, false, "0 to 1, or successes of trials"},
                                          [DC_FAMILY_POISSON] = {0, INFINITY, false, "counts"},
                                          [DC_FAMILY_NEGBIN] = {0, INFINITY, false, "counts"},
                                          [DC_FAMILY_GAMMA] = {0, INFINITY, true, "numbers above 0"},
                                          [DC_FAMILY_LOGNORMAL] = {0, INFINITY, true, "numbers above 0"},
                                          [DC_FAMILY_GAUSSIAN] = {-INFINITY, INFINITY, false, "numbers"}};

static dc_status check(const dc_family *family, const dc_task *task, dc_error *error)
{
  const dc_response *response = task->response;
  const range *of = &ranges[family->kind];
  const char *name = dc_family_name(family->kind), *what = response->name ? response->name : "";
  bool chance = family->kind == DC_FAMILY_BINOMIAL;
  bool of_chances = family->link == DC_LINK_LOGIT || family->link == DC_LINK_PROBIT || family->link == DC_LINK_CLOGLOG;
  if (of_chances && !chance)
    return dc_fail(error, DC_E_USAGE, "link %s is for family binomial, not %s", dc_link_name(family->link), name);
  if (response->trials && !chance) return dc_fail(error, DC_E_USAGE, "trials are for family binomial, not %s", name);
  for (size_t i = 0; i < task->design->n_rows && !response->trials; i++) {
    double y = response->y[i];
    if (y < of->least || y > of->most || (of->open && y == of->least))
      return dc_fail(error, DC_E_INPUT, "family %s takes %s; the response %s is %g in row %zu", name, of->words, what,
                     y, i + 1);
  }
  return DC_OK;
}

static dc_status fit_glm(const dc_task *task, dc_fit *fit, dc_error *error)
{
  dc_family family = {.kind = (dc_family_kind)dc_task_option(&dc_model_glm, task, "family")};
  dc_link link = link_of[(size_t)dc_task_option(&dc_model_glm, task, "link")];
  family.link = link == DC_LINKS ? dc_family_link(family.kind) : link;
  if (family.kind == DC_FAMILY_LOGNORMAL && family.link != DC_LINK_IDENTITY && family.link != DC_LINK_LOG)
    return dc_fail(error, DC_E_USAGE, "family lognormal has no other link than the logarithm's");
  if (family.kind == DC_FAMILY_LOGNORMAL) family.link = DC_LINK_IDENTITY;
  dc_status status = check(&family, task, error);
  return status == DC_OK ? dc_glm_run(&dc_model_glm, &family, task, fit, error) : status;
}

const dc_model dc_model_glm = {
    .name = "glm",
    .summary = "counts, chances, amounts: binomial, Poisson, negative binomial, Gamma, lognormal",
    .source = "McCullagh and Nelder 1989",
    .responses = DC_TAKES_NUMBER | DC_TAKES_CHANCE,
    .block_rows = DC_GRAM_BLOCK,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .fit = fit_glm};
