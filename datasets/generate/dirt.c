#include "dirt.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void set(dg_row *row, int column, const char *text) { snprintf(row->cell[column], DG_NAME_SIZE, "%s", text); }

static size_t choose(dg_rng *rng, size_t n) { return (size_t)(dg_uniform(rng) * (double)n); }

static void duplicate(dg_rng *rng, dg_row *row)
{
  (void)rng;
  row->copies = 2;
}

static void too_few_cells(dg_rng *rng, dg_row *row) { row->cells -= 1 + (int)choose(rng, 4); }

static void too_many_cells(dg_rng *rng, dg_row *row)
{
  static const char *const stray[] = {"", "x", "see notes", "0"};

  snprintf(row->cell[row->cells++], DG_NAME_SIZE, "%s", stray[choose(rng, 4)]);
}

static void bad_amount(dg_rng *rng, dg_row *row)
{
  static const char *const bad[] = {"n/a", "TBD", "1.2.3", "", "#REF!", "-"};

  set(row, DG_AMOUNT, bad[choose(rng, 6)]);
}

static void amount_with_marks(dg_rng *rng, dg_row *row)
{
  static const char *const mark[][2] = {{"EUR ", ""}, {"$", ""}, {" ", " "}, {"", ".00"}};
  const size_t kind = choose(rng, 4);
  char text[DG_NAME_SIZE];

  snprintf(text, sizeof text, "%s%.60s%s", mark[kind][0], row->cell[DG_AMOUNT], mark[kind][1]);
  set(row, DG_AMOUNT, text);
}

static void bad_date(dg_rng *rng, dg_row *row)
{
  static const char *const bad[] = {"0000-00-00", "31/13/2025", "soon", "2025-02-30", "2215-04-01", "1899-12-30"};
  static const int column[] = {DG_CREATED, DG_EXPECTED, DG_CLOSED};

  set(row, column[choose(rng, 3)], bad[choose(rng, 6)]);
}

static void mixed_case_stage(dg_rng *rng, dg_row *row)
{
  char *stage = row->cell[DG_STAGE];
  const size_t kind = choose(rng, 3);

  for (size_t i = 0; stage[i]; i++)
    stage[i] = (char)(kind == 0 ? toupper((unsigned char)stage[i]) : tolower((unsigned char)stage[i]));
  if (kind == 2) memcpy(stage + strlen(stage), " ", 2);
}

static void blank_id(dg_rng *rng, dg_row *row) { set(row, DG_DEAL_ID, choose(rng, 2) ? "" : " "); }

static void closed_before_created(dg_rng *rng, dg_row *row)
{
  (void)rng;
  if (row->cell[DG_CLOSED][0] == '\0' || strcmp(row->cell[DG_CLOSED], row->cell[DG_CREATED]) == 0) return;
  char created[DG_NAME_SIZE];

  memcpy(created, row->cell[DG_CREATED], sizeof created);
  memcpy(row->cell[DG_CREATED], row->cell[DG_CLOSED], sizeof created);
  memcpy(row->cell[DG_CLOSED], created, sizeof created);
}

static void awkward_account(dg_rng *rng, dg_row *row)
{
  static const char *const tail[] = {"\n(formerly Ostmere)", ", \"the\" branch", "\r\nAttn: buying", "  "};
  char text[DG_NAME_SIZE];

  snprintf(text, sizeof text, "%.48s%s", row->cell[DG_ACCOUNT], tail[choose(rng, 4)]);
  set(row, DG_ACCOUNT, text);
}

static void blank_factor(dg_rng *rng, dg_row *row)
{
  static const int column[] = {DG_OWNER, DG_PRODUCT, DG_REGION, DG_SOURCE};
  static const char *const blank[] = {"", "N/A", "Unknown"};

  set(row, column[choose(rng, 4)], blank[choose(rng, 3)]);
}

/* Shares of rows. Small exports have all of them, too: most are met in a thousand rows. */
static const struct {
  double share;
  void (*befall)(dg_rng *rng, dg_row *row);
} kinds[] = {
    {0.0050, duplicate},        {0.0010, too_few_cells},     {0.0005, too_many_cells},
    {0.0030, bad_amount},       {0.0050, amount_with_marks}, {0.0020, bad_date},
    {0.0200, mixed_case_stage}, {0.0010, blank_id},          {0.0015, closed_before_created},
    {0.0010, awkward_account},  {0.0060, blank_factor},
};
static const double history_copy_share = 0.003;

void dg_dirt_row(uint64_t seed, uint64_t index, dg_row *row)
{
  dg_rng rng = dg_rng_at(seed, DG_STREAM_DIRT, index, 0);

  for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
    if (dg_uniform(&rng) < kinds[k].share) {
      kinds[k].befall(&rng, row);
      return;
    }
  }
}

int dg_dirt_history_copies(uint64_t seed, uint64_t index, int event)
{
  dg_rng rng = dg_rng_at(seed, DG_STREAM_DIRT, index, (uint64_t)event + 1);

  return dg_uniform(&rng) < history_copy_share ? 2 : 1;
}
