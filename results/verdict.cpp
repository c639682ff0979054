#include "results/verdict.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <stdexcept>
#include <string>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

struct Entry {
  Verdict verdict;
  std::string_view name;
  int exit_code;
};

constexpr Entry kEntries[] = {
    {Verdict::slower, "slower", 1},
    {Verdict::faster, "faster", 0},
    {Verdict::same, "same", 0},
    {Verdict::undecided, "undecided", 3},
    {Verdict::incomparable, "incomparable", 4},
};

constexpr auto kVerdicts = [] {
  std::array<Verdict, std::size(kEntries)> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = kEntries[i].verdict;
  return all;
}();

const Entry& entry_of(Verdict verdict) {
  for (const auto& entry : kEntries) {
    if (entry.verdict == verdict) return entry;
  }
  throw std::logic_error("not a Verdict");
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  return entry_of(verdict).name;
}

Verdict parse_verdict(std::string_view name) {
  std::string known;
  for (const auto& entry : kEntries) {
    if (entry.name == name) return entry.verdict;
    known += known.empty() ? "" : ", ";
    known += entry.name;
  }
  throw Error(fmt::format("unknown verdict '{}'; expected one of {}", name, known));
}

std::span<const Verdict> verdicts() {
  return kVerdicts;
}

int exit_code_of(Verdict verdict) {
  return entry_of(verdict).exit_code;
}

}  // namespace ridgepoint
