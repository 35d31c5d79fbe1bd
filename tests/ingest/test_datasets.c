/* Data as it was found, with the row counts of its README. */
#include "tests/ingest/loading.h"

static dc_load *load_data(const char *file, const char *const *names, size_t n_names)
{
  const char *found = check_data("DEALCAST_DATASETS", file);
  if (!found) return NULL;
  char path[4096];
  strcpy(path, found);
  const char *paths[] = {path};
  dc_load_request request = {.paths = paths, .n_paths = 1, .names = names, .n_names = n_names, .threads = 2};
  dc_load *l = NULL;
  dc_error error;
  check_ok(dc_load_csv(&request, &l, &error), &error);
  check_balance(l);
  const dc_input *in = &l->inputs[0];
  print_message("%s: %zu rows, %zu columns, %lld rejected, %lld unwrapped, %s, %s\n", file, l->table->rows,
                l->table->n_columns, (long long)in->rejected, (long long)in->unwrapped, in->encoding, in->dialect);
  assert_int_equal(in->rejected, 0);
  return l;
}

static void counts(void **state)
{
  (void)state;
  static const struct {
    const char *file;
    size_t rows, columns;
    int64_t unwrapped;
    char delimiter;
  } files[] = {
      {"xeducation-leads/Lead_Scoring_338_wholly_quoted_rows.csv", 9240, 37, 338, ','},
      {"xeducation-leads/Leads.csv", 9240, 37, 0, ','},
      {"salvirt-b2b/Salvirt_B2B_ML_dataset.csv", 448, 23, 0, ';'},
      {"online-retail/online_retail.csv.gz", 541909, 8, 0, ','},
      {"bank-marketing/bank-additional-full.csv.gz", 41188, 21, 0, ';'},
      {"olist-funnel/olist_marketing_qualified_leads_dataset.csv", 8000, 4, 0, ','},
      {"olist-funnel/olist_closed_deals_dataset.csv", 842, 14, 0, ','},
      {"olist-funnel/olist_sellers_dataset.csv", 3095, 4, 0, ','},
      {"cdnow/CDNOW_master.txt", 69659, 4, 0, '\t'},
  };
  for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
    dc_load *l = load_data(files[k].file, NULL, 0);
    if (!l) return;
    assert_int_equal(l->table->rows, files[k].rows);
    assert_int_equal(l->table->n_columns, files[k].columns);
    assert_int_equal(l->inputs[0].unwrapped, files[k].unwrapped);
    assert_int_equal(l->inputs[0].delimiter, files[k].delimiter);
    assert_int_equal(l->inputs[0].header_line, 1);
    dc_load_free(l);
  }
}

/* The file with wholly quoted rows holds the same records as the one without. */
static void unwrapped_rows(void **state)
{
  (void)state;
  dc_load *wrapped = load_data("xeducation-leads/Lead_Scoring_338_wholly_quoted_rows.csv", NULL, 0);
  dc_load *plain = load_data("xeducation-leads/Leads.csv", NULL, 0);
  if (wrapped && plain) check_equal(wrapped, plain, false);
  dc_load_free(wrapped);
  dc_load_free(plain);
}

/* Blanks before the first field, runs of blanks, CRLF, and no header. */
static void cdnow_sample(void **state)
{
  (void)state;
  static const char *const names[] = {"customer", "_", "date", "cds", "dollars"};
  dc_load *l = load_data("cdnow/CDNOW_sample.txt", names, 5);
  if (!l) return;
  assert_int_equal(l->table->rows, 6919);
  assert_int_equal(l->table->n_columns, 4);
  check_text(l, "customer", 0, "00004");
  check_same(column_of(l, "dollars")->number[0], 29.33);
  assert_string_equal(l->inputs[0].dialect, "blanks");
  dc_load_free(l);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(counts), cmocka_unit_test(unwrapped_rows),
                                     cmocka_unit_test(cdnow_sample)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
