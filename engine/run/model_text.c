/* A fit as the text of a model file. */
#include "engine/base/decimal.h"
#include "engine/base/version.h"
#include "engine/run/model_file.h"
#include "engine/run/model_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct text {
  char *bytes;
  size_t used, size;
  bool failed;
} text;

static void put(text *t, const char *bytes, size_t n)
{
  if (t->failed) return;
  if (t->size - t->used <= n) {
    size_t size = 2 * t->size + n + 4096;
    char *more = realloc(t->bytes, size);
    t->failed = !more;
    if (!more) return;
    t->bytes = more;
    t->size = size;
  }
  memcpy(t->bytes + t->used, bytes, n);
  t->used += n;
  t->bytes[t->used] = '\0';
}

static void put_raw(text *t, const char *raw) { put(t, raw, strlen(raw)); }

static void put_number(text *t, double value)
{
  char digits[32];
  put(t, digits, (size_t)dc_format_double(value, digits));
}

static void put_string(text *t, const char *string)
{
  if (!string) {
    put_raw(t, "null");
    return;
  }
  put(t, "\"", 1);
  for (const char *p = string; *p; p++) {
    unsigned char c = (unsigned char)*p;
    char escaped[8];
    if (c >= 0x20 && c != '"' && c != '\\')
      put(t, p, 1);
    else
      put(t, escaped, (size_t)snprintf(escaped, sizeof escaped, c < 0x20 ? "\\u%04x" : "\\%c", c));
  }
  put(t, "\"", 1);
}

/* ,"name": or the first of its object */
static void put_key(text *t, const char *name)
{
  char last = t->used ? t->bytes[t->used - 1] : '{';
  if (last != '{') put_raw(t, ",");
  put_string(t, name);
  put_raw(t, ":");
}

static void put_field(text *t, const char *name, double value)
{
  put_key(t, name);
  put_number(t, value);
}

static void put_flag(text *t, const char *name, bool value)
{
  put_key(t, name);
  put_raw(t, value ? "true" : "false");
}

static void put_named(text *t, const char *name, const char *value)
{
  put_key(t, name);
  put_string(t, value);
}

static void put_place(text *t, const char *name, uint32_t value)
{
  put_field(t, name, value == UINT32_MAX ? (double)NAN : (double)value);
}

static void put_numbers(text *t, const char *name, const double *values, size_t n)
{
  put_key(t, name);
  put_raw(t, "[");
  for (size_t k = 0; k < n; k++) {
    if (k) put_raw(t, ",");
    put_number(t, values[k]);
  }
  put_raw(t, "]");
}

static void put_strings(text *t, const char *name, char *const *values, size_t n)
{
  put_key(t, name);
  put_raw(t, "[");
  for (size_t k = 0; k < n; k++) {
    if (k) put_raw(t, ",");
    put_string(t, values[k]);
  }
  put_raw(t, "]");
}

static void put_column(text *t, const dc_recipe_column *c)
{
  put_raw(t, "{");
  put_named(t, "name", c->name);
  put_named(t, "type", dc_type_name(c->type));
  put_field(t, "decimal", c->number.decimal);
  put_field(t, "order", c->when.order);
  put_field(t, "bare", c->when.bare);
  put_flag(t, "leveled", c->leveled);
  if (c->leveled) {
    put_strings(t, "levels", c->level, c->n_levels);
    if (c->value) put_numbers(t, "values", c->value, c->n_levels);
    put_place(t, "reference", c->reference);
  }
  put_raw(t, "}");
}

static void put_part(text *t, const dc_recipe_part *p)
{
  put_raw(t, "{");
  put_field(t, "column", p->column);
  put_named(t, "transform", dc_transform_key(p->transform));
  put_field(t, "power", p->power);
  put_flag(t, "factor", p->factor);
  put_flag(t, "full", p->full);
  put_raw(t, "}");
}

static void put_parts(text *t, const char *name, const dc_recipe_part *parts, size_t n)
{
  put_key(t, name);
  put_raw(t, "[");
  for (size_t k = 0; k < n; k++) {
    if (k) put_raw(t, ",");
    put_part(t, &parts[k]);
  }
  put_raw(t, "]");
}

static void put_term(text *t, const dc_recipe_term *term, const dc_fit_term *fitted, size_t n_equations)
{
  size_t factors = 0;
  for (size_t p = 0; p < term->n_parts; p++) factors += term->parts[p].factor;
  put_raw(t, "{");
  put_named(t, "name", term->name);
  put_named(t, "kind", dc_kind_key(term->kind));
  put_parts(t, "parts", term->parts, term->n_parts);
  if (term->kind == DC_TERM_EFFECT) put_flag(t, "no_intercept", term->no_intercept);
  if (term->kind == DC_TERM_FACTOR || term->kind == DC_TERM_SLOPES) put_place(t, "reference", term->reference);
  if (term->n_cells) {
    put_key(t, "cells");
    put_raw(t, "[");
    for (size_t k = 0; k < term->n_cells * factors; k++) {
      if (k) put_raw(t, ",");
      put_number(t, term->cell[k]);
    }
    put_raw(t, "]");
  }
  if (term->kind == DC_TERM_SMOOTH) {
    put_field(t, "basis", (double)fitted->basis);
    put_numbers(t, "knots", fitted->knots, fitted->basis + 4);
    put_numbers(t, "centre", fitted->centre, fitted->basis);
  }
  size_t n = term->kind == DC_TERM_EFFECT ? fitted->slopes : 1;
  if (fitted->covariance) put_numbers(t, "variance", fitted->covariance, n_equations * n * n);
  put_field(t, "df", fitted->df);
  put_raw(t, "}");
}

static void put_coefficients(text *t, const dc_fit *fit)
{
  put_key(t, "coefficients");
  put_raw(t, "[");
  for (size_t k = 0; k < fit->n_equations * fit->n_columns; k++) {
    put_raw(t, k ? ",\n[" : "\n[");
    put_string(t, fit->coefficients[k].name);
    put_raw(t, ",");
    put_number(t, fit->coefficients[k].estimate);
    put_raw(t, "]");
  }
  put_raw(t, "]");
  size_t n = fit->n_equations * fit->n_columns;
  put_key(t, "covariance");
  if (!fit->covariance) {
    put_raw(t, "null");
    return;
  }
  put_raw(t, "[");
  for (size_t k = 0; k < n && t->used < DC_MODEL_BYTES; k++) { /* a row a line, up to its diagonal */
    put_raw(t, k ? ",\n" : "\n");
    for (size_t j = 0; j <= k; j++) {
      if (j) put_raw(t, ",");
      put_number(t, fit->covariance[k * n + j]);
    }
  }
  put_raw(t, "]");
}

static double or_null(bool is, double value) { return is ? value : (double)NAN; }

typedef double node_field(const dc_node *node);
static double term_of(const dc_node *n) { return or_null(n->term != DC_LEAF, n->term); }
static double left_of(const dc_node *n) { return or_null(n->term != DC_LEAF, n->left); }
static double right_of(const dc_node *n) { return or_null(n->term != DC_LEAF, n->right); }
static double missing_of(const dc_node *n) { return or_null(n->term != DC_LEAF, n->missing_left); }
static double threshold_of(const dc_node *n) { return or_null(isfinite(n->threshold), n->threshold); }
static double set_of(const dc_node *n) { return or_null(n->term != DC_LEAF, n->set); }
static double value_of(const dc_node *n) { return n->value; }
static double cover_of(const dc_node *n) { return n->cover; }

static void put_whole(text *t, const char *name, const uint32_t *values, size_t n)
{
  put_key(t, name);
  put_raw(t, "[");
  for (size_t k = 0; k < n && t->used < DC_MODEL_BYTES; k++) {
    if (k) put_raw(t, ",");
    put_number(t, values[k]);
  }
  put_raw(t, "]");
}

static void put_forest(text *t, const dc_fit *fit)
{
  static const struct {
    const char *name;
    node_field *of;
  } fields[] = {{"terms", term_of},          {"left", left_of}, {"right", right_of},  {"missing_left", missing_of},
                {"threshold", threshold_of}, {"set", set_of},   {"values", value_of}, {"cover", cover_of}};
  const dc_forest *f = fit->forest;
  put_key(t, "forest");
  put_raw(t, "{");
  put_key(t, "importance");
  for (size_t k = 0; k < fit->n_terms; k++) {
    put_raw(t, k ? "," : "[");
    put_number(t, fit->terms[k].importance);
  }
  put_raw(t, fit->n_terms ? "]" : "[]");
  put_numbers(t, "base", f->base, f->n_equations);
  put_whole(t, "roots", f->root, f->n_trees);
  put_whole(t, "equations", f->equation, f->n_trees);
  for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
    put_raw(t, ",\n");
    put_string(t, fields[k].name);
    put_raw(t, ":[");
    for (size_t i = 0; i < f->n_nodes && t->used < DC_MODEL_BYTES; i++) {
      if (i) put_raw(t, ",");
      put_number(t, fields[k].of(&f->node[i]));
    }
    put_raw(t, "]");
  }
  put_whole(t, "bits", f->bits, f->n_bits);
  put_raw(t, "}");
}

static void put_figures(text *t, const dc_fit *fit)
{
  put_key(t, "figures");
  put_raw(t, "[");
  for (size_t k = 0; k < fit->n_figures; k++) {
    put_raw(t, k ? ",\n[" : "\n[");
    put_string(t, fit->figures[k].name);
    put_raw(t, ",");
    put_number(t, fit->figures[k].value);
    put_raw(t, "]");
  }
  put_raw(t, "]");
}

static void put_recipe(text *t, const dc_recipe *r, const dc_fit *fit)
{
  put_named(t, "target", r->target);
  put_named(t, "formula", r->formula);
  put_flag(t, "intercept", r->intercept);
  put_flag(t, "category", r->has_category);
  put_flag(t, "chance", r->is_chance);
  put_parts(t, "outcome", &r->response, 1);
  put_place(t, "trials", r->trials);
  put_place(t, "weights", r->weights);
  put_place(t, "cluster", r->cluster);
  put_place(t, "time", r->time);
  put_place(t, "id", r->id);
  put_key(t, "columns");
  put_raw(t, "[");
  for (size_t c = 0; c < r->n_columns; c++) {
    put_raw(t, c ? ",\n" : "\n");
    put_column(t, &r->columns[c]);
  }
  put_raw(t, "]");
  put_parts(t, "offsets", r->offsets, r->n_offsets);
  put_key(t, "terms");
  put_raw(t, "[");
  for (size_t k = 0; k < r->n_terms; k++) {
    put_raw(t, k ? ",\n" : "\n");
    put_term(t, &r->terms[k], &fit->terms[k], fit->n_equations);
  }
  put_raw(t, "]");
}

static void put_body(text *t, const dc_saved *saved)
{
  const dc_fit *fit = saved->fit;
  put_named(t, "version", DC_VERSION);
  put_named(t, "model", fit->model);
  put_named(t, "family", fit->family);
  put_named(t, "link", dc_link_name(fit->link));
  put_named(t, "response", fit->response);
  put_field(t, "rows", (double)fit->n_rows);
  put_flag(t, "converged", fit->converged);
  put_field(t, "df", fit->df);
  put_field(t, "smear", fit->smear);
  put_recipe(t, saved->recipe, fit);
  const dc_fit_term *baseline = fit->n_terms > saved->recipe->n_terms ? &fit->terms[saved->recipe->n_terms] : NULL;
  if (baseline) put_strings(t, "periods", baseline->level, baseline->levels);
  if (baseline && baseline->covariance) put_numbers(t, "periods_variance", baseline->covariance, fit->n_equations);
  if (fit->equation) put_strings(t, "equations", fit->equation, fit->n_equations);
  put_coefficients(t, fit);
  put_figures(t, fit);
  if (fit->forest) put_forest(t, fit);
}

dc_status dc_model_text(const dc_saved *saved, char **to, size_t *bytes, dc_error *error)
{
  text t = {.bytes = NULL};
  put_raw(&t, DC_MODEL_BEGIN DC_MODEL_NO_SUM DC_MODEL_BODY);
  put_body(&t, saved);
  put_raw(&t, "}}\n");
  if (t.failed) {
    free(t.bytes);
    return dc_fail_memory(error, "saving a model");
  }
  if (t.used > DC_MODEL_BYTES) {
    free(t.bytes);
    return dc_fail(error, DC_E_USAGE, "--save: the model takes more than %d MiB; use fewer levels",
                   DC_MODEL_BYTES >> 20);
  }
  dc_model_sign(t.bytes, t.used);
  *to = t.bytes;
  *bytes = t.used;
  return DC_OK;
}
