// Characters of UTF-8 text as tokenizers tell them apart: letters, numbers, white space, others.
// Bytes that are no UTF-8 are characters of one byte each, so that any bytes have characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ridgepoint {

enum class CharacterClass : std::uint8_t {
  letter,  ///< Unicode category L*
  number,  ///< N*
  space,   ///< property White_Space
  other,   ///< everything else, bytes that are no UTF-8 among it
  none,    ///< beyond the end of the text
};

struct Character {
  std::int32_t code = -1;  ///< code point; -1: a byte that is no UTF-8, or the end
  std::size_t bytes = 0;   ///< that it takes; 0: the end
  CharacterClass kind = CharacterClass::none;
};

/// The character at a place of the text; `none` at or beyond its end. Categories are those of the
/// Unicode version that the library knows (docs/quality.md).
Character character_at(std::string_view text, std::size_t place);

/// Bytes of the character alone, without its class: 0 at the end.
std::size_t character_bytes(std::string_view text, std::size_t place);

}  // namespace ridgepoint
