#include "results/run_marks.h"

#include <fmt/format.h>

#include <algorithm>

namespace ridgepoint {
namespace {

constexpr std::size_t kLongestTag = 64;
constexpr std::size_t kLongestNote = 10'000;

bool ends_a_word(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == ',' || c == '\x7f';
}

}  // namespace

std::vector<std::string> RunMarks::tag_names() const {
  std::vector<std::string> names;
  for (const RunTag& tag : tags) {
    if (tag.present) names.push_back(tag.name);
  }
  std::ranges::sort(names);
  return names;
}

bool RunMarks::has_tag(std::string_view name) const {
  return std::ranges::any_of(tags,
                             [&](const RunTag& tag) { return tag.present && tag.name == name; });
}

std::string why_no_tag(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.size() > kLongestTag) return fmt::format("is longer than {} bytes", kLongestTag);
  if (text.front() == '-') return "begins with '-'";
  if (std::ranges::any_of(text, ends_a_word)) return "holds a blank or a comma";
  return "";
}

std::string why_no_note(std::string_view text) {
  if (text.size() > kLongestNote) return fmt::format("is longer than {} bytes", kLongestNote);
  if (text.find('\0') != std::string_view::npos) return "holds a zero byte";
  return "";
}

}  // namespace ridgepoint
