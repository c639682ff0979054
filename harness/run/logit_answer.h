// An answer of the reference as it is stored: for each position a fingerprint of all logits, the
// token it would choose, and enough of the logits to compare others with.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

struct AnswerRow {
  std::string bits;           ///< 128-bit XXH3 of the row's float bits, hex
  std::int64_t top = 0;       ///< lowest index of the largest
  std::vector<float> values;  ///< at answer_indices(vocabulary, top)
  bool operator==(const AnswerRow&) const = default;
};

/// Positions of a row that an answer keeps: at most 2048, evenly spaced, and the top.
std::vector<std::size_t> answer_indices(std::size_t vocabulary, std::int64_t top);
AnswerRow make_answer_row(std::span<const float> logits);

std::string to_json(const std::vector<AnswerRow>& rows);
/// Empty when the text is not an answer of `rows` rows over this vocabulary.
std::optional<std::vector<AnswerRow>> parse_answer_rows(std::string_view json, std::size_t rows,
                                                        std::size_t vocabulary);

}  // namespace ridgepoint
