#include "harness/run/conditions.h"

#include <nlohmann/json.hpp>

#include "harness/environment/environment.h"

namespace ridgepoint {
namespace {
using Json = nlohmann::json;
}  // namespace

ConditionsAround::ConditionsAround() : before_(read_conditions()) {}

std::string ConditionsAround::finish() const {
  const auto before = Json::parse(before_);
  const auto after = Json::parse(read_conditions());
  Json delta = Json::object();
  for (const auto* group : {"cpu_jiffies", "process"}) {
    for (const auto& [key, value] : after.at(group).items()) {
      const auto& was = before.at(group);
      if (!value.is_number_integer() || !was.contains(key)) continue;  // absent, with a reason
      delta[group][key] = value.get<std::int64_t>() - was.at(key).get<std::int64_t>();
    }
  }
  return Json{{"before", before}, {"after", after}, {"delta", delta}}.dump();
}

}  // namespace ridgepoint
