#include "workloads/transforms/transform.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "workloads/error.h"

namespace ridgepoint {

namespace {

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0;;) {
    const std::size_t dot = text.find('.', start);
    parts.push_back(text.substr(start, dot - start));
    if (dot == std::string_view::npos) return parts;
    start = dot + 1;
  }
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool part_fits(std::string_view pattern, std::string_view part) {
  if (pattern == part) return true;
  const std::size_t dash = pattern.find('-');
  if (dash == std::string_view::npos) return false;
  const auto first = number_of(pattern.substr(0, dash)), last = number_of(pattern.substr(dash + 1));
  const auto number = number_of(part);
  return first && last && number && *first <= *number && *number <= *last;
}

}  // namespace

void check_gguf_holds(const Transform& transform) {
  const auto check = [](const Choice& choice) {
    if (const auto* to = std::get_if<ToType>(&choice)) {
      static_cast<void>(ModelType(to->type).gguf_file_type());  // says what GGUF has
    } else if (const auto* automatic = std::get_if<Automatic>(&choice)) {
      const bool held =
          !automatic->among.empty() && std::ranges::all_of(automatic->among, [](Type type) {
            return type_info(type).gguf_id != kNoGgufId;
          });
      if (!held) {
        throw Error(
            "auto chooses among types that a GGUF file cannot hold; append :among=gguf to it");
      }
    }
  };
  check(transform.otherwise);
  for (const Rule& rule : transform.rules) check(rule.choice);
}

bool fits(std::string_view pattern, std::string_view tensor_name) {
  const auto wanted = parts_of(pattern), name = parts_of(tensor_name);
  const auto found = std::search(
      name.begin(), name.end(), wanted.begin(), wanted.end(),
      [](std::string_view part, std::string_view asked) { return part_fits(asked, part); });
  return wanted.empty() || found != name.end();
}

const Choice& choice_for(const Transform& transform, std::string_view tensor_name) {
  for (auto rule = transform.rules.rbegin(); rule != transform.rules.rend(); ++rule) {
    if (fits(rule->pattern, tensor_name)) return rule->choice;
  }
  return transform.otherwise;
}

}  // namespace ridgepoint
