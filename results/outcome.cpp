#include "results/outcome.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::pair<Outcome, std::string_view> kNames[] = {
    {Outcome::ok, "ok"},
    {Outcome::unsupported, "unsupported"},
    {Outcome::out_of_memory, "out_of_memory"},
    {Outcome::timed_out, "timed_out"},
    {Outcome::failed, "failed"},
    {Outcome::wrong, "wrong"},
    {Outcome::mistrusted, "mistrusted"},
    {Outcome::interrupted, "interrupted"},
};

constexpr auto kOutcomes = [] {
  std::array<Outcome, std::size(kNames)> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = kNames[i].first;
  return all;
}();

}  // namespace

std::string_view name_of(Outcome outcome) {
  for (const auto& [value, name] : kNames) {
    if (value == outcome) return name;
  }
  throw std::logic_error("name_of: not an Outcome");
}

Outcome parse_outcome(std::string_view name) {
  std::string known;
  for (const auto& [value, text] : kNames) {
    if (text == name) return value;
    known += known.empty() ? "" : ", ";
    known += text;
  }
  throw Error(fmt::format("unknown outcome '{}'; expected one of {}", name, known));
}

std::span<const Outcome> outcomes() {
  return kOutcomes;
}

}  // namespace ridgepoint
