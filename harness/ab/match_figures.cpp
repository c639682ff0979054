#include "harness/ab/match_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "results/compare/match_cases.h"
#include "workloads/case.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Positions = std::vector<std::pair<std::size_t, std::size_t>>;

std::string listed_names(const Slice& slice) {
  std::string names;
  for (const auto& value : slice.values) names += (names.empty() ? "" : ", ") + value.name;
  return names.empty() ? "none" : names;
}

std::string unit_text(const std::string& unit) {
  return unit.empty() ? "no unit" : fmt::format("'{}'", unit);
}

Positions by_name(const Slice& a, const Slice& b) {
  Positions matched;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const auto found = std::ranges::find(b.values, a.values[i].name, &SliceValue::name);
    if (found != b.values.end()) {
      matched.emplace_back(i, static_cast<std::size_t>(found - b.values.begin()));
    }
  }
  return matched;
}

/// What all cases of the slice have in this field; empty when they differ.
std::optional<FieldValue> common_value(const Slice& slice, const CaseField& field) {
  std::optional<FieldValue> common;
  for (const Record& record : slice.records) {
    const FieldValue value = get(record.subject, field);
    if (common && *common != value) return std::nullopt;
    common = value;
  }
  return common;
}

/// Cases that are alike but for what the arms differ in throughout.
Positions by_case(const Slice& a, const Slice& b) {
  std::vector<std::string> free_fields;
  for (const CaseField& field : case_fields()) {
    const auto in_a = common_value(a, field);
    const auto in_b = common_value(b, field);
    if (in_a && in_b && *in_a != *in_b) free_fields.emplace_back(field.name);
  }
  const auto subjects = [](const Slice& slice) {
    std::vector<const Case*> cases;
    for (const Record& record : slice.records) cases.push_back(&record.subject);
    return cases;
  };
  const CaseMatches cases = match_cases(subjects(a), subjects(b), free_fields);
  Positions matched;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    for (std::size_t j = 0; j < b.values.size(); ++j) {
      const auto& of_a = a.values[i];
      const auto& of_b = b.values[j];
      if (!of_a.record || !of_b.record || of_a.metric != of_b.metric) continue;
      if (std::ranges::find(cases.both, std::pair(*of_a.record, *of_b.record)) !=
          cases.both.end()) {
        matched.emplace_back(i, j);
      }
    }
  }
  return matched;
}

AbFigure figure_of(const SliceValue& a, const SliceValue& b) {
  if (a.unit != b.unit || a.more_is_better != b.more_is_better) {
    throw Error(fmt::format("A gives '{}' in {} and B gives '{}' in {}: they cannot be compared",
                            a.name, a.unit, b.name, b.unit));
  }
  AbFigure figure{a.name, b.name, a.unit, a.more_is_better, a.printed_unit};
  require_same_unit(figure, b, "B");
  return figure;
}

}  // namespace

void require_same_unit(const AbFigure& figure, const SliceValue& value, std::string_view arm) {
  // Sessions of before this was looked at do not say.
  if (!figure.printed_unit || *figure.printed_unit == value.printed_unit) return;
  throw Error(fmt::format(
      "{} printed {:g} with {} after '{}', where the number before it had {}: print one unit, or "
      "give a pattern that only a number of that unit follows",
      arm, value.value, unit_text(value.printed_unit), value.name,
      unit_text(*figure.printed_unit)));
}

MatchedFigures match_figures(const Slice& a, const Slice& b) {
  Positions matched = by_name(a, b);
  if (matched.empty() && !a.records.empty() && !b.records.empty()) matched = by_case(a, b);
  if (matched.empty() && a.values.size() == 1 && b.values.size() == 1) matched = {{0, 0}};
  if (matched.empty()) {
    throw Error(fmt::format("A and B have no figure in common: A gives {}; B gives {}",
                            listed_names(a), listed_names(b)));
  }
  MatchedFigures found;
  for (const auto& [i, j] : matched) {
    found.figures.push_back(figure_of(a.values[i], b.values[j]));
  }
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const bool there = std::ranges::any_of(matched, [&](const auto& at) { return at.first == i; });
    if (!there) found.only_a.push_back(a.values[i].name);
  }
  for (std::size_t j = 0; j < b.values.size(); ++j) {
    const bool there = std::ranges::any_of(matched, [&](const auto& at) { return at.second == j; });
    if (!there) found.only_b.push_back(b.values[j].name);
  }
  return found;
}

}  // namespace ridgepoint
