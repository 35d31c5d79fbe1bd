#include "engine/ingest/encoding_tables.h"

#define WEST "1252 8859-15 IBM850 IBM437 Macintosh"
#define EAST "1250 8859-2 8859-16 IBM852 Europe"
#define BALTIC "1257 8859-13 8859-4 8859-10"
#define CYRILLIC "1251 8859-5 IBM855 IBM866 Cyrillic KOI8-R"

const dc_language dc_languages[] = {
    {"German", "üäöß", WEST},
    {"French", "éèàêçôîùâûëïœ", WEST},
    {"Spanish", "óíáéñúü", WEST},
    {"Portuguese", "ãçáéíóêõúâàô", WEST},
    {"Italian", "èàòùéì", WEST},
    {"Dutch", "éëïöüè", WEST},
    {"Danish and Norwegian", "øåæé", WEST},
    {"Swedish and Finnish", "äöåé", WEST},
    {"Icelandic", "íáðóþéúæýö", WEST},
    {"Irish", "áíéóú", WEST},
    {"Catalan", "éàóèíçòïú", WEST},
    {"Estonian", "äõüöšž", "1257 8859-13 8859-4 8859-10 8859-15 1252"},
    {"Polish", "łęąóżśćńź", EAST},
    {"Czech", "íáěéřžýščůúťňóď", EAST},
    {"Slovak", "áíéúčžšýťľňôóďäŕĺ", EAST},
    {"Hungarian", "áéöóőüíúű", EAST},
    {"Romanian", "ășîâțşţ", EAST},
    {"Croatian", "čšžćđ", EAST},
    {"Slovene", "čšž", EAST},
    {"Lithuanian", "ėšųžūįąčę", BALTIC},
    {"Latvian", "āīšēūņļžģčķ", BALTIC},
    {"Turkish", "ıüşöçğâîû", "1254 8859-9 8859-3"},
    {"Maltese", "ħġżċàéèù", "8859-3"},
    {"Esperanto", "ĉĝŭŝĵĥ", "8859-3"},
    {"Vietnamese", "đươăâêôáàạảãắằặẳẵấầậẩẫéèẹẻẽếềệểễíìịỉĩóòọỏõốồộổỗớờợởỡúùụủũứừựửữýỳỵỷỹ\u0301\u0300\u0323\u0309\u0303",
     "1258 VISCII"},
    {"Russian", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", CYRILLIC},
    {"Ukrainian", "оанивітерсклдмупзяьгбчйхцюжшїєщфґ", "1251 KOI8-U 8859-5 IBM866 Cyrillic"},
    {"Bulgarian", "аоеитнрсвлкдпмзягъбучцжщшхйфюь", CYRILLIC},
    {"Serbian", "аиоенсрјутдквмплзгбчшцжћњхљђџф", CYRILLIC},
    {"Greek", "αοιτεσνςρκπυηλμόίέωάδγθήχφβύξζώψϊϋΐΰ", "1253 8859-7"},
    {"Hebrew", "יוהלארבתשמנםדקחעפכטגסזןצךףץ", "1255 8859-8"},
    {"Arabic", "اليمنورتبةعدسفهكقأحجىشصطخضذثإءزئغظآؤ\u064B\u064E\u064F\u0650\u0651\u0652", "1256 8859-6"},
    {"Thai", "านรอกเง่มยลวดทสตะั้ปบคีหแจพชขใไ็โ์ิืุูำธณภศซถผึญฐฤฟฎฑฒฌฏฆฮฬฉฝฯๆ", "874"},
};

/* ISO-8859-1, -15 and so on follow the Windows page that holds the same letters: they give the name only where the bytes
 * say something else there. */
const dc_page dc_pages[] = {
    {"Windows-1252", "CP1252", 0},
    {"Windows-1250", "CP1250", 0},
    {"Windows-1251", "CP1251", 0},
    {"Windows-1253", "CP1253", 0},
    {"Windows-1254", "CP1254", -1},
    {"Windows-1255", "CP1255", 0},
    {"Windows-1256", "CP1256", 0},
    {"Windows-1257", "CP1257", 0},
    {"Windows-1258", "CP1258", -1},
    {"Windows-874", "CP874", 0},
    {"ISO-8859-15", "ISO-8859-15", -1},
    {"ISO-8859-2", "ISO-8859-2", -1},
    {"ISO-8859-3", "ISO-8859-3", -3},
    {"ISO-8859-4", "ISO-8859-4", -3},
    {"ISO-8859-5", "ISO-8859-5", -2},
    {"ISO-8859-6", "ISO-8859-6", -2},
    {"ISO-8859-7", "ISO-8859-7", -1},
    {"ISO-8859-8", "ISO-8859-8", -1},
    {"ISO-8859-9", "ISO-8859-9", -1},
    {"ISO-8859-10", "ISO-8859-10", -4},
    {"ISO-8859-13", "ISO-8859-13", -3},
    {"ISO-8859-16", "ISO-8859-16", -3},
    {"KOI8-R", "KOI8-R", -1},
    {"KOI8-U", "KOI8-U", -2},
    {"IBM850", "CP850", -5},
    {"IBM437", "CP437", -6},
    {"IBM852", "CP852", -5},
    {"IBM855", "CP855", -6},
    {"IBM866", "CP866", -4},
    {"Macintosh", "MACINTOSH", -5},
    {"Mac Central Europe", "MAC-CENTRALEUROPE", -6},
    {"Mac Cyrillic", "MAC-CYRILLIC", -6},
    {"VISCII", "VISCII", -4},
};

#define ZH                                                                                                                                                                      \
  "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种" \
  "公司限科技集团北京海市电信息名称金额日期阶段状态客户负责编号商机产品来源华东南西创建成交预计合同股份业务服务实"
#define TW                                                                                                                                                                      \
  "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種" \
  "公司限科技集團台北京海市電信息名稱金額日期階段狀態客戶負責編號商機產品來源華東南西創建成交預計合約股份業務服務實"
#define JA                                                                                                                                                                      \
  "日一人年大国本中会出上生者事社的分時間前行月東見自金今家話後立方入場業発員手対部内同学新高明実作定問全合理当品営販" \
  "株式会社商談名額予定契約顧客担当製電気機技術経済京都市"
#define KO                                                                                                                                                                         \
  "이다는을의에가고은로한하지를기도사나자그리어있서아인들여라시과대만수보전정상부해주일으것스안제도장소니와오야구동성선" \
  "회비당담명객금액계약날짜단태영업울국조화산체입등원경었거면데까게네요마우무모세유말번분신실심관교"

enum { ONE = 1, TWO = 2, THREE = 3, FOUR = 4 };

/* Common characters weigh log(0.45 / 120) by themselves. Kana in a Chinese text and hanja in a Korean one are rare. */
const dc_wide dc_wides[] = {
    {"GB18030",
     {"GB18030"},
     ZH,
     0,
     {{0xB0, 0xD7, 0xA1, 0xFE, TWO, -8.8},
      {0xD8, 0xF7, 0xA1, 0xFE, TWO, -11.5},
      {0xA1, 0xA1, 0xA1, 0xFE, TWO, -6},
      {0xA3, 0xA3, 0xA1, 0xFE, TWO, -7},
      {0xA2, 0xA2, 0xA1, 0xFE, TWO, -10},
      {0xA4, 0xA9, 0xA1, 0xFE, TWO, -11},
      {0x81, 0xFE, 0x30, 0x39, FOUR, -16},
      {0x81, 0xA0, 0x40, 0xFE, TWO, -13},
      {0xAA, 0xFE, 0x40, 0xA0, TWO, -13},
      {0x81, 0xFE, 0x40, 0xFE, TWO, -15}}},
    {"Big5",
     {"CP950", "BIG5-HKSCS"},
     TW,
     0,
     {{0xA4, 0xC6, 0x40, 0x7E, TWO, -9},
      {0xA4, 0xC6, 0xA1, 0xFE, TWO, -9},
      {0xC9, 0xF9, 0x40, 0x7E, TWO, -11.5},
      {0xC9, 0xF9, 0xA1, 0xFE, TWO, -11.5},
      {0xA1, 0xA1, 0x40, 0xFE, TWO, -6},
      {0xA2, 0xA3, 0x40, 0xFE, TWO, -10},
      {0x81, 0xFE, 0x40, 0x7E, TWO, -14},
      {0x81, 0xFE, 0xA1, 0xFE, TWO, -14}}},
    {"EUC-TW",
     {"EUC-TW"},
     TW,
     -4,
     {{0xC4, 0xFD, 0xA1, 0xFE, TWO, -9.5},
      {0xA1, 0xA1, 0xA1, 0xFE, TWO, -7},
      {0xA2, 0xC3, 0xA1, 0xFE, TWO, -11},
      {0x8E, 0x8E, 0xA1, 0xB0, FOUR, -14}}},
    {"Shift_JIS",
     {"CP932", "SHIFT_JISX0213"},
     JA,
     0,
     {{0x82, 0x82, 0x9F, 0xF1, TWO, -4.4},
      {0x83, 0x83, 0x40, 0x96, TWO, -5.2},
      {0x81, 0x81, 0x40, 0xFC, TWO, -6},
      {0x82, 0x82, 0x4F, 0x9A, TWO, -7},
      {0x88, 0x97, 0x40, 0xFC, TWO, -9},
      {0x98, 0x9F, 0x40, 0xFC, TWO, -12},
      {0xE0, 0xEA, 0x40, 0xFC, TWO, -12},
      {0xA1, 0xDF, 0, 0, ONE, -8},
      {0x81, 0x9F, 0x40, 0xFC, TWO, -14},
      {0xE0, 0xFC, 0x40, 0xFC, TWO, -14}}},
    {"EUC-JP",
     {"EUC-JP", "EUC-JP-MS", "EUC-JISX0213"},
     JA,
     0,
     {{0xA4, 0xA4, 0xA1, 0xF3, TWO, -4.4},
      {0xA5, 0xA5, 0xA1, 0xF6, TWO, -5.2},
      {0xA1, 0xA1, 0xA1, 0xFE, TWO, -6},
      {0xA3, 0xA3, 0xA1, 0xFE, TWO, -7},
      {0xB0, 0xCF, 0xA1, 0xFE, TWO, -9},
      {0xD0, 0xF4, 0xA1, 0xFE, TWO, -12},
      {0x8E, 0x8E, 0xA1, 0xDF, TWO, -9},
      {0x8F, 0x8F, 0xA1, 0xFE, THREE, -14},
      {0xA1, 0xFE, 0xA1, 0xFE, TWO, -14}}},
    {"EUC-KR",
     {"EUC-KR"},
     KO,
     0,
     {{0xB0, 0xC8, 0xA1, 0xFE, TWO, -8.5},
      {0xA1, 0xA1, 0xA1, 0xFE, TWO, -7},
      {0xCA, 0xFD, 0xA1, 0xFE, TWO, -12.5},
      {0xA2, 0xAC, 0xA1, 0xFE, TWO, -11},
      {0x81, 0xC6, 0x41, 0xFE, TWO, -13}}},
    {"Johab",
     {"JOHAB"},
     KO,
     -8,
     {{0x84, 0xD3, 0x41, 0x7E, TWO, -9.5},
      {0x84, 0xD3, 0x81, 0xFE, TWO, -9.5},
      {0xD8, 0xDE, 0x31, 0xFE, TWO, -10},
      {0xE0, 0xF9, 0x31, 0xFE, TWO, -13}}},
};

const size_t dc_n_languages = sizeof dc_languages / sizeof *dc_languages;
const size_t dc_n_pages = sizeof dc_pages / sizeof *dc_pages;
const size_t dc_n_wides = sizeof dc_wides / sizeof *dc_wides;
