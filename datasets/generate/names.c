#include "names.h"

#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const root_head[] = {
    "Vel", "Quar", "Tas", "Bran", "Cor", "Dun",  "Elm",  "Fen", "Gar", "Hal",  "Ister",
    "Jor", "Kel",  "Lor", "Mar",  "Nor", "Ost",  "Pel",  "Rud", "Sar", "Tor",  "Ulv",
    "Var", "Wex",  "Yar", "Zel",  "Ark", "Brem", "Cald", "Dor", "Esk", "Fjor",
};
static const char *const root_tail[] = {
    "mont", "row",   "mere",  "nock", "vik",   "holm", "stead", "ley",  "by",   "den", "gate",
    "ham",  "wick",  "field", "bro",  "quist", "ora",  "ane",   "ello", "ista", "ova", "una",
    "eck",  "ingen", "ault",  "ond",  "ique",  "aro",  "essa",  "ium",  "axis", "io",
};
static const char *const trade[] = {
    "Mills",   "Foods",   "Lines",   "Works",  "Labs",  "Retail", "Power", "Care",  "Group", "Tools",
    "Schools", "Systems", "Freight", "Supply", "Paper", "Glass",  "Steel", "Farms", "Water", "Print",
};
static const char *const legal_tail[] = {", Ltd", ", SA", ", AG", ", SpA"};
static const char *const nickname[] = {" \"Blue\" ", " \"Old\" ", " \"One\" ", " \"East\" "};

static const char *const first_name[] = {
    "Ana",  "Bram",  "Cleo", "Dario",      "Edda",        "Falk",          "Greta", "Hugo", "Ines",  "Jonas", "Kaja",
    "Lars", "Mila",  "Nils", "Oda",        "Pia",         "Quin",          "Rafa",  "Sven", "Tilda", "Udo",   "Vera",
    "Wim",  "Xenia", "Yara", "Zo\xc3\xab", "J\xc3\xb6rg", "Am\xc3\xa9lie", "Enzo",  "Ilse", "Otto",  "Rosa",
};
static const char *const last_name[] = {
    "Averin", "Bostel", "Carvik", "Dravec", "Elsing", "Fallow", "Grimst", "Hovden",  "Ibsley", "Jarrow", "Kestel",
    "Lundra", "Morvan", "Nesbo",  "Orlan",  "Pellew", "Quade",  "Rostel", "Sandvik", "Tarlow", "Ulmer",  "Vasko",
    "Wendel", "Yorath", "Zanker", "Arnaud", "Brixen", "Colmar", "Dorsey", "Evenko",  "Fosser", "Galdon",
};

void dg_account_name(uint64_t seed, uint64_t index, char name[DG_NAME_SIZE])
{
  const uint64_t heads = COUNT(root_head);
  const uint64_t tails = COUNT(root_tail);
  const uint64_t all = heads * tails * COUNT(trade);
  /* 7919 shares no factor with the number of names: a walk through all of them that looks shuffled. */
  const uint64_t k = index % all * 7919 % all;
  const uint64_t round = index / all;
  dg_rng rng = dg_rng_at(seed, DG_STREAM_ACCOUNT, index, 1);
  const double u = dg_uniform(&rng);
  const char *between = " ";
  const char *tail = "";
  char number[24] = "";

  if (u < 0.02)
    tail = legal_tail[k % COUNT(legal_tail)];
  else if (u < 0.025)
    between = nickname[k % COUNT(nickname)];
  else if (u < 0.025 + 1.0 / 20000.0)
    between = "\n";
  if (round > 0) snprintf(number, sizeof number, " %llu", (unsigned long long)(round + 1));
  snprintf(name, DG_NAME_SIZE, "%s%s%s%s%s%s", root_head[k % heads], root_tail[k / heads % tails], between,
           trade[k / (heads * tails)], number, tail);
}

void dg_rep_name(int rep, char name[DG_NAME_SIZE])
{
  const size_t firsts = COUNT(first_name);
  const size_t all = firsts * COUNT(last_name);
  const size_t k = (size_t)rep % all * 371 % all;
  const size_t round = (size_t)rep / all;

  if (round == 0)
    snprintf(name, DG_NAME_SIZE, "%s %s", first_name[k % firsts], last_name[k / firsts]);
  else
    snprintf(name, DG_NAME_SIZE, "%s %s %zu", first_name[k % firsts], last_name[k / firsts], round + 1);
}

void dg_deal_id(uint64_t index, char id[DG_NAME_SIZE])
{
  char digits[24];
  int n = 0;
  uint64_t rest = index + 1;

  while (rest > 0 || n < 7) {
    digits[n++] = (char)('0' + rest % 10);
    rest /= 10;
  }
  *id++ = 'D';
  while (n > 0) *id++ = digits[--n];
  *id = '\0';
}
