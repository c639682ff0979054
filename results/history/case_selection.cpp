#include "results/history/case_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "workloads/error.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kShortestPrefix = 4;
constexpr std::size_t kShownCases = 5;
constexpr std::size_t kShownHash = 8;
constexpr std::string_view kRunKeys[] = {"branch", "label", "commit", "env"};

struct Filter {
  std::string key, value;
};

struct Words {
  std::string name;             ///< a hash or RUN/ORDINAL; empty: filters alone
  std::vector<Filter> of_case;  ///< over case fields
  std::vector<Filter> of_runs;
};

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    words.push_back(text.substr(0, text.find(' ')));
    text.remove_prefix(words.back().size());
  }
}

bool is_hash_prefix(std::string_view text) {
  return text.size() >= kShortestPrefix && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

[[noreturn]] void refuse_key(std::string_view word, std::string_view key) {
  std::vector<std::string_view> known(std::begin(kRunKeys), std::end(kRunKeys));
  for (const CaseField& field : case_fields()) known.push_back(field.name);
  throw Error(fmt::format("'{}': unknown key '{}'{}; there are: {}", word, key,
                          did_you_mean(key, known), fmt::join(known, ", ")));
}

Words parse_words(std::string_view text) {
  Words words;
  for (const std::string_view word : split_words(text)) {
    const auto colon = word.find(':');
    const auto key = word.substr(0, colon);
    if (colon == std::string_view::npos) {
      if (!words.name.empty()) {
        throw Error(fmt::format("'{}' and '{}' both name a case; give one, and key:value besides",
                                words.name, word));
      }
      words.name = word;
      continue;
    }
    const std::string value(word.substr(colon + 1));
    if (value.empty()) throw Error(fmt::format("'{}': nothing after the colon", word));
    if (find_case_field(key) != nullptr) {
      words.of_case.push_back({std::string(key), value});
    } else if (std::ranges::find(kRunKeys, key) != std::end(kRunKeys)) {
      words.of_runs.push_back({std::string(key), value});
    } else {
      refuse_key(word, key);
    }
  }
  if (words.name.empty() && words.of_case.empty()) {
    throw Error(
        "which case? Give the first characters of its hash ('ridgepoint list cases'), RUN/ORDINAL, "
        "or key:value words such as op:matrix_product rows:1");
  }
  return words;
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool fits(const Filter& filter, const Case& subject) {
  const CaseField& field = *find_case_field(filter.key);
  if (!applies(field, subject)) return false;
  const FieldValue value = get(subject, field);
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return fmt::format("{}", *number) == filter.value;
  }
  const std::string& words = std::get<std::string>(value);
  if (words == filter.value) return true;
  if (filter.key == "backend") return words.substr(0, words.find(':')) == filter.value;
  return filter.key == "model" && base_name(words) == filter.value;
}

bool fits(const Filter& filter, const HistoryRow& row) {
  if (filter.key == "branch") return row.git_branch == filter.value;
  if (filter.key == "label") return row.run_label == filter.value;
  if (filter.key == "commit") return row.git_commit.starts_with(filter.value);
  return row.environment_hash.starts_with(filter.value);
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

}  // namespace

CaseSelection select_case(const HistoryQuery& query, std::string_view text) {
  Words words = parse_words(text);
  CaseSelection selection;
  const auto fits_words = [&](const MeasuredCase& measured) {
    return std::ranges::all_of(
        words.of_case, [&](const Filter& filter) { return fits(filter, measured.subject); });
  };
  if (auto of_run = case_of_run(query, words.name)) {
    if (!fits_words(*of_run)) {
      throw Error(fmt::format("'{}': {} is {}, which the other words do not fit", text, words.name,
                              to_command_line(of_run->subject)));
    }
    selection.chosen = *std::move(of_run);
  } else {
    if (!words.name.empty() && !is_hash_prefix(words.name)) {
      throw Error(
          fmt::format("'{}' is no case: give {} or more characters of a case hash ('ridgepoint "
                      "list cases'), RUN/ORDINAL, or key:value words",
                      words.name, kShortestPrefix));
    }
    auto cases = query.cases();
    std::erase_if(cases, [&](const MeasuredCase& measured) {
      return !measured.hash.starts_with(words.name) || !fits_words(measured);
    });
    selection.chosen = only_one(std::move(cases), text, query);
  }
  selection.wanted = [of_runs = std::move(words.of_runs)](const HistoryRow& row) {
    return std::ranges::all_of(of_runs, [&](const Filter& filter) { return fits(filter, row); });
  };
  return selection;
}

}  // namespace ridgepoint
