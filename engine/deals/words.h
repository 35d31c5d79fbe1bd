/* What usual words for stages, statuses and outcomes mean. English; a word for another language is one line of the table. */
#ifndef DC_DEALS_WORDS_H
#define DC_DEALS_WORDS_H

#include "engine/deals/config.h"
#include <stdbool.h>

/* The meaning of a word by common usage alone, DC_MEANING_UNKNOWN when it says nothing ("Stage 3", "Closed", ""). Case,
 * spacing, leading numbers ("6 - Closed Won"), a bracketed pipeline name behind it ("Closed Won (EMEA)") and a leading
 * "Closed" or "Deal" do not matter; what follows "won" or "lost" is a remark ("Lost - price"). */
dc_meaning dc_word_meaning(const char *word);

/* The same for an outcome column: the config, then usual words, then a flag (true = won, false = lost). config may be
 * NULL. */
dc_meaning dc_outcome_meaning(const dc_config *config, const char *word);

/* "1", "true", "yes", "y", "t" and their opposites, any case, "1.0" too; false when word is no flag. */
bool dc_flag_parse(const char *word, bool *value);

#endif
