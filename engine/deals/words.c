#include "engine/deals/words.h"

#include "engine/deals/plain.h"
#include "engine/deals/words_parts.h"

#include <string.h>

enum {
  MEANINGS = 1 << DC_WORD_WON | 1 << DC_WORD_LOST | 1 << DC_WORD_OPEN | 1 << DC_WORD_IGNORE | 1 << DC_WORD_SILENT
};
enum { FLAGS = 1 << DC_WORD_YES | 1 << DC_WORD_NO };

static const dc_plain_style spaced = {.blanks = true}, bracketed = {.blanks = true, .brackets = true};

/* The text begin[0 .. length) as an entry of one of these kinds, NULL when it is none. */
static const dc_usual_word *look_up(const char *begin, size_t length, int kinds)
{
  size_t low = 0, high = dc_n_usual_words;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const char *word = dc_usual_words[middle].word;
    int order = strncmp(word, begin, length);
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low < dc_n_usual_words && strncmp(dc_usual_words[low].word, begin, length) == 0; low++) {
    if (dc_usual_words[low].word[length]) break;
    if (kinds & 1 << dc_usual_words[low].kind) return &dc_usual_words[low];
  }
  return NULL;
}

static dc_meaning meaning_of(const dc_usual_word *word)
{
  static const dc_meaning meanings[] = {[DC_WORD_WON] = DC_MEANING_WON,
                                        [DC_WORD_LOST] = DC_MEANING_LOST,
                                        [DC_WORD_OPEN] = DC_MEANING_OPEN,
                                        [DC_WORD_IGNORE] = DC_MEANING_IGNORE,
                                        [DC_WORD_SILENT] = DC_MEANING_UNKNOWN};
  return word ? meanings[word->kind] : DC_MEANING_UNKNOWN;
}

/* "lost to competitor", "won renewal": the first word says it. "tender won": the last one does, unless a word before it doubts
 * it. "won/lost" says nothing, nor does "won by them". */
static dc_meaning by_ends(const char *plain)
{
  const char *at = plain;
  const dc_usual_word *first = NULL, *told = NULL, *last = NULL;
  bool doubt = false, elsewhere = false;
  for (size_t n = 0; *at; n++) {
    size_t length = strcspn(at, " ");
    last = look_up(at, length, MEANINGS);
    if (last && !last->ends) last = NULL;
    if (last && told && last->kind != told->kind) return DC_MEANING_UNKNOWN;
    if (last) told = last;
    if (n == 0) first = last;
    if (n == 1) elsewhere = look_up(at, length, 1 << DC_WORD_BEHIND) != NULL;
    bool ends = !at[length];
    if (ends && n == 0) return DC_MEANING_UNKNOWN;
    if (!ends) doubt = doubt || look_up(at, length, 1 << DC_WORD_DOUBT);
    at += length + !ends;
  }
  if (first) return first->kind == DC_WORD_WON && elsewhere ? DC_MEANING_UNKNOWN : meaning_of(first);
  return doubt ? DC_MEANING_UNKNOWN : meaning_of(last);
}

/* Takes numbers off: "6 closed won", "closed won 100"; a number alone leaves nothing. */
static char *drop_numbers(char *plain)
{
  size_t n = strlen(plain);
  while (*plain == ' ' || (*plain >= '0' && *plain <= '9')) plain++, n--;
  for (;;) {
    size_t digits = n;
    while (digits > 0 && plain[digits - 1] >= '0' && plain[digits - 1] <= '9') digits--;
    if (digits == n || (digits > 0 && plain[digits - 1] != ' ')) break;
    n = digits > 0 ? digits - 1 : 0;
    plain[n] = '\0';
  }
  return plain;
}

/* The meaning of the plain text, or of what is left of it when words like "closed" are taken off its front; *all_lead: it
 * consisted of nothing else. */
static dc_meaning read_phrase(const char *plain, bool *all_lead)
{
  const char *rest = plain;
  *all_lead = *plain != '\0';
  for (;;) {
    size_t length = strcspn(rest, " ");
    const dc_usual_word *word = look_up(rest, strlen(rest), MEANINGS);
    bool leads = look_up(rest, length, 1 << DC_WORD_LEAD) != NULL;
    *all_lead = *all_lead && leads;
    if (word && (word->kind != DC_WORD_SILENT || !leads || rest[length])) return meaning_of(word);
    dc_meaning meaning = by_ends(rest);
    if (meaning != DC_MEANING_UNKNOWN) return meaning;
    if (!leads || !rest[length]) {
      *all_lead = leads && !rest[length] && *all_lead;
      return DC_MEANING_UNKNOWN;
    }
    rest += length + 1;
    rest += strspn(rest, "0123456789 "); /* "Stage 3: Proposal" */
  }
}

dc_meaning dc_word_meaning(const char *word)
{
  char plain[DC_PLAIN_BYTES];
  bool closed;
  if (!word) return DC_MEANING_UNKNOWN;
  dc_plain(word, spaced, plain);
  dc_meaning meaning = read_phrase(drop_numbers(plain), &closed);
  if (meaning != DC_MEANING_UNKNOWN || !closed) return meaning;
  /* "Closed (Won)": what says how stands in the brackets. */
  dc_plain(word, bracketed, plain);
  meaning = read_phrase(drop_numbers(plain), &closed);
  return meaning == DC_MEANING_WON || meaning == DC_MEANING_LOST ? meaning : DC_MEANING_UNKNOWN;
}

dc_meaning dc_outcome_meaning(const dc_config *config, const char *header, const char *word)
{
  bool flag;
  dc_meaning meaning = dc_stage_meaning(config, word);
  if (meaning == DC_MEANING_UNKNOWN) meaning = dc_legend_meaning(header, word);
  if (meaning == DC_MEANING_UNKNOWN && dc_flag_parse(word, &flag)) meaning = flag ? DC_MEANING_WON : DC_MEANING_LOST;
  return meaning;
}

/* Numbers in the header with a word behind each: "1赢单2输单3无效", "status (0=open, 1=won, 2=lost)". */
dc_meaning dc_legend_meaning(const char *header, const char *word)
{
  char plain[DC_PLAIN_BYTES], part[DC_PLAIN_BYTES];
  size_t n = word ? strlen(word) : 0;
  if (n == 0 || strspn(word, "0123456789") != n) return DC_MEANING_UNKNOWN;
  dc_plain(header, bracketed, plain);
  for (const char *at = plain; *at;) {
    size_t digits = strspn(at, "0123456789"), length = strcspn(at + digits, "0123456789");
    if (digits == n && memcmp(at, word, n) == 0) {
      memcpy(part, at + digits, length);
      part[length] = '\0';
      dc_meaning meaning = dc_word_meaning(part);
      if (meaning != DC_MEANING_UNKNOWN) return meaning;
    }
    at += digits + length;
  }
  return DC_MEANING_UNKNOWN;
}

bool dc_is_legend(const char *header)
{
  bool won = false, lost = false;
  for (char digit[2] = "0"; digit[0] <= '9'; digit[0]++) {
    dc_meaning meaning = dc_legend_meaning(header, digit);
    won |= meaning == DC_MEANING_WON;
    lost |= meaning == DC_MEANING_LOST;
  }
  return won && lost;
}

bool dc_flag_parse(const char *word, bool *value)
{
  char plain[DC_PLAIN_BYTES];
  if (!word || strpbrk(word, "-+")) return false;
  size_t length = dc_plain(word, (dc_plain_style){.brackets = true}, plain);
  /* "1.0" is 1, but "10" is no flag. */
  if (length == 2 && plain[1] == '0' && strchr(word, '.')) plain[--length] = '\0';
  const dc_usual_word *flag = length ? look_up(plain, length, FLAGS) : NULL;
  if (flag) *value = flag->kind == DC_WORD_YES;
  return flag != NULL;
}
