/* What usual words for stages, statuses and outcomes mean, in English, Chinese, German, French, Spanish and Portuguese: the
 * table is engine/deals/meanings.txt. */
#ifndef DC_DEALS_WORDS_H
#define DC_DEALS_WORDS_H

#include "engine/deals/config.h"
#include <stdbool.h>

/* The meaning of a word by common usage alone, DC_MEANING_UNKNOWN when it says nothing ("Stage 3", "Closed", ""). Case,
 * accents, spacing, numbers at the ends ("6 - Closed Won"), a bracketed pipeline name behind it ("Closed Won (EMEA)") and a
 * leading "Closed" or "Deal" do not matter; what follows "won" or "lost" is a remark ("Lost - price"). */
dc_meaning dc_word_meaning(const char *word);

/* The same for an outcome column: the config, then usual words, then the legend in its name, then a flag (true = won, false =
 * lost). config may be NULL. */
dc_meaning dc_outcome_meaning(const dc_config *config, const char *header, const char *word);

/* What a number means by the legend in its column's name ("1赢单2输单3无效", "status (1=won, 2=lost)"); DC_MEANING_UNKNOWN when
 * the name has none for it. dc_is_legend: the name tells won and lost so. */
dc_meaning dc_legend_meaning(const char *header, const char *word);
bool dc_is_legend(const char *header);

/* "1", "true", "yes", "y", "t", "ja", "oui", ... and their opposites, any case, "1.0" too; false when word is no flag. */
bool dc_flag_parse(const char *word, bool *value);

#endif
