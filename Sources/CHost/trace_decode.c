#include "chost_trace.h"

#include <stddef.h>
#include <string.h>

enum { LONGEST_INSTRUCTION = 15 };

/// The mandatory prefix as VEX and EVEX number it.
enum prefix { PREFIX_NONE = 0, PREFIX_66 = 1, PREFIX_F3 = 2, PREFIX_F2 = 3 };

static bool is_memory_operand(uint8_t modrm) { return modrm >> 6 != 3; }

static uint8_t operand_extension(uint8_t modrm) { return modrm >> 3 & 7; }

/// vmovntps, vmovntpd and vmovntdq; `opcode` points behind the VEX or EVEX prefix.
static struct chost_trace_effect vector_effect(
    const uint8_t *opcode, int map, enum prefix prefix, uint8_t vector_bytes) {
  struct chost_trace_effect effect = {0};
  bool streams = (opcode[0] == 0xE7 && prefix == PREFIX_66) ||
                 (opcode[0] == 0x2B && (prefix == PREFIX_NONE || prefix == PREFIX_66));
  if (map == 1 && streams && is_memory_operand(opcode[1])) {
    effect.non_temporal_bytes = vector_bytes;
  }
  return effect;
}

/// Group 15: fences and cache-line write-backs.
static struct chost_trace_effect group15_effect(uint8_t modrm, enum prefix prefix) {
  struct chost_trace_effect effect = {0};
  uint8_t extension = operand_extension(modrm);
  if (is_memory_operand(modrm)) {
    effect.writes_back = (extension == 7 && (prefix == PREFIX_NONE || prefix == PREFIX_66)) ||
                         (extension == 6 && prefix == PREFIX_66);
  } else {
    effect.fences = prefix == PREFIX_NONE && (extension == 7 || extension == 6);
  }
  return effect;
}

/// Instructions of the two-byte map; `opcode` points behind 0F.
static struct chost_trace_effect two_byte_effect(
    const uint8_t *opcode, enum prefix prefix, bool wide) {
  struct chost_trace_effect effect = {0};
  uint8_t word_bytes = wide ? 8 : 4;
  switch (opcode[0]) {
    case 0xAE:
      return group15_effect(opcode[1], prefix);
    case 0xC3:  // movnti
      if (prefix == PREFIX_NONE) effect.non_temporal_bytes = word_bytes;
      break;
    case 0xE7:  // movntq, movntdq
      if (prefix == PREFIX_NONE) effect.non_temporal_bytes = 8;
      if (prefix == PREFIX_66) effect.non_temporal_bytes = 16;
      break;
    case 0x2B: {  // movntps, movntpd, and movntss, movntsd of SSE4a
      static const uint8_t bytes[] = {16, 16, 4, 8};
      effect.non_temporal_bytes = bytes[prefix];
      break;
    }
    case 0x38:  // movdir64b, movdiri
      if (!is_memory_operand(opcode[2])) break;
      if (opcode[1] == 0xF8 && prefix == PREFIX_66) effect.non_temporal_bytes = 64;
      if (opcode[1] == 0xF9 && prefix == PREFIX_NONE) effect.non_temporal_bytes = word_bytes;
      return effect;
    case 0x01:  // clzero stores its line around the cache
      if (opcode[1] == 0xFC && prefix == PREFIX_NONE) effect.non_temporal_bytes = 64;
      return effect;
    default:
      return effect;
  }
  if (!is_memory_operand(opcode[1])) effect.non_temporal_bytes = 0;
  return effect;
}

static bool is_string_opcode(uint8_t opcode) {
  return (opcode >= 0xA4 && opcode <= 0xA7) || (opcode >= 0xAA && opcode <= 0xAF);
}

static bool is_legacy_prefix(uint8_t byte) {
  static const uint8_t prefixes[] = {
      0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3};
  return memchr(prefixes, byte, sizeof prefixes) != NULL;
}

struct chost_trace_effect chost_trace_decode(const uint8_t *bytes) {
  struct chost_trace_effect none = {0};
  enum prefix prefix = PREFIX_NONE;
  bool wide = false;
  int at = 0;
  for (; at < LONGEST_INSTRUCTION; at++) {
    uint8_t byte = bytes[at];
    bool rex = byte >> 4 == 4;
    if (!rex && !is_legacy_prefix(byte)) break;
    if (byte == 0xF2) prefix = PREFIX_F2;
    if (byte == 0xF3) prefix = PREFIX_F3;
    if (byte == 0x66 && prefix == PREFIX_NONE) prefix = PREFIX_66;
    wide = rex && (byte >> 3 & 1);  // REX counts only directly before the opcode
  }
  const uint8_t *opcode = bytes + at;
  switch (opcode[0]) {
    case 0x0F:
      return two_byte_effect(opcode + 1, prefix, wide);
    case 0xC5:
      return vector_effect(opcode + 2, 1, opcode[1] & 3, opcode[1] & 4 ? 32 : 16);
    case 0xC4:
      return vector_effect(
          opcode + 3, opcode[1] & 31, opcode[2] & 3, opcode[2] & 4 ? 32 : 16);
    case 0x62:
      return vector_effect(
          opcode + 4, opcode[1] & 7, opcode[2] & 3, (uint8_t)(16 << (opcode[3] >> 5 & 3)));
  }
  if (is_string_opcode(opcode[0]) && (prefix == PREFIX_F2 || prefix == PREFIX_F3)) {
    return (struct chost_trace_effect){.repeat_length = (uint8_t)(at + 1)};
  }
  return none;
}
