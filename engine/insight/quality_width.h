/* What a defect costs the forecast's width: by how much the range of the next period's bookings from open deals would
 * narrow if it were mended.
 *
 * For each open deal i: p its chance to be won in the period, by the fitted conversion model; m its amount if won (as
 * recorded, or as the amount model expects) and c that amount's squared coefficient of variation. Then
 *
 *   width^2 = sum p m^2 (1 + c) - (p m)^2  +  (sum p m)^2 / wins          deals apart + rates learned from few wins
 *   cost    = 1 - width mended / width now
 *
 * and mending takes from width^2, for each open deal that the rule strikes,
 *
 *   field     m^2 d^2, where d^2 is the mean squared change of p among open deals whose field is sound (a sample
 *             of at most 4,000) when it is blanked: by the law of total variance what knowing it explains
 *   spelling  m^2 (p - p with the usual spelling)^2
 *   amount    what the spread c of an amount that is not recorded adds over that of a recorded one
 *   state     the deal's whole part, as it would be known to be closed
 *   history   nothing itself; but n usable closed deals become n + lost ones, and the last term shrinks by n / (n + lost)
 *
 * A field that the model does not use costs nothing. */
#ifndef DC_INSIGHT_QUALITY_WIDTH_H
#define DC_INSIGHT_QUALITY_WIDTH_H

#include "engine/forecast/amounts.h"
#include "engine/forecast/conversion.h"
#include "engine/forecast/snapshot.h"
#include "engine/insight/quality.h"

typedef struct dc_width_request {
  dc_audit *quality; /* whose rules get width_cost and no_cost */
  const dc_conversion *conversion;
  const dc_amounts *amounts;
  const dc_snapshot *now;
  const dc_calendar *calendar;
} dc_width_request;

/* *width: the standard deviation, in money, or in deals where the data has no amounts. */
dc_status dc_audit_width(const dc_width_request *request, double *width, dc_error *error) DC_MUST_CHECK;

/* All costs are unknown, for one reason (static text). */
void dc_audit_no_width(dc_audit *quality, const char *reason);

#endif
