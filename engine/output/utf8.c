#include "engine/output/utf8.h"

#include <stdbool.h>

static bool follows(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

int dc_utf8_length(const char *text)
{
  const unsigned char *p = (const unsigned char *)text;
  if (p[0] == 0) return 0;
  if (p[0] < 0x80) return 1;
  if (p[0] < 0xC2 || p[0] > 0xF4) return 0;
  if (!follows(text[1])) return 0;
  if (p[0] < 0xE0) return 2;
  if (!follows(text[2])) return 0;
  if (p[0] < 0xF0) {
    bool overlong = p[0] == 0xE0 && p[1] < 0xA0, surrogate = p[0] == 0xED && p[1] > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (!follows(text[3])) return 0;
  bool overlong = p[0] == 0xF0 && p[1] < 0x90, beyond = p[0] == 0xF4 && p[1] > 0x8F;
  return overlong || beyond ? 0 : 4;
}

uint32_t dc_utf8_code(const char *text, int length)
{
  static const uint32_t lead[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  uint32_t code = (unsigned char)text[0] & lead[length];
  for (int i = 1; i < length; i++) code = code << 6 | ((unsigned char)text[i] & 0x3Fu);
  return code;
}

typedef struct range {
  uint32_t first, last;
} range;

static bool within(const range *ranges, uint32_t code)
{
  for (; ranges->last; ranges++)
    if (code >= ranges->first && code <= ranges->last) return true;
  return false;
}

int dc_utf8_width(uint32_t code)
{
  static const range control[] = {
      {0, 0x1F},        {0x7F, 0x9F},     {0x200B, 0x200B}, {0x200E, 0x200F},   {0x2028, 0x202E},
      {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}, {0, 0}};
  static const range combining[] = {
      {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F}, {0x0E31, 0x0E31},
      {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D}, {0x1AB0, 0x1AFF},
      {0x1DC0, 0x1DFF}, {0x200C, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0, 0}};
  static const range wide[] = {{0x1100, 0x115F},   {0x231A, 0x231B},   {0x2E80, 0x303E},
                               {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
                               {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
                               {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                               {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF},
                               {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}, {0, 0}};
  if (code >= 0x20 && code < 0x7F) return 1;
  if (code == 0 || within(control, code)) return -1;
  if (within(combining, code)) return 0;
  return within(wide, code) ? 2 : 1;
}
