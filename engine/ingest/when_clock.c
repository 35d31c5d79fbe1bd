#include "engine/ingest/when_parts.h"

typedef enum half { NO_HALF, FORENOON, AFTERNOON } half;

/* Names of zones that have one meaning wherever they are used: not CST, IST, BST. */
static const struct {
  const char *name;
  int minutes;
} zones[] = {{"UTC", 0},    {"GMT", 0},    {"EST", -300}, {"EDT", -240}, {"CDT", -300}, {"MST", -420},
             {"MDT", -360}, {"PST", -480}, {"PDT", -420}, {"CET", 60},   {"CEST", 120}, {"WET", 0},
             {"WEST", 60},  {"EET", 120},  {"EEST", 180}, {"JST", 540},  {"KST", 540},  {"HKT", 480},
             {"SGT", 480},  {"AEST", 600}, {"AEDT", 660}, {"BRT", -180}};

static void skip_blanks(dc_when_reader *r)
{
  while (dc_when_take(r, ' ')) continue;
}

static bool take_offset(dc_when_reader *r, int32_t *zone)
{
  bool west = r->p < r->end && *r->p == '-';
  int hours, minutes = 0;
  if (!dc_when_take(r, '+') && !dc_when_take(r, '-')) return false;
  int n = dc_when_take_digits(r, 1, 2, &hours);
  bool colon = dc_when_take(r, ':');
  if (!n || (n == 1 && !colon && r->p != r->end)) return false;
  if ((colon || r->p != r->end) && dc_when_take_digits(r, 2, 2, &minutes) != 2) return false;
  if (hours > 14 || minutes > 59) return false;
  *zone = (west ? -1 : 1) * (hours * 60 + minutes);
  return r->p == r->end;
}

static bool take_zone(dc_when_reader *r, int32_t *zone, uint32_t *seen)
{
  *zone = 0;
  if (r->p == r->end) return true;
  *seen |= DC_WHEN_ZONE;
  if (dc_when_take(r, 'Z')) return r->p == r->end;
  if (*r->p == '(' && r->end[-1] == ')') {
    r->p++;
    r->end--;
  }
  for (size_t k = 0; k < sizeof zones / sizeof *zones; k++) {
    dc_when_reader s = *r;
    if (!dc_when_take_text(&s, zones[k].name) || (s.p < s.end && *s.p >= 'A' && *s.p <= 'Z')) continue;
    *zone = zones[k].minutes;
    *r = s;
    /* "GMT+8" */
    return s.p == s.end || (k < 2 && take_offset(r, zone));
  }
  return take_offset(r, zone);
}

static half take_half(dc_when_reader *r)
{
  static const struct {
    const char *word;
    half half;
  } words[] = {{"AM", FORENOON},
               {"PM", AFTERNOON},
               {"am", FORENOON},
               {"pm", AFTERNOON},
               {"a.m.", FORENOON},
               {"p.m.", AFTERNOON},
               {"A.M.", FORENOON},
               {"P.M.", AFTERNOON},
               {"\xE4\xB8\x8A\xE5\x8D\x88", FORENOON},   /* shangwu */
               {"\xE4\xB8\x8B\xE5\x8D\x88", AFTERNOON},  /* xiawu */
               {"\xE5\x8D\x88\xE5\x89\x8D", FORENOON},   /* gozen */
               {"\xE5\x8D\x88\xE5\xBE\x8C", AFTERNOON}}; /* gogo */
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    if (dc_when_take_text(r, words[k].word)) return words[k].half;
  return NO_HALF;
}

static bool take_hour_mark(dc_when_reader *r)
{
  return dc_when_take_text(r, "\xE6\x97\xB6") || dc_when_take_text(r, "\xE7\x82\xB9") || /* shi, dian */
         dc_when_take_text(r, "\xE6\x99\x82");                                           /* ji */
}

static bool take_fraction(dc_when_reader *r, int *ms)
{
  int fraction, n = dc_when_take_digits(r, 1, 3, &fraction);
  if (!n) return false;
  for (*ms = fraction; n < 3; n++) *ms *= 10;
  while (dc_when_is_digit(r)) r->p++;
  return true;
}

/* The minutes and seconds behind an hour. */
static bool take_minutes(dc_when_reader *r, bool marked, int *minute, int *second, int *ms)
{
  if (marked) {
    if (!dc_when_is_digit(r)) return true;
    if (!dc_when_take_digits(r, 1, 2, minute) || !dc_when_take_text(r, "\xE5\x88\x86")) return false; /* fen */
    if (!dc_when_is_digit(r)) return true;
    return dc_when_take_digits(r, 1, 2, second) && dc_when_take_text(r, "\xE7\xA7\x92"); /* miao */
  }
  if (dc_when_take_digits(r, 2, 2, minute) != 2) return false;
  if (!dc_when_take(r, ':')) return true;
  if (dc_when_take_digits(r, 2, 2, second) != 2) return false;
  return (!dc_when_take(r, '.') && !dc_when_take(r, ',')) || take_fraction(r, ms);
}

/* HHMM or HHMMSS. */
static bool take_compact(dc_when_reader *r, int *hour, int *minute, int *second)
{
  dc_when_reader s = *r;
  int number;
  int n = dc_when_take_digits(&s, 4, 6, &number);
  if ((n != 4 && n != 6) || dc_when_is_digit(&s)) return false;
  *r = s;
  if (n == 6) {
    *second = number % 100;
    number /= 100;
  }
  *hour = number / 100;
  *minute = number % 100;
  return true;
}

bool dc_when_take_clock(dc_when_reader *r, dc_when *when, uint32_t *seen)
{
  int hour, minute = 0, second = 0, ms = 0;
  half before = take_half(r);
  skip_blanks(r);
  bool minutes = take_compact(r, &hour, &minute, &second);
  if (!minutes) {
    if (!dc_when_take_digits(r, 1, 2, &hour)) return false;
    bool marked = take_hour_mark(r);
    minutes = marked || dc_when_take(r, ':');
    if (minutes && !take_minutes(r, marked, &minute, &second, &ms)) return false;
  }
  skip_blanks(r);
  half named = before ? before : take_half(r);
  if (!minutes && !named) return false;
  skip_blanks(r);
  if (named && (hour > 12 || (hour == 0 && !before))) return false;
  if (named) hour = hour % 12 + (named == AFTERNOON ? 12 : 0);
  if (hour > 23 || minute > 59 || second > 59) return false;
  when->ms = ((hour * 60 + minute) * 60 + second) * 1000 + ms;
  *seen |= when->ms ? DC_WHEN_CLOCK : DC_WHEN_MIDNIGHT;
  return take_zone(r, &when->zone, seen);
}
