#include "results/history/same_machine.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/exchange/json_text.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

constexpr const char* kMachineKeys[] = {
    "/cpu",
    "/memory",
    "/huge_pages",
    "/kernel",
    "/os",
    "/virtualisation",
    "/limits",
    "/gpu",
    "/google_benchmark/host_name",
    "/google_benchmark/cpu_scaling_enabled",
    "/google_benchmark/caches",
};

/// What could not be read is {"absent": why} and contradicts nothing.
bool agree(const Json& a, const Json& b) {
  if (!a.is_object() || !b.is_object()) {
    const auto says_nothing = [](const Json& json) {
      return json.is_null() || (json.is_object() && json.contains("absent"));
    };
    return says_nothing(a) || says_nothing(b) || a == b;
  }
  if (a.contains("absent") || b.contains("absent")) return true;
  for (const auto& [key, value] : a.items()) {
    const auto other = b.find(key);
    if (other != b.end() && !agree(value, *other)) return false;
  }
  return true;
}

}  // namespace

bool same_machine(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const Json of_a = parse_or_discard(a);
  const Json of_b = parse_or_discard(b);
  if (!of_a.is_object() || !of_b.is_object()) return true;
  return std::ranges::all_of(kMachineKeys, [&](const char* key) {
    const Json::json_pointer path(key);
    return !of_a.contains(path) || !of_b.contains(path) || agree(of_a.at(path), of_b.at(path));
  });
}

}  // namespace ridgepoint
