#include "results/compare/side_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>
#include <variant>

#include "results/exchange/json_text.h"
#include "workloads/error.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {
namespace {

constexpr std::string_view kRunKeys[] = {"run",    "label",  "tag",     "note", "suite",
                                         "commit", "branch", "machine", "cpu",  "env"};

bool is_known(std::string_view key) {
  return std::ranges::find(kRunKeys, key) != std::end(kRunKeys) || find_case_field(key) != nullptr;
}

std::string_view key_in(std::string_view word) {
  const std::size_t colon = word.find(':');
  return colon == std::string_view::npos ? std::string_view() : word.substr(0, colon);
}

struct Word {
  std::string_view text;
  char before;  ///< what parted it from the word before
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  char before = ' ';
  std::size_t from = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != ',' && text[i] != ' ') continue;
    if (i > from) words.push_back({text.substr(from, i - from), before});
    if (i < text.size()) before = text[i];
    from = i + 1;
  }
  return words;
}

/// A filter that was forgotten must not widen a selection without a word.
void refuse_empty_entry(std::string_view text) {
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    if (text.substr(from, comma - from).find_first_not_of(' ') == std::string_view::npos) {
      throw Error(fmt::format("'{}': an entry between commas is empty; give key:value", text));
    }
    from = comma + 1;
  }
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool contains_any_case(std::string_view text, std::string_view part) {
  return lower(text).find(lower(part)) != std::string::npos;
}

std::string cpu_model(const std::string& environment) {
  return text_at(environment, "/cpu/model");
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

void add_filter(std::string_view key, std::string_view value, SideText& side) {
  if (value.empty()) {
    throw Error(fmt::format("'{}': nothing after '{}:'; give a value", side.asked, key));
  }
  side.filters.push_back({std::string(key), std::string(value)});
}

}  // namespace

std::vector<std::string_view> side_filter_keys() {
  std::vector<std::string_view> keys(std::begin(kRunKeys), std::end(kRunKeys));
  for (const CaseField& field : case_fields()) keys.push_back(field.name);
  return keys;
}

SideText parse_side(std::string_view text) {
  SideText side;
  side.asked = text;
  const std::vector<Word> words = words_of(text);
  if (words.empty()) throw Error("an empty text names no run; give a run, a git ref or key:value");
  if (!is_known(key_in(words.front().text))) {
    side.name = text;
    return side;
  }
  refuse_empty_entry(text);
  for (const Word& word : words) {
    const std::string_view key = key_in(word.text);
    if (is_known(key)) {
      add_filter(key, word.text.substr(key.size() + 1), side);
    } else if (word.text.find('=') != std::string_view::npos || key.empty()) {
      side.filters.back().value += word.before;
      side.filters.back().value += word.text;
    } else {
      const std::vector<std::string_view> keys = side_filter_keys();
      throw Error(fmt::format("'{}': unknown key '{}'{}; there are: {}", text, key,
                              did_you_mean(key, keys), fmt::join(keys, ", ")));
    }
  }
  return side;
}

bool is_case_filter(const SideFilter& filter) {
  return find_case_field(filter.key) != nullptr;
}

bool fits(const SideFilter& filter, const Case& subject) {
  const CaseField* field = find_case_field(filter.key);
  if (field == nullptr) throw std::logic_error("fits: not a case filter");
  if (!applies(*field, subject)) return false;
  const FieldValue value = get(subject, *field);
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return fmt::format("{}", *number) == filter.value;
  }
  const std::string& words = std::get<std::string>(value);
  if (words == filter.value) return true;
  if (filter.key == "transform" && words.empty()) return filter.value == kNoTransform;
  if (filter.key == "backend") return words.substr(0, words.find(':')) == filter.value;
  return filter.key == "model" && base_name(words) == filter.value;
}

bool fits(const SideFilter& filter, const Run& run) {
  const std::string& value = filter.value;
  if (filter.key == "label") return run.label == value;
  if (filter.key == "tag") return run.marks.has_tag(value);
  if (filter.key == "note") return contains_any_case(run.marks.note, value);
  if (filter.key == "suite") return run.suite == value;
  if (filter.key == "branch") return run.git_branch == value;
  if (filter.key == "commit") return run.git_commit.starts_with(lower(value));
  if (filter.key == "env") return run.environment_hash.starts_with(lower(value));
  if (filter.key == "machine" || filter.key == "cpu") {
    return contains_any_case(cpu_model(run.environment), value);
  }
  return true;
}

}  // namespace ridgepoint
