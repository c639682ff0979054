#include "harness/run/logit_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>

#include "workloads/content_hash.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kMostValues = 2048;
constexpr int kVersion = 1;

}  // namespace

std::vector<std::size_t> answer_indices(std::size_t vocabulary, std::int64_t top) {
  const auto count = std::min(vocabulary, kMostValues);
  std::vector<std::size_t> indices;
  indices.reserve(count + 1);
  for (std::size_t i = 0; i < count; ++i) indices.push_back(i * vocabulary / count);
  indices.push_back(static_cast<std::size_t>(top));
  return indices;
}

AnswerRow make_answer_row(std::span<const float> logits) {
  AnswerRow row;
  row.bits = content_hash(std::as_bytes(logits));
  row.top = std::max_element(logits.begin(), logits.end()) - logits.begin();
  for (const auto index : answer_indices(logits.size(), row.top)) {
    row.values.push_back(logits[index]);
  }
  return row;
}

std::string to_json(const std::vector<AnswerRow>& rows) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& row : rows) {
    // As bit patterns: exact, and a number that is none can be told.
    std::vector<std::uint32_t> values;
    for (const float value : row.values) values.push_back(std::bit_cast<std::uint32_t>(value));
    list.push_back({{"bits", row.bits}, {"top", row.top}, {"values", values}});
  }
  return nlohmann::json{{"version", kVersion}, {"rows", list}}.dump();
}

std::optional<std::vector<AnswerRow>> parse_answer_rows(std::string_view json, std::size_t rows,
                                                        std::size_t vocabulary) {
  try {
    const auto object = nlohmann::json::parse(json);
    if (object.at("version") != kVersion || object.at("rows").size() != rows) return std::nullopt;
    std::vector<AnswerRow> result;
    for (const auto& entry : object.at("rows")) {
      AnswerRow row;
      row.bits = entry.at("bits").get<std::string>();
      row.top = entry.at("top").get<std::int64_t>();
      if (row.top < 0 || row.top >= static_cast<std::int64_t>(vocabulary)) return std::nullopt;
      for (const auto value : entry.at("values").get<std::vector<std::uint32_t>>()) {
        row.values.push_back(std::bit_cast<float>(value));
      }
      if (row.values.size() != answer_indices(vocabulary, row.top).size()) return std::nullopt;
      result.push_back(std::move(row));
    }
    return result;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // it is computed anew
  }
}

}  // namespace ridgepoint
