#include "engine/ingest/sniff.h"

#include "engine/ingest/number.h"

#include <stdlib.h>
#include <string.h>

enum { TOKEN_BYTES = 48, FIRST_YEAR = 1900, LAST_YEAR = 2100 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Bytes that stand in numbers and dates: signs, currencies, T and Z, blanks; B is how one of the parts begins. */
enum { WORD, DIGIT, SIGN, BETWEEN, BEGINS };
#define S SIGN
#define B BEGINS
static const unsigned char classes[256] = {
    [' '] = S,     ['.'] = S,     [','] = S,     ['+'] = S,       ['-'] = BETWEEN, ['%'] = S,
    ['$'] = S,     ['('] = S,     [')'] = S,     ['/'] = BETWEEN, [':'] = BETWEEN, ['T'] = S,
    ['Z'] = S,     [0xC2] = B,    [0xE2] = B,    [0xE4] = B,      [0xE5] = B,      [0xE6] = B,
    [0xE7] = B,    [0xEF] = B,    ['0'] = DIGIT, ['1'] = DIGIT,   ['2'] = DIGIT,   ['3'] = DIGIT,
    ['4'] = DIGIT, ['5'] = DIGIT, ['6'] = DIGIT, ['7'] = DIGIT,   ['8'] = DIGIT,   ['9'] = DIGIT};
#undef S
#undef B

/* Of a number or date beside digits, beyond ASCII: how long it is, 0 = something else. The first ones make a date. */
static size_t part_of(const char *text, size_t length, bool *date)
{
  enum { OF_DATES = 6 };
  static const char *const parts[] = {"年", "月", "日", "时", "分", "秒",     "万",
                                      "元", "€",  "£",  "¥",  "￥", "\u00A0", "\u202F"};
  for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
    size_t m = strlen(parts[k]);
    if (length < m || memcmp(text, parts[k], m) != 0) continue;
    *date |= k < OF_DATES;
    return m;
  }
  return 0;
}

dc_look dc_look_of(const char *text, size_t length)
{
  size_t digits = 0, signs = 0;
  bool date = false;
  dc_trim(&text, &length);
  if (!length) return DC_LOOK_EMPTY;
  for (size_t i = 0; i < length;) {
    unsigned char class = classes[(unsigned char)text[i]];
    size_t n = class == BEGINS ? part_of(text + i, length - i, &date) : class != WORD;
    if (!n) return DC_LOOK_WORDS;
    digits += class == DIGIT;
    signs += class != DIGIT;
    date |= class == BETWEEN && i > 0 && is_digit(text[i - 1]) && i + 1 < length && is_digit(text[i + 1]);
    i += n;
  }
  if (!digits) return DC_LOOK_WORDS;
  if (date) return DC_LOOK_DATE;
  int year = digits == 4 && !signs ? (text[0] - '0') * 1000 + (text[1] - '0') * 100 : 0;
  return year >= FIRST_YEAR && year < LAST_YEAR ? DC_LOOK_YEAR : DC_LOOK_NUMBER;
}

/* Tokens end so, by their last letter: closedate, deal_stage, OwnerId. "id" must stand alone. */
static const char *const words[26] = {
    ['a' - 'a'] = "quota firma fecha etapa cuenta conta azienda",
    ['d' - 'a'] = "created lead",
    ['e' - 'a'] =
        "name date stage type source phone price value title code revenue phase kunde etape compte importe nombre cliente nome fase",
    ['g' - 'a'] = "betrag",
    ['h' - 'a'] = "month",
    ['l' - 'a'] = "email",
    ['m' - 'a'] = "team datum",
    ['n' - 'a'] = "region description",
    ['o' - 'a'] = "proprietario importo",
    ['r' - 'a'] = "owner customer number quarter nummer besitzer verkaeufer valor",
    ['s' - 'a'] = "status",
    ['t' - 'a'] = "amount account product target contact forecast wert montant client statut",
    ['y' - 'a'] = "country opportunity quantity currency category city probability company industry territory",
};
static const char *const ideographs[] = {"名称", "金额", "日期", "时间", "阶段", "状态",   "客户", "负责人",
                                         "编号", "商机", "产品", "来源", "类型", "预计",   "概率", "名稱",
                                         "金額", "時間", "階段", "狀態", "客戶", "負責人", "編號", "商機",
                                         "產品", "來源", "商談", "金額", "顧客"};

static bool ends_with_word(const char *token, size_t n)
{
  if (n == 2) return memcmp(token, "id", 2) == 0;
  const char *last = words[token[n - 1] - 'a'];
  for (size_t m; last && *last; last += last[m] ? m + 1 : m) {
    for (m = 0; last[m] && last[m] != ' ';) m++;
    if (n >= m && memcmp(token + n - m, last, m) == 0) return true;
  }
  return false;
}

bool dc_is_header_word(const char *text, size_t length)
{
  char token[TOKEN_BYTES];
  size_t n = 0;
  dc_trim(&text, &length);
  for (size_t i = 0; i <= length; i++) {
    char c = i < length ? text[i] : 0, low = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    bool letter = low >= 'a' && low <= 'z',
         starts = letter && low != c && i && text[i - 1] >= 'a' && text[i - 1] <= 'z';
    if ((!letter || starts || n == TOKEN_BYTES) && n) {
      if (ends_with_word(token, n)) return true;
      n = 0;
    }
    if (letter) token[n++] = low;
  }
  for (size_t i = 0; i < length; i++) {
    for (size_t k = 0; (text[i] & 0x80) && k < sizeof ideographs / sizeof *ideographs; k++) {
      size_t m = strlen(ideographs[k]);
      if (length - i >= m && memcmp(text + i, ideographs[k], m) == 0) return true;
    }
  }
  return false;
}

static void sniff_field(void *bytes, size_t length, void *context)
{
  dc_sniffed *s = context;
  dc_sniffed_record *r = &s->record[s->n];
  size_t field = r->fields++;
  dc_look look = length && length <= DC_FIELD_BYTES ? dc_look_of(bytes, length) : DC_LOOK_EMPTY;
  r->filled += look != DC_LOOK_EMPTY;
  if (look == DC_LOOK_WORDS && !r->header_word && length < 2 * TOKEN_BYTES)
    r->header_word = dc_is_header_word(bytes, length);
  if (field < DC_SNIFF_COLUMNS) s->look[s->n][field] = (unsigned char)look;
}

static bool sniff_record(void *context, const dc_record *record)
{
  dc_sniffed *s = context;
  dc_sniffed_record *r = &s->record[s->n];
  r->line = record->line;
  r->odd = record->kind != DC_RECORD_FIELDS || record->literal_quote;
  if (record->kind != DC_RECORD_FIELDS) r->fields = r->filled = 0;
  s->n++;
  return s->n < DC_SNIFF_RECORDS;
}

/* The number of fields whose records hold the most cells, if there are two of them: a few lines of another number above or
 * below do not matter then. */
static void find_width(dc_sniffed *s)
{
  size_t cells = 0;
  bool first = true;
  for (size_t i = 0; i < s->n; i++) {
    size_t same = 0, fields = s->record[i].fields;
    s->odd += s->record[i].odd;
    s->records += fields > 0 || s->record[i].odd;
    for (size_t k = 0; k < s->n && fields > 1 && !s->record[i].odd; k++)
      same += s->record[k].fields == fields && !s->record[k].odd;
    size_t worth = same > 1 ? same * fields : same;
    if (worth <= cells) continue;
    cells = worth;
    s->agreeing = same;
    s->width = fields;
  }
  for (size_t i = 0; i < s->n && first; i++) {
    if (!s->record[i].fields && !s->record[i].odd) continue;
    s->first_agrees = s->width && s->record[i].fields == s->width;
    first = false;
  }
}

dc_status dc_sniff(dc_reader *reader, const char *text, size_t length, bool more, uint64_t line, char delimiter,
                   dc_sniffed *sniffed, dc_error *error)
{
  memset(sniffed, 0, sizeof *sniffed);
  dc_source *source = NULL;
  dc_error own;
  if (length == 0) return DC_OK;
  dc_status status = dc_source_memory("", text, length, &source, error);
  if (status != DC_OK) return status;
  dc_sequence range = {.source = source, .line = line, .to = length};
  dc_sink sink = {sniff_field, sniff_record, sniffed};
  dc_reader_set_delimiter(reader, delimiter);
  status = dc_read_sequence(reader, &range, &sink, &own);
  dc_source_free(source);
  if (status != DC_OK && status != DC_E_INPUT) { /* a quote left open speaks against this delimiter only */
    if (error) *error = own;
    return status;
  }
  if (more && sniffed->n > 1 && sniffed->n < DC_SNIFF_RECORDS && status == DC_OK) sniffed->n--;
  find_width(sniffed);
  return DC_OK;
}

dc_look dc_sniffed_column(const dc_sniffed *s, size_t above, size_t column)
{
  size_t count[DC_LOOK_DATE + 1] = {0}, values = 0;
  if (column >= DC_SNIFF_COLUMNS) return DC_LOOK_WORDS;
  for (size_t i = above + 1; i < s->n; i++) {
    if (s->record[i].fields != (s->width ? s->width : 1)) continue;
    dc_look look = (dc_look)s->look[i][column];
    count[look]++;
    values += look != DC_LOOK_EMPTY;
  }
  if (values < (s->records > 2 ? 2 : 1)) return DC_LOOK_WORDS;
  if (count[DC_LOOK_DATE] * 5 >= values * 4) return DC_LOOK_DATE;
  if (count[DC_LOOK_YEAR] * 5 >= values * 4) return DC_LOOK_YEAR;
  return (count[DC_LOOK_NUMBER] + count[DC_LOOK_YEAR]) * 5 >= values * 4 ? DC_LOOK_NUMBER : DC_LOOK_WORDS;
}
