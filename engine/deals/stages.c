/* What the configuration says of a stage, and where it is silent, common usage. */
#include "engine/base/text.h"
#include "engine/deals/config.h"
#include "engine/deals/words.h"

dc_meaning dc_stage_meaning(const dc_config *config, const char *word)
{
  if (!word) return DC_MEANING_UNKNOWN;
  for (size_t i = 0; config && i < config->n_stages; i++)
    if (dc_text_same(config->stages[i].word, word)) return config->stages[i].meaning;
  dc_meaning meaning = dc_word_meaning(word);
  return meaning == DC_MEANING_UNKNOWN && dc_stage_position(config, word) >= 0 ? DC_MEANING_OPEN : meaning;
}

int dc_stage_position(const dc_config *config, const char *word)
{
  for (size_t i = 0; config && word && i < config->n_order; i++)
    if (dc_text_same(config->order[i], word)) return (int)i;
  return -1;
}
