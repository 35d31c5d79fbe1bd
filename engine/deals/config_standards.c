/* The standard that `dealcast check` holds the data against, as the INI file says it. */
#include "engine/base/text.h"
#include "engine/deals/config_internal.h"
#include "engine/deals/roles.h"

#include <stdlib.h>
#include <string.h>

static dc_status take_listed(dc_config_reader *in, void *context, const char *word)
{
  dc_config_list *list = context;
  char **words = dc_config_longer(in, list->words, list->n, sizeof *words);
  if (!words || !(words[list->n] = dc_config_copy(in, word))) return dc_config_no_memory(in);
  list->words = words;
  list->n++;
  return DC_OK;
}

/* A line of [required] or [allowed]; a name that comes again adds to its list. */
dc_status dc_config_set_list(dc_config_reader *in, dc_config_list **lists, size_t *n, const char *key,
                             const char *value)
{
  dc_config_list *list = NULL;
  for (size_t i = 0; i < *n; i++)
    if (dc_text_same((*lists)[i].name, key)) list = &(*lists)[i];
  if (!list) {
    dc_config_list *grown = dc_config_longer(in, *lists, *n, sizeof *grown);
    if (!grown || !(grown[*n].name = dc_config_copy(in, key))) return dc_config_no_memory(in);
    *lists = grown;
    list = &grown[(*n)++];
  }
  return dc_config_split(in, key, value, list, take_listed);
}

dc_status dc_config_set_limit(dc_config_reader *in, const struct dc_config_setting *rule, const char *value)
{
  char *end;
  long limit = strtol(value, &end, 10);
  if (end == value || *end || limit < 1 || limit > 1000000)
    return REFUSE(in, "%s is a whole number from 1 to 1000000, not \"%s\"", rule->key, value);
  memcpy((char *)&in->owned->config.check + rule->offset, &(int){(int)limit}, sizeof(int));
  return DC_OK;
}

/* A role, `rows`, or `other` for the columns without a role. */
dc_status dc_config_set_weight(dc_config_reader *in, const char *key, const char *value)
{
  dc_config *config = &in->owned->config;
  char *end;
  double weight = strtod(value, &end);
  dc_role role = dc_role_parse(key);
  const char *name = role != DC_ROLE_NONE ? dc_role_name(role) : dc_text_same(key, "rows") ? "rows" : "other";
  if (role == DC_ROLE_NONE && !dc_text_same(key, name))
    return REFUSE(in, "unknown role \"%s\" in [weights]; beside roles there are `rows` and `other`", key);
  if (end == value || *end || !(weight >= 0 && weight <= 1000))
    return REFUSE(in, "a weight is a number from 0 to 1000, not \"%s\"", value);
  for (size_t i = 0; i < config->n_weights; i++)
    if (strcmp(config->weights[i].role, name) == 0) return REFUSE(in, "%s is given twice", name);
  void *grown = dc_config_longer(in, config->weights, config->n_weights, sizeof *config->weights);
  char *kept = dc_config_copy(in, name);
  if (!grown || !kept) return dc_config_no_memory(in);
  config->weights = grown;
  config->weights[config->n_weights].role = kept;
  config->weights[config->n_weights++].weight = weight;
  return DC_OK;
}
