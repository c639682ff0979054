#include "results/compare/match_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Positions = std::unordered_map<std::string, std::vector<std::size_t>>;

/// What a case is, as text: every field that applies and is not free.
std::string key_of(const Case& subject, std::span<const std::string> free_fields) {
  std::string key;
  for (const CaseField& field : case_fields()) {
    if (std::ranges::find(free_fields, field.name) != free_fields.end()) continue;
    if (!applies(field, subject)) continue;
    std::visit(
        [&](auto member) {
          const auto& value = subject.*member;
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
            key += value;
          } else {
            fmt::format_to(std::back_inserter(key), "{}", value);
          }
        },
        field.member);
    key += '\n';  // no text of a case holds one
  }
  return key;
}

Positions positions_of(std::span<const Case* const> cases, std::span<const std::string> free_fields,
                       std::string_view side) {
  Positions positions;
  positions.reserve(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    std::vector<std::size_t>& same = positions[key_of(*cases[i], free_fields)];
    if (!free_fields.empty() && !same.empty() && *cases[same.front()] != *cases[i]) {
      throw Error(fmt::format(
          "{}: '{}' is there more than once with different {}; add filters until only one is left",
          side, label(*cases[i]), fmt::join(free_fields, ", ")));
    }
    same.push_back(i);
  }
  return positions;
}

}  // namespace

CaseMatches match_cases(std::span<const Case* const> a, std::span<const Case* const> b,
                        std::span<const std::string> free_fields) {
  Positions left = positions_of(b, free_fields, "B");
  if (!free_fields.empty()) static_cast<void>(positions_of(a, free_fields, "A"));
  for (auto& [key, positions] : left) std::ranges::reverse(positions);
  CaseMatches matches;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto found = left.find(key_of(*a[i], free_fields));
    if (found == left.end() || found->second.empty()) {
      matches.only_a.push_back(i);
    } else {
      matches.both.emplace_back(i, found->second.back());
      found->second.pop_back();
    }
  }
  for (const auto& [key, positions] : left) {
    matches.only_b.insert(matches.only_b.end(), positions.begin(), positions.end());
  }
  std::ranges::sort(matches.only_b);
  return matches;
}

}  // namespace ridgepoint
