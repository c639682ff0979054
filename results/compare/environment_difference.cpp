#include "results/compare/environment_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "results/exchange/json_text.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

struct KeyPart {
  std::string_view key;  ///< itself and all below it
  EnvironmentPart part;
};

constexpr KeyPart kParts[] = {
    {"cpu", EnvironmentPart::machine},
    {"memory", EnvironmentPart::machine},
    {"huge_pages", EnvironmentPart::machine},
    {"kernel", EnvironmentPart::machine},
    {"os", EnvironmentPart::machine},
    {"virtualisation", EnvironmentPart::machine},
    {"limits", EnvironmentPart::machine},
    {"gpu", EnvironmentPart::machine},
    {"compiler", EnvironmentPart::build},
    {"ridgepoint", EnvironmentPart::build},
    {"google_benchmark/host_name", EnvironmentPart::machine},
    {"google_benchmark/cpu_scaling_enabled", EnvironmentPart::machine},
    {"google_benchmark/caches", EnvironmentPart::machine},
    {"google_benchmark/executable", EnvironmentPart::build},
    {"google_benchmark/library_build_type", EnvironmentPart::build},
    {"google_benchmark/library_version", EnvironmentPart::build},
};

constexpr std::string_view kNotKnown = "not known";

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Leaves by their path; lists are leaves, and what could not be read has no leaf.
void flatten(const Json& value, const std::string& path, std::map<std::string, std::string>& into) {
  if (!value.is_object()) {
    into[path] = as_text(value);
    return;
  }
  if (value.contains("absent")) return;
  for (const auto& [key, inner] : value.items()) {
    flatten(inner, path.empty() ? key : fmt::format("{}/{}", path, key), into);
  }
}

std::map<std::string, std::string> leaves(std::string_view environment) {
  std::map<std::string, std::string> result;
  const Json json = environment.empty() ? Json() : parse_or_discard(environment);
  if (json.is_object()) flatten(json, "", result);
  return result;
}

}  // namespace

std::string_view name_of(EnvironmentPart part) {
  switch (part) {
    case EnvironmentPart::machine:
      return "machine";
    case EnvironmentPart::build:
      return "build";
    case EnvironmentPart::other:
      return "other";
  }
  throw std::logic_error("name_of: not an EnvironmentPart");
}

EnvironmentPart part_of(std::string_view key) {
  for (const KeyPart& entry : kParts) {
    if (key.starts_with(entry.key) &&
        (key.size() == entry.key.size() || key[entry.key.size()] == '/')) {
      return entry.part;
    }
  }
  return EnvironmentPart::other;
}

std::vector<EnvironmentDifference> environment_differences(std::string_view a, std::string_view b) {
  if (a == b) return {};
  const auto of_a = leaves(a);
  const auto of_b = leaves(b);
  std::vector<EnvironmentDifference> differences;
  if (of_a.empty() || of_b.empty()) return differences;
  std::set<std::string> keys;
  for (const auto& [key, value] : of_a) keys.insert(key);
  for (const auto& [key, value] : of_b) keys.insert(key);
  for (const std::string& key : keys) {
    const auto in_a = of_a.find(key);
    const auto in_b = of_b.find(key);
    const bool both = in_a != of_a.end() && in_b != of_b.end();
    if (both && in_a->second == in_b->second) continue;
    const EnvironmentPart part = part_of(key);
    differences.push_back({part, key, in_a == of_a.end() ? std::string(kNotKnown) : in_a->second,
                           in_b == of_b.end() ? std::string(kNotKnown) : in_b->second,
                           both && part == EnvironmentPart::machine});
  }
  std::ranges::stable_sort(differences, {}, &EnvironmentDifference::part);
  return differences;
}

bool same_machine(std::string_view a, std::string_view b) {
  return std::ranges::none_of(environment_differences(a, b), &EnvironmentDifference::blocks);
}

}  // namespace ridgepoint
