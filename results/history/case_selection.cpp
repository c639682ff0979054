#include "results/history/case_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "workloads/error.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kShortestPrefix = 4;
constexpr std::size_t kShownCases = 5;
constexpr std::size_t kShownHash = 8;

struct SelectionText {
  std::string name;  ///< a hash or RUN/ORDINAL; empty: filters alone
  std::vector<SideFilter> of_case, of_runs;
};

bool is_hash_prefix(std::string_view text) {
  return text.size() >= kShortestPrefix && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

/// parse_side takes a text of unknown words for a name; here it is a slip of the finger.
std::vector<SideFilter> parse_filters(std::string_view text) {
  SideText side = parse_side(text);
  if (side.filters.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    const auto keys = side_filter_keys();
    throw Error(fmt::format("'{}': expected KEY:VALUE{}; keys are {}", word,
                            did_you_mean(word.substr(0, word.find(':')), keys),
                            fmt::join(keys, ", ")));
  }
  return std::move(side.filters);
}

SelectionText parse_selection(std::string_view text) {
  SelectionText selection;
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto first = text.substr(0, text.find(' '));
  std::string_view rest = text;
  if (first.find(':') == std::string_view::npos) {
    selection.name = first;
    rest.remove_prefix(std::min(text.find_first_not_of(' ', first.size()), text.size()));
  }
  if (!rest.empty()) {
    for (SideFilter& filter : parse_filters(rest)) {
      auto& filters = is_case_filter(filter) ? selection.of_case : selection.of_runs;
      filters.push_back(std::move(filter));
    }
  }
  if (selection.name.empty() && selection.of_case.empty()) {
    throw Error(
        "which case? Give the first characters of its hash ('ridgepoint list cases'), RUN/ORDINAL, "
        "or key:value words such as op:matrix_product rows:1");
  }
  return selection;
}

std::optional<MeasuredCase> case_of_run(const HistoryQuery& query, const std::string& name) {
  const auto slash = name.rfind('/');
  if (slash == std::string::npos) return std::nullopt;
  std::int64_t ordinal = 0;
  const char* const end = name.data() + name.size();
  const auto [stopped, status] = std::from_chars(name.data() + slash + 1, end, ordinal);
  if (status != std::errc() || stopped != end) {
    throw Error(fmt::format("'{}': expected RUN/ORDINAL with a number after the slash", name));
  }
  return query.case_at(std::string_view(name).substr(0, slash), ordinal);
}

MeasuredCase only_one(std::vector<MeasuredCase> fitting, std::string_view text,
                      const HistoryQuery& query) {
  if (fitting.empty()) {
    throw Error(
        fmt::format("'{}' fits no case with records in {}; 'ridgepoint list cases' shows what "
                    "there is",
                    text, query.path().string()));
  }
  if (fitting.size() == 1) return std::move(fitting.front());
  std::string listed;
  for (std::size_t i = 0; i < std::min(fitting.size(), kShownCases); ++i) {
    listed += fmt::format("{}{} ({})", i == 0 ? "" : ", ", fitting[i].hash.substr(0, kShownHash),
                          to_command_line(fitting[i].subject));
  }
  throw Error(fmt::format("'{}' fits {} cases; say more, or give one of these hashes: {}{}", text,
                          fitting.size(), listed, fitting.size() > kShownCases ? ", ..." : ""));
}

bool fits_all(const std::vector<SideFilter>& filters, const Case& subject) {
  return std::ranges::all_of(filters,
                             [&](const SideFilter& filter) { return fits(filter, subject); });
}

}  // namespace

CaseSelection select_case(const HistoryQuery& query, std::string_view text) {
  SelectionText words = parse_selection(text);
  CaseSelection selection;
  selection.run_filters = std::move(words.of_runs);
  if (auto of_run = case_of_run(query, words.name)) {
    if (!fits_all(words.of_case, of_run->subject)) {
      throw Error(fmt::format("'{}': {} is {}, which the other words do not fit", text, words.name,
                              to_command_line(of_run->subject)));
    }
    selection.chosen = *std::move(of_run);
    return selection;
  }
  if (!words.name.empty() && !is_hash_prefix(words.name)) {
    throw Error(
        fmt::format("'{}' is no case: give {} or more characters of a case hash ('ridgepoint "
                    "list cases'), RUN/ORDINAL, or key:value words",
                    words.name, kShortestPrefix));
  }
  auto cases = query.cases();
  std::erase_if(cases, [&](const MeasuredCase& measured) {
    return !measured.hash.starts_with(words.name) || !fits_all(words.of_case, measured.subject);
  });
  selection.chosen = only_one(std::move(cases), text, query);
  return selection;
}

bool fits(const CaseSelection& selection, const HistoryRow& row, const std::string& environment) {
  Run run = row.run;
  run.environment = environment;
  return std::ranges::all_of(selection.run_filters, [&](const SideFilter& filter) {
    return filter.key == "run" ? run.id.starts_with(filter.value) || run.label == filter.value
                               : fits(filter, run);
  });
}

}  // namespace ridgepoint
