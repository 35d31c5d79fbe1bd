#include "engine/deals/words.h"

#include "engine/base/text.h"

#include <string.h>

enum { WORD_BYTES = 256 };

typedef struct usual_word {
  const char *word; /* lower case, single blanks */
  dc_meaning meaning;
} usual_word;

static const usual_word usual_words[] = {
    {"won", DC_MEANING_WON},
    {"win", DC_MEANING_WON},
    {"closedwon", DC_MEANING_WON},
    {"closewon", DC_MEANING_WON},
    {"signed", DC_MEANING_WON},
    {"contract signed", DC_MEANING_WON},
    {"signed contract", DC_MEANING_WON},
    {"agreement signed", DC_MEANING_WON},
    {"contracted", DC_MEANING_WON},
    {"booked", DC_MEANING_WON},
    {"booking", DC_MEANING_WON},
    {"sold", DC_MEANING_WON},
    {"sale made", DC_MEANING_WON},
    {"ordered", DC_MEANING_WON},
    {"order received", DC_MEANING_WON},
    {"order placed", DC_MEANING_WON},
    {"po received", DC_MEANING_WON},
    {"purchase order received", DC_MEANING_WON},
    {"awarded", DC_MEANING_WON},
    {"converted", DC_MEANING_WON},
    {"success", DC_MEANING_WON},
    {"successful", DC_MEANING_WON},

    {"lost", DC_MEANING_LOST},
    {"loss", DC_MEANING_LOST},
    {"closedlost", DC_MEANING_LOST},
    {"closelost", DC_MEANING_LOST},
    {"not won", DC_MEANING_LOST},
    {"no win", DC_MEANING_LOST},
    {"dead", DC_MEANING_LOST},
    {"disqualified", DC_MEANING_LOST},
    {"unqualified", DC_MEANING_LOST},
    {"not qualified", DC_MEANING_LOST},
    {"abandoned", DC_MEANING_LOST},
    {"abandonned", DC_MEANING_LOST},
    {"cancelled", DC_MEANING_LOST},
    {"canceled", DC_MEANING_LOST},
    {"churned", DC_MEANING_LOST},
    {"churn", DC_MEANING_LOST},
    {"rejected", DC_MEANING_LOST},
    {"declined", DC_MEANING_LOST},
    {"refused", DC_MEANING_LOST},
    {"dropped", DC_MEANING_LOST},
    {"failed", DC_MEANING_LOST},
    {"failure", DC_MEANING_LOST},
    {"unsuccessful", DC_MEANING_LOST},
    {"withdrawn", DC_MEANING_LOST},
    {"outsold", DC_MEANING_LOST},
    {"out sold", DC_MEANING_LOST},
    {"no decision", DC_MEANING_LOST},
    {"no sale", DC_MEANING_LOST},
    {"no bid", DC_MEANING_LOST},
    {"no go", DC_MEANING_LOST},
    {"no budget", DC_MEANING_LOST},
    {"no interest", DC_MEANING_LOST},
    {"not interested", DC_MEANING_LOST},
    {"did not proceed", DC_MEANING_LOST},
    {"not converted", DC_MEANING_LOST},
    {"expired", DC_MEANING_LOST},
    {"terminated", DC_MEANING_LOST},

    {"open", DC_MEANING_OPEN},
    {"opened", DC_MEANING_OPEN},
    {"new", DC_MEANING_OPEN},
    {"active", DC_MEANING_OPEN},
    {"pending", DC_MEANING_OPEN},
    {"ongoing", DC_MEANING_OPEN},
    {"in progress", DC_MEANING_OPEN},
    {"in process", DC_MEANING_OPEN},
    {"working", DC_MEANING_OPEN},
    {"on hold", DC_MEANING_OPEN},
    {"stalled", DC_MEANING_OPEN},
    {"nurturing", DC_MEANING_OPEN},
    {"contacted", DC_MEANING_OPEN},
    {"engaging", DC_MEANING_OPEN},
    {"engaged", DC_MEANING_OPEN},
    {"prospect", DC_MEANING_OPEN},
    {"prospecting", DC_MEANING_OPEN},
    {"discovery", DC_MEANING_OPEN},
    {"qualify", DC_MEANING_OPEN},
    {"qualified", DC_MEANING_OPEN},
    {"qualification", DC_MEANING_OPEN},
    {"qualified to buy", DC_MEANING_OPEN},
    {"qualifiedtobuy", DC_MEANING_OPEN},
    {"appointment scheduled", DC_MEANING_OPEN},
    {"appointmentscheduled", DC_MEANING_OPEN},
    {"presentation scheduled", DC_MEANING_OPEN},
    {"presentationscheduled", DC_MEANING_OPEN},
    {"decision maker bought in", DC_MEANING_OPEN},
    {"decisionmakerboughtin", DC_MEANING_OPEN},
    {"contract sent", DC_MEANING_OPEN},
    {"contractsent", DC_MEANING_OPEN},
    {"demo", DC_MEANING_OPEN},
    {"demo scheduled", DC_MEANING_OPEN},
    {"needs analysis", DC_MEANING_OPEN},
    {"value proposition", DC_MEANING_OPEN},
    {"id decision makers", DC_MEANING_OPEN},
    {"perception analysis", DC_MEANING_OPEN},
    {"proposal", DC_MEANING_OPEN},
    {"propose", DC_MEANING_OPEN},
    {"proposition", DC_MEANING_OPEN},
    {"proposal made", DC_MEANING_OPEN},
    {"proposal sent", DC_MEANING_OPEN},
    {"proposal price quote", DC_MEANING_OPEN},
    {"quote", DC_MEANING_OPEN},
    {"quoted", DC_MEANING_OPEN},
    {"develop", DC_MEANING_OPEN},
    {"negotiate", DC_MEANING_OPEN},
    {"negotiation", DC_MEANING_OPEN},
    {"negotiations started", DC_MEANING_OPEN},
    {"negotiation review", DC_MEANING_OPEN},
    {"contract", DC_MEANING_OPEN},

    {"deleted", DC_MEANING_IGNORE},
    {"duplicate", DC_MEANING_IGNORE},
    {"merged", DC_MEANING_IGNORE},
    {"test", DC_MEANING_IGNORE},
};

/* Words before the one that says it: "Closed - Won", "Deal lost". */
static const char *const introductions[] = {"closed", "close", "deal", "opportunity", "status", "stage"};

/* What keeps a last word "won" or "lost" from being the whole story. */
static const char *const doubts[] = {"not", "be", "almost", "nearly", "likely", "probably", "if", "when", "expected"};

static bool among(const char *word, size_t length, const char *const *list, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (strlen(list[i]) == length && memcmp(list[i], word, length) == 0) return true;
  return false;
}

/* Lower case words with single blanks between; what stands in brackets and numbers in front are left out. */
static void normalise(const char *word, char *plain)
{
  size_t n = 0;
  int depth = 0;
  bool lettered = false;
  for (const char *p = word; *p && n + 2 < WORD_BYTES; p++) {
    unsigned char c = (unsigned char)*p;
    if (c == '(' || c == '[') depth++;
    if ((c == ')' || c == ']') && depth > 0) depth--;
    if (c >= 'A' && c <= 'Z') c = (unsigned char)(c + 32);
    bool letter = (c >= 'a' && c <= 'z') || c >= 0x80, digit = c >= '0' && c <= '9';
    if (depth > 0 || (!letter && !digit) || (digit && !lettered)) {
      if (n > 0 && plain[n - 1] != ' ') plain[n++] = ' ';
      continue;
    }
    lettered = true;
    plain[n++] = (char)c;
  }
  if (n > 0 && plain[n - 1] == ' ') n--;
  plain[n] = '\0';
}

static dc_meaning look_up(const char *plain)
{
  for (size_t i = 0; i < sizeof usual_words / sizeof *usual_words; i++)
    if (strcmp(usual_words[i].word, plain) == 0) return usual_words[i].meaning;
  return DC_MEANING_UNKNOWN;
}

static dc_meaning won_or_lost(const char *word, size_t length)
{
  if (length == 3 && memcmp(word, "won", 3) == 0) return DC_MEANING_WON;
  if (length == 4 && memcmp(word, "lost", 4) == 0) return DC_MEANING_LOST;
  return DC_MEANING_UNKNOWN;
}

/* "lost to competitor", "won renewal": the first word says it. "tender won": the last one does, unless doubted. */
static dc_meaning by_ends(const char *plain)
{
  const char *first_end = strchr(plain, ' '), *last = strrchr(plain, ' ');
  if (!first_end) return DC_MEANING_UNKNOWN;
  dc_meaning first = won_or_lost(plain, (size_t)(first_end - plain));
  if (first != DC_MEANING_UNKNOWN) return first;
  const char *before = last;
  while (before > plain && before[-1] != ' ') before--;
  if (among(before, (size_t)(last - before), doubts, sizeof doubts / sizeof *doubts)) return DC_MEANING_UNKNOWN;
  return won_or_lost(last + 1, strlen(last + 1));
}

dc_meaning dc_word_meaning(const char *word)
{
  char plain[WORD_BYTES];
  if (!word) return DC_MEANING_UNKNOWN;
  normalise(word, plain);
  for (const char *rest = plain;;) {
    dc_meaning meaning = look_up(rest);
    if (meaning == DC_MEANING_UNKNOWN) meaning = by_ends(rest);
    if (meaning != DC_MEANING_UNKNOWN) return meaning;
    const char *blank = strchr(rest, ' ');
    if (!blank || !among(rest, (size_t)(blank - rest), introductions, sizeof introductions / sizeof *introductions))
      return DC_MEANING_UNKNOWN;
    rest = blank + 1;
  }
}

dc_meaning dc_outcome_meaning(const dc_config *config, const char *word)
{
  bool flag;
  dc_meaning meaning = dc_stage_meaning(config, word);
  if (meaning == DC_MEANING_UNKNOWN && dc_flag_parse(word, &flag)) meaning = flag ? DC_MEANING_WON : DC_MEANING_LOST;
  return meaning;
}

bool dc_flag_parse(const char *word, bool *value)
{
  static const char *const yes[] = {"1", "true", "yes", "y", "t", "10"};
  static const char *const no[] = {"0", "false", "no", "n", "f", "00"};
  char folded[DC_FOLD_BYTES] = "";
  size_t length = word ? dc_text_fold(word, strlen(word), folded) : 0;
  /* "1.0" folds to "10", which by itself is no flag. */
  size_t n = sizeof yes / sizeof *yes - (word && strchr(word, '.') ? 0 : 1);
  bool is_yes = among(folded, length, yes, n), is_no = among(folded, length, no, n);
  if (length == 0 || (!is_yes && !is_no) || strpbrk(word, "-+")) return false;
  *value = is_yes;
  return true;
}
