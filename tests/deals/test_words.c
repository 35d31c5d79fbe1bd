#include "engine/deals/words.h"

#include "engine/deals/plain.h"
#include "engine/deals/roles_parts.h"
#include "engine/deals/words_parts.h"

#include "tests/check.h"

typedef struct expectation {
  const char *word;
  dc_meaning meaning;
} expectation;

static const expectation expectations[] = {
    {"Won", DC_MEANING_WON},
    {"closed won", DC_MEANING_WON},
    {"Closed/Won", DC_MEANING_WON},
    {"closedwon", DC_MEANING_WON},
    {"Closed Won (EMEA pipeline)", DC_MEANING_WON},
    {"6 - Closed Won", DC_MEANING_WON},
    {"100% Closed - Won", DC_MEANING_WON},
    {"Deal won", DC_MEANING_WON},
    {"Contract signed", DC_MEANING_WON},
    {"Booked", DC_MEANING_WON},
    {"SOLD", DC_MEANING_WON},
    {"Win", DC_MEANING_WON},
    {"Tender won", DC_MEANING_WON},
    {"Won - renewal", DC_MEANING_WON},
    {"Lost", DC_MEANING_LOST},
    {"Loss", DC_MEANING_LOST},
    {"Closed Lost", DC_MEANING_LOST},
    {"Closed Lost to competitor", DC_MEANING_LOST},
    {"closedlost", DC_MEANING_LOST},
    {"Closed - Cancelled", DC_MEANING_LOST},
    {"canceled", DC_MEANING_LOST},
    {"Out-Sold", DC_MEANING_LOST},
    {"Dead", DC_MEANING_LOST},
    {"Disqualified", DC_MEANING_LOST},
    {"abandoned", DC_MEANING_LOST},
    {"Churned", DC_MEANING_LOST},
    {"No Decision", DC_MEANING_LOST},
    {"Not Won", DC_MEANING_LOST},
    {"Open", DC_MEANING_OPEN},
    {"In Progress", DC_MEANING_OPEN},
    {"Prospecting", DC_MEANING_OPEN},
    {"Proposal/Price Quote", DC_MEANING_OPEN},
    {"Negotiation/Review", DC_MEANING_OPEN},
    {"Id. Decision Makers", DC_MEANING_OPEN},
    {"1-Qualify", DC_MEANING_OPEN},
    {"Decision Maker Bought-In", DC_MEANING_OPEN},
    {"contractsent", DC_MEANING_OPEN},
    {"deleted", DC_MEANING_IGNORE},
    {"Duplicate", DC_MEANING_IGNORE},
    {"Design Win", DC_MEANING_UNKNOWN}, /* a stage of chip makers, years before a booking */
    {"Win Approved", DC_MEANING_UNKNOWN},
    {"Likely won", DC_MEANING_UNKNOWN},
    {"To be won", DC_MEANING_UNKNOWN},
    {"Nearly lost", DC_MEANING_UNKNOWN},
    {"Won/Lost", DC_MEANING_UNKNOWN},
    {"Gewonnen/Verloren", DC_MEANING_UNKNOWN},
    {"赢单/输单", DC_MEANING_UNKNOWN},
    {"Won by them", DC_MEANING_UNKNOWN},
    {"Not yet won", DC_MEANING_UNKNOWN},
    {"Nie gewonnen", DC_MEANING_UNKNOWN},
    {"En riesgo de pérdida", DC_MEANING_UNKNOWN},
    {"Not closed won", DC_MEANING_UNKNOWN},
    {"Kontakt gewonnen", DC_MEANING_UNKNOWN},
    {"Won't do", DC_MEANING_LOST},
    {"Won't do it", DC_MEANING_UNKNOWN},
    {"Won by competitor", DC_MEANING_LOST},
    {"Competitor won", DC_MEANING_LOST},
    {"Closed", DC_MEANING_UNKNOWN},
    {"Stage 3", DC_MEANING_UNKNOWN},
    {"Wonderful", DC_MEANING_UNKNOWN},
    {"Lostine", DC_MEANING_UNKNOWN},
    {"1", DC_MEANING_UNKNOWN},
    {"true", DC_MEANING_UNKNOWN},
    {"100", DC_MEANING_UNKNOWN},
    {"", DC_MEANING_UNKNOWN},
    {" - ", DC_MEANING_UNKNOWN},
    {"(Won)", DC_MEANING_UNKNOWN},
    {"赢单", DC_MEANING_WON},
    {"已赢单", DC_MEANING_WON},
    {"成交", DC_MEANING_WON},
    {"已成交", DC_MEANING_WON},
    {"签单", DC_MEANING_WON},
    {"已签约", DC_MEANING_WON},
    {"贏單", DC_MEANING_WON},
    {"輸單", DC_MEANING_LOST},
    {"丟單", DC_MEANING_LOST},
    {"談判", DC_MEANING_OPEN},
    {"赢单-续约", DC_MEANING_WON},
    {"赢单（华东）", DC_MEANING_WON},
    {"赢单100%", DC_MEANING_WON},
    {"6.赢单", DC_MEANING_WON},
    {"Gewonnen", DC_MEANING_WON},
    {"GEWONNEN", DC_MEANING_WON},
    {"Geschlossen und gewonnen", DC_MEANING_WON},
    {"Geschlossen (gewonnen)", DC_MEANING_WON},
    {"Abgeschlossen - gewonnen", DC_MEANING_WON},
    {"Auftrag erhalten", DC_MEANING_WON},
    {"Gagné", DC_MEANING_WON},
    {"GAGNÉE", DC_MEANING_WON},
    {"Gagne", DC_MEANING_WON},
    {"Fermée gagnée", DC_MEANING_WON},
    {"Fermé (gagné)", DC_MEANING_WON},
    {"Affaire gagnée", DC_MEANING_WON},
    {"Remportée", DC_MEANING_WON},
    {"Ganado", DC_MEANING_WON},
    {"Ganada", DC_MEANING_WON},
    {"Cerrada ganada", DC_MEANING_WON},
    {"Cierre ganado", DC_MEANING_WON},
    {"Negocio ganado", DC_MEANING_WON},
    {"Ganho", DC_MEANING_WON},
    {"Ganha", DC_MEANING_WON},
    {"Fechado ganho", DC_MEANING_WON},
    {"Fechado e ganho", DC_MEANING_WON},
    {"Negócio fechado", DC_MEANING_WON},
    {"Closed (Won)", DC_MEANING_WON},
    {"closed won 100%", DC_MEANING_WON},
    {"输单", DC_MEANING_LOST},
    {"已输单", DC_MEANING_LOST},
    {"丢单", DC_MEANING_LOST},
    {"失单", DC_MEANING_LOST},
    {"流失", DC_MEANING_LOST},
    {"战败", DC_MEANING_LOST},
    {"无效", DC_MEANING_LOST},
    {"输单：价格", DC_MEANING_LOST},
    {"已关闭-输单", DC_MEANING_LOST},
    {"已关闭（输单）", DC_MEANING_LOST},
    {"Verloren", DC_MEANING_LOST},
    {"Geschlossen und verloren", DC_MEANING_LOST},
    {"Geschlossen (verloren)", DC_MEANING_LOST},
    {"Verloren - Preis", DC_MEANING_LOST},
    {"Kein Interesse", DC_MEANING_LOST},
    {"Nicht gewonnen", DC_MEANING_LOST},
    {"Abgesagt", DC_MEANING_LOST},
    {"Perdu", DC_MEANING_LOST},
    {"Perdue", DC_MEANING_LOST},
    {"PERDUE", DC_MEANING_LOST},
    {"Fermée perdue", DC_MEANING_LOST},
    {"Affaire perdue", DC_MEANING_LOST},
    {"Sans suite", DC_MEANING_LOST},
    {"Non gagné", DC_MEANING_LOST},
    {"Perdido", DC_MEANING_LOST},
    {"Perdida", DC_MEANING_LOST},
    {"Cerrada perdida", DC_MEANING_LOST},
    {"Negocio perdido", DC_MEANING_LOST},
    {"Cierre perdido", DC_MEANING_LOST},
    {"Descartado", DC_MEANING_LOST},
    {"Fechado perdido", DC_MEANING_LOST},
    {"Perdida - preço", DC_MEANING_LOST},
    {"Não ganha", DC_MEANING_LOST},
    {"No ganada", DC_MEANING_LOST},
    {"Not Won", DC_MEANING_LOST},
    {"跟进中", DC_MEANING_OPEN},
    {"进行中", DC_MEANING_OPEN},
    {"商务谈判", DC_MEANING_OPEN},
    {"方案报价", DC_MEANING_OPEN},
    {"方案/报价", DC_MEANING_OPEN},
    {"初步接洽", DC_MEANING_OPEN},
    {"未成交", DC_MEANING_OPEN},
    {"阶段3-需求确定", DC_MEANING_OPEN},
    {"Offen", DC_MEANING_OPEN},
    {"In Bearbeitung", DC_MEANING_OPEN},
    {"Angebot", DC_MEANING_OPEN},
    {"Verhandlung", DC_MEANING_OPEN},
    {"Qualifizierung", DC_MEANING_OPEN},
    {"Ouvert", DC_MEANING_OPEN},
    {"En cours", DC_MEANING_OPEN},
    {"Négociation", DC_MEANING_OPEN},
    {"Negociation", DC_MEANING_OPEN},
    {"Abierta", DC_MEANING_OPEN},
    {"En negociación", DC_MEANING_OPEN},
    {"Propuesta", DC_MEANING_OPEN},
    {"Aberto", DC_MEANING_OPEN},
    {"Em andamento", DC_MEANING_OPEN},
    {"Em negociação", DC_MEANING_OPEN},
    {"EM NEGOCIACAO", DC_MEANING_OPEN},
    {"Proposta enviada", DC_MEANING_OPEN},
    {"作废", DC_MEANING_IGNORE},
    {"已删除", DC_MEANING_IGNORE},
    {"Gelöscht", DC_MEANING_IGNORE},
    {"Supprimée", DC_MEANING_IGNORE},
    {"Eliminado", DC_MEANING_IGNORE},
    {"Excluído", DC_MEANING_IGNORE},
    {"已关闭", DC_MEANING_UNKNOWN},
    {"结束", DC_MEANING_UNKNOWN},
    {"完成", DC_MEANING_UNKNOWN},
    {"Geschlossen", DC_MEANING_UNKNOWN},
    {"Abgeschlossen", DC_MEANING_UNKNOWN},
    {"Fermé", DC_MEANING_UNKNOWN},
    {"Clôturée", DC_MEANING_UNKNOWN},
    {"Cerrado", DC_MEANING_UNKNOWN},
    {"Cerrada", DC_MEANING_UNKNOWN},
    {"Fechado", DC_MEANING_UNKNOWN},
    {"Concluído", DC_MEANING_UNKNOWN},
    {"Nicht verloren", DC_MEANING_UNKNOWN},
    {"Fast gewonnen", DC_MEANING_UNKNOWN},
    {"Bientôt gagné", DC_MEANING_UNKNOWN},
    {"Casi ganado", DC_MEANING_UNKNOWN},
    {"Quase ganho", DC_MEANING_UNKNOWN},
    {"Perdu de vue", DC_MEANING_UNKNOWN},
    {"Contacto perdido", DC_MEANING_UNKNOWN},
    {"Kontakt verloren", DC_MEANING_UNKNOWN},
    {"Quick Win", DC_MEANING_UNKNOWN},
    {"签订合同", DC_MEANING_UNKNOWN},
    {"待签约", DC_MEANING_UNKNOWN},
    {"即将成交", DC_MEANING_UNKNOWN},
    {"Closed (EMEA)", DC_MEANING_UNKNOWN},
    {"Phase 2", DC_MEANING_UNKNOWN},
    {"阶段", DC_MEANING_UNKNOWN},
    {"Ganador", DC_MEANING_UNKNOWN},
    {"Perdidoso", DC_MEANING_UNKNOWN},
    {"Gewinnspiel", DC_MEANING_UNKNOWN},
    {"Wonder", DC_MEANING_UNKNOWN},
    {"Lost contact", DC_MEANING_UNKNOWN},
};

static void usual_words(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
    const expectation *e = &expectations[i];
    if (dc_word_meaning(e->word) != e->meaning)
      fail_msg("\"%s\" means %d, expected %d", e->word, (int)dc_word_meaning(e->word), (int)e->meaning);
  }
  assert_int_equal(dc_word_meaning(NULL), DC_MEANING_UNKNOWN);
}

static void words_of_any_length(void **state)
{
  char word[2000];
  (void)state;
  memset(word, 'x', sizeof word);
  word[sizeof word - 1] = '\0';
  assert_int_equal(dc_word_meaning(word), DC_MEANING_UNKNOWN);
  assert_int_equal(dc_stage_meaning(NULL, word), DC_MEANING_UNKNOWN);
  memset(word, ' ', sizeof word - 1);
  memcpy(word, "lost", 4);
  assert_int_equal(dc_word_meaning(word), DC_MEANING_LOST);
}

static void flags(void **state)
{
  static const char *const yes[] = {"1",  "true", "TRUE", "Yes", "y",         "t",   "1.0", " 1 ",
                                    "Ja", "Vrai", "oui",  "SÍ",  "Verdadero", "sim", "是"};
  static const char *const no[] = {"0", "false", "No", "n", "F", "0.0", "Nein", "non", "Falso", "NÃO", "nao", "否"};
  static const char *const neither[] = {"",  " ",  "O",   "S",     "是否", "10",    "00",
                                        "2", "-1", "won", "maybe", "1.5",  "yes!no"};
  bool value;
  (void)state;
  for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
    value = false;
    assert_true(dc_flag_parse(yes[i], &value));
    assert_true(value);
  }
  for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
    value = true;
    assert_true(dc_flag_parse(no[i], &value));
    assert_false(value);
  }
  for (size_t i = 0; i < sizeof neither / sizeof *neither; i++) assert_false(dc_flag_parse(neither[i], &value));
  assert_false(dc_flag_parse(NULL, &value));
}

static void outcomes_may_be_flags(void **state)
{
  (void)state;
  assert_int_equal(dc_outcome_meaning(NULL, "Result", "1"), DC_MEANING_WON);
  assert_int_equal(dc_outcome_meaning(NULL, "Result", "No"), DC_MEANING_LOST);
  assert_int_equal(dc_outcome_meaning(NULL, "Result", "Lost"), DC_MEANING_LOST);
  assert_int_equal(dc_outcome_meaning(NULL, "Result", ""), DC_MEANING_UNKNOWN);
  assert_int_equal(dc_outcome_meaning(NULL, "Result", "Stage 3"), DC_MEANING_UNKNOWN);
}

static void legends(void **state)
{
  static const char wukong[] = "1赢单2输单3无效", english[] = "Status (0 = open, 1 = won, 2 = lost)";
  (void)state;
  assert_int_equal(dc_legend_meaning(wukong, "1"), DC_MEANING_WON);
  assert_int_equal(dc_legend_meaning(wukong, "2"), DC_MEANING_LOST);
  assert_int_equal(dc_legend_meaning(wukong, "3"), DC_MEANING_LOST);
  assert_int_equal(dc_legend_meaning(wukong, "4"), DC_MEANING_UNKNOWN);
  assert_int_equal(dc_legend_meaning(wukong, "12"), DC_MEANING_UNKNOWN);
  assert_int_equal(dc_legend_meaning(wukong, "a"), DC_MEANING_UNKNOWN);
  assert_int_equal(dc_legend_meaning(wukong, ""), DC_MEANING_UNKNOWN);
  assert_int_equal(dc_legend_meaning(wukong, NULL), DC_MEANING_UNKNOWN);
  assert_int_equal(dc_legend_meaning(english, "0"), DC_MEANING_OPEN);
  assert_int_equal(dc_outcome_meaning(NULL, english, "2"), DC_MEANING_LOST);
  assert_int_equal(dc_outcome_meaning(NULL, wukong, "1"), DC_MEANING_WON);
  assert_true(dc_is_legend(wukong));
  assert_true(dc_is_legend(english));
  assert_false(dc_is_legend("Closed won 2024"));
  assert_false(dc_is_legend("1"));
  assert_false(dc_is_legend(""));
}

static void check_plain(const char *text, bool blanks, bool brackets, const char *expected)
{
  char plain[DC_PLAIN_BYTES];
  size_t n = dc_plain(text, (dc_plain_style){blanks, brackets}, plain);
  assert_string_equal(plain, expected);
  assert_int_equal(n, strlen(expected));
}

static void plain_text(void **state)
{
  char text[2000], plain[DC_PLAIN_BYTES];
  (void)state;
  check_plain("Date de Clôture", false, true, "datedecloture");
  check_plain("E\xCC\x81tape", false, true, "etape"); /* an accent of its own, as macOS writes it */
  check_plain("ÉTAPE", true, true, "etape");
  check_plain("Œuvre Straße Ærø Łódź İş", true, true, "oeuvre strasse aero lodz is");
  check_plain("Deal - Owner_Name", true, true, "deal owner name");
  check_plain("Amount (EUR) [net] x", true, false, "amount x");
  check_plain("金额（万元）", false, false, "金额");
  check_plain("金额（万元）", false, true, "金额万元");
  check_plain("預計結單時間", false, true, "预计结单时间");
  check_plain("贏單客戶", true, true, "赢单客户");
  check_plain("ＡＢＣ１２", false, true, "abc12");
  check_plain("阶段3：报价", true, true, "阶段 3 报价");
  check_plain("a\xC2\xA0"
              "b\xE2\x80\x93"
              "c",
              true, true, "a b c");
  check_plain("a\xFF\xC3z", false, true, "a\xFF\xC3z"); /* no UTF-8: kept as it is */
  check_plain("", true, true, "");
  check_plain("()-", true, true, "");
  for (size_t i = 0; i + 3 < sizeof text; i += 3) memcpy(text + i, "赢", 3);
  text[sizeof text - 2] = '\0';
  size_t n = dc_plain(text, (dc_plain_style){true, true}, plain);
  assert_true(n < DC_PLAIN_BYTES && n % 3 == 0);
}

/* The tables were made by a script: what it calls plain is what the program calls plain, and they are sorted. */
static void tables_are_plain_and_sorted(void **state)
{
  (void)state;
  assert_true(dc_n_usual_words > 600);
  assert_true(dc_role_n_synonyms > 1200);
  for (size_t i = 0; i < dc_n_usual_words; i++) {
    check_plain(dc_usual_words[i].word, true, true, dc_usual_words[i].word);
    if (i > 0) assert_true(strcmp(dc_usual_words[i - 1].word, dc_usual_words[i].word) <= 0);
  }
  for (size_t i = 0; i < dc_role_n_synonyms; i++) {
    check_plain(dc_role_synonyms[i].word, false, true, dc_role_synonyms[i].word);
    if (i > 0) assert_true(strcmp(dc_role_synonyms[i - 1].word, dc_role_synonyms[i].word) <= 0);
    assert_in_range(dc_role_synonyms[i].weight, 30, 110);
    assert_true(dc_role_synonyms[i].shapes != 0);
  }
  assert_true(dc_role_n_loose_synonyms > 1200);
  for (size_t i = 0; i < dc_role_n_loose_synonyms; i++) {
    check_plain(dc_role_loose_synonyms[i].word, true, true, dc_role_loose_synonyms[i].word);
    if (i > 0) assert_true(strcmp(dc_role_loose_synonyms[i - 1].word, dc_role_loose_synonyms[i].word) <= 0);
  }
  for (size_t i = 0; dc_role_same_words[i][0]; i++)
    check_plain(dc_role_same_words[i][0], true, true, dc_role_same_words[i][0]);
  for (const char *const *p = dc_role_prefixes; *p; p++) check_plain(*p, false, true, *p);
  for (const char *const *p = dc_role_suffixes; *p; p++) check_plain(*p, false, true, *p);
}

/* No word means two things. */
static void words_do_not_contradict(void **state)
{
  (void)state;
  for (size_t i = 1; i < dc_n_usual_words; i++) {
    const dc_usual_word *a = &dc_usual_words[i - 1], *b = &dc_usual_words[i];
    bool both = a->kind <= DC_WORD_SILENT && b->kind <= DC_WORD_SILENT;
    if (both && strcmp(a->word, b->word) == 0) fail_msg("\"%s\" stands twice in meanings.txt", a->word);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(usual_words),
      cmocka_unit_test(words_of_any_length),
      cmocka_unit_test(flags),
      cmocka_unit_test(outcomes_may_be_flags),
      cmocka_unit_test(legends),
      cmocka_unit_test(plain_text),
      cmocka_unit_test(tables_are_plain_and_sorted),
      cmocka_unit_test(words_do_not_contradict),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
