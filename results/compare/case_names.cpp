#include "results/compare/case_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <variant>

namespace ridgepoint {
namespace {

std::string value_text(const FieldValue& value) {
  return std::visit([](const auto& content) { return fmt::format("{}", content); }, value);
}

}  // namespace

std::vector<std::string> case_names(std::span<const Case> cases) {
  std::vector<std::string> names;
  std::unordered_map<std::string, std::vector<std::size_t>> by_label;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    std::string name = label(cases[i]);
    // A reason or a name from a stranger's file must not break a line of a report.
    std::ranges::replace_if(
        name, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    by_label[name].push_back(i);
    names.push_back(std::move(name));
  }
  for (const auto& [name, members] : by_label) {
    if (members.size() == 1) continue;
    for (const CaseField& field : case_fields()) {
      const FieldValue first = get(cases[members.front()], field);
      const bool differs = std::ranges::any_of(
          members, [&](std::size_t i) { return get(cases[i], field) != first; });
      if (!differs) continue;
      for (const std::size_t i : members) {
        if (!applies(field, cases[i])) continue;
        names[i] += fmt::format(" {} {}", field.name, value_text(get(cases[i], field)));
      }
    }
  }
  return names;
}

}  // namespace ridgepoint
