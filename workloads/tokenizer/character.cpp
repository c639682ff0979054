#include "workloads/tokenizer/character.h"

#include <utf8proc.h>

#include <algorithm>

namespace ridgepoint {
namespace {

CharacterClass class_of(std::int32_t code) {
  // White_Space: the separators and six control characters.
  if ((code >= 0x09 && code <= 0x0D) || code == 0x85) return CharacterClass::space;
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return CharacterClass::letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return CharacterClass::number;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return CharacterClass::space;
    default:
      return CharacterClass::other;
  }
}

}  // namespace

Character character_at(std::string_view text, std::size_t place) {
  if (place >= text.size()) return {};
  constexpr std::size_t kLongest = 4;
  utf8proc_int32_t code = -1;
  const auto taken = utf8proc_iterate(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + place,
      static_cast<utf8proc_ssize_t>(std::min(kLongest, text.size() - place)), &code);
  if (taken <= 0 || code < 0) return {.code = -1, .bytes = 1, .kind = CharacterClass::other};
  return {.code = code, .bytes = static_cast<std::size_t>(taken), .kind = class_of(code)};
}

std::size_t character_bytes(std::string_view text, std::size_t place) {
  return character_at(text, place).bytes;
}

}  // namespace ridgepoint
