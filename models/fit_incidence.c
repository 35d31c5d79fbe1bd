/* Cumulative incidences from a fit of hazards (Tutz and Schmid 2016, section 8.1). */
#include "dealcast/model/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The baseline's level of each of the periods 1 .. periods: levels are named by their first period. */
static void find_levels(const dc_fit_term *baseline, size_t periods, uint32_t *level)
{
  uint32_t l = 0;
  for (size_t k = 0; k < periods; k++) {
    while (l + 1 < baseline->levels && (double)(k + 1) >= strtod(baseline->level[l + 1], NULL)) l++;
    level[k] = l;
  }
}

/* The hazards of one level from the linear predictors of the first one. */
static void hazards_of(const dc_fit *fit, const dc_fit_term *baseline, uint32_t level, const double *eta, double *at,
                       double *chance)
{
  for (size_t e = 0; e < fit->n_equations; e++) {
    at[e] = eta[e];
    if (!level) continue;
    const dc_coefficient *of = fit->coefficients + e * fit->n_columns + baseline->first;
    bool tied = baseline->kind == DC_TERM_SMOOTH; /* then the first level has a column, too */
    double estimate = tied ? of[level].estimate - of[0].estimate : of[level - 1].estimate;
    if (!isnan(estimate)) at[e] += estimate;
  }
  dc_fit_mean(fit, at, chance);
}

static void follow(const dc_fit *fit, const dc_fit_term *baseline, const uint32_t *level, size_t periods,
                   const double *eta, double *scratch, double *incidence)
{
  size_t n = fit->n_equations;
  double stay = 1, *chance = scratch + n;
  for (size_t k = 0; k < periods; k++) {
    if (k == 0 || (level && level[k] != level[k - 1]))
      hazards_of(fit, baseline, level ? level[k] : 0, eta, scratch, chance);
    for (size_t e = 0; e < n; e++) incidence[k * n + e] = (k ? incidence[(k - 1) * n + e] : 0) + stay * chance[e + 1];
    stay *= chance[0];
  }
}

dc_status dc_fit_incidence(const dc_fit *fit, const dc_design *design, size_t first, size_t last, size_t periods,
                           double *incidence, dc_error *error)
{
  size_t n = fit->n_equations, n_terms = fit->n_terms;
  bool varies = n_terms == design->n_terms + 1;
  if (fit->link != DC_LINK_SOFTMAX || (!varies && n_terms != design->n_terms))
    return dc_fail(error, DC_E_USAGE, "the fit has no hazards of these terms");
  const dc_fit_term *baseline = varies ? &fit->terms[n_terms - 1] : NULL;
  uint32_t *level = malloc((periods + 1) * sizeof *level), *none = calloc(last + 1, sizeof *none);
  double *eta = malloc((n + 1) * sizeof *eta), *scratch = malloc((2 * n + 1) * sizeof *scratch);
  dc_term *terms = calloc(n_terms + 1, sizeof *terms);
  dc_status status = DC_OK;
  if (!level || !none || !eta || !scratch || !terms) {
    status = dc_fail_memory(error, "predicting");
    goto done;
  }
  if (design->n_terms) memcpy(terms, design->terms, design->n_terms * sizeof *terms);
  if (varies) {
    find_levels(baseline, periods, level);
    terms[n_terms - 1].codes = (dc_codes){none, sizeof *none, baseline->levels, NULL};
  }
  dc_design whole = *design;
  whole.n_terms = n_terms;
  whole.terms = terms;
  for (size_t i = first; i < last && status == DC_OK; i++) {
    status = dc_fit_eta(fit, &whole, i, i + 1, eta, NULL, error);
    if (status == DC_OK)
      follow(fit, baseline, varies ? level : NULL, periods, eta, scratch, incidence + (i - first) * periods * n);
  }
done:
  free(level);
  free(none);
  free(eta);
  free(scratch);
  free(terms);
  return status;
}
