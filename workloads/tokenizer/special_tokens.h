// Tokens that are recognised in a text by their names, before anything is merged: user-defined ones
// always, control tokens when asked. The longest name that fits at a place is taken.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "workloads/tokenizer/vocabulary.h"

namespace ridgepoint {

/// A part of a text: a token's name (`id` at or above 0), or the text between two of them.
struct TextFragment {
  std::int32_t id = -1;
  std::string_view text;
};

class SpecialTokens {
 public:
  /// Points into the vocabulary, which must outlive this object.
  explicit SpecialTokens(const Vocabulary& vocabulary);
  /// In order, none of them empty; `control` says whether control tokens are recognised.
  [[nodiscard]] std::vector<TextFragment> split(std::string_view text, bool control) const;

 private:
  struct Name {
    std::string_view text;
    std::int32_t id;
    bool control;
  };
  [[nodiscard]] const Name* longest_at(std::string_view text, std::size_t place,
                                       bool control) const;
  /// By first byte, the longest first.
  std::array<std::vector<Name>, 256> names_;
  bool any_user_defined_ = false;
};

}  // namespace ridgepoint
