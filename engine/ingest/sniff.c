#include "engine/ingest/sniff.h"

#include "engine/ingest/number.h"

#include <stdlib.h>
#include <string.h>

enum { TOKEN_BYTES = 48, FIRST_YEAR = 1900, LAST_YEAR = 2100 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Letters of a number or date beside digits: signs, currencies, T and Z, 年月日, 万元, and blanks. */
dc_look dc_look_of(const char *text, size_t length)
{
  static const char *const parts[] = {"年", "月", "日", "时", "分", "秒",     "万",
                                      "元", "€",  "£",  "¥",  "￥", "\u00A0", "\u202F"};
  size_t digits = 0, signs = 0;
  bool date = false;
  dc_trim(&text, &length);
  if (!length) return DC_LOOK_EMPTY;
  for (size_t i = 0; i < length;) {
    char c = text[i];
    size_t n = strchr(" .,+-%$()/:TZ", c) && c ? 1 : 0;
    for (size_t k = 0; !n && !is_digit(c) && k < sizeof parts / sizeof *parts; k++) {
      size_t m = strlen(parts[k]);
      if (length - i >= m && memcmp(text + i, parts[k], m) == 0) n = m;
      date |= n && k < 6;
    }
    if (is_digit(c)) {
      digits++;
      n = 1;
    }
    bool between = i > 0 && is_digit(text[i - 1]) && i + 1 < length && is_digit(text[i + 1]);
    date |= between && (c == '-' || c == '/' || c == ':');
    if (!n) return DC_LOOK_WORDS;
    signs += !is_digit(c);
    i += n;
  }
  if (!digits) return DC_LOOK_WORDS;
  if (date) return DC_LOOK_DATE;
  int year = digits == 4 && !signs ? (text[0] - '0') * 1000 + (text[1] - '0') * 100 : 0;
  return year >= FIRST_YEAR && year < LAST_YEAR ? DC_LOOK_YEAR : DC_LOOK_NUMBER;
}

/* Tokens end so: closedate, deal_stage, OwnerId. "id" must stand alone. */
static const char *const words[] = {
    "name",         "date",        "amount",  "stage",    "status",   "owner",     "account",  "created",
    "type",         "source",      "email",   "phone",    "country",  "region",    "product",  "customer",
    "opportunity",  "lead",        "price",   "quantity", "value",    "currency",  "title",    "category",
    "city",         "number",      "code",    "month",    "quarter",  "quota",     "target",   "revenue",
    "probability",  "description", "company", "contact",  "industry", "territory", "team",     "forecast",
    "datum",        "betrag",      "phase",   "kunde",    "nummer",   "wert",      "besitzer", "verkaeufer",
    "firma",        "montant",     "client",  "etape",    "statut",   "compte",    "fecha",    "importe",
    "nombre",       "etapa",       "cliente", "cuenta",   "nome",     "valor",     "conta",    "fase",
    "proprietario", "azienda",     "importo"};
static const char *const ideographs[] = {"名称", "金额", "日期", "时间", "阶段", "状态",   "客户", "负责人",
                                         "编号", "商机", "产品", "来源", "类型", "预计",   "概率", "名稱",
                                         "金額", "時間", "階段", "狀態", "客戶", "負責人", "編號", "商機",
                                         "產品", "來源", "商談", "金額", "顧客"};

static bool ends_with_word(const char *token, size_t n)
{
  if (n == 2) return memcmp(token, "id", 2) == 0;
  for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
    size_t m = strlen(words[k]);
    if (n >= m && memcmp(token + n - m, words[k], m) == 0) return true;
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
  for (size_t k = 0; k < sizeof ideographs / sizeof *ideographs; k++) {
    size_t m = strlen(ideographs[k]);
    for (size_t i = 0; i + m <= length; i++)
      if (memcmp(text + i, ideographs[k], m) == 0) return true;
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
