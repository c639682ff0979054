// What a user may say about an A/B, apart from what its arms are. Kept with the session, so that it
// can go on as it began.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/ab/arm.h"
#include "results/compare/quality_budget.h"
#include "results/statistics/sequential_gate.h"

namespace ridgepoint {

/// Two commits of a repository as the arms; empty when the arms were given themselves.
struct AbRefs {
  std::string repository;          ///< its folder
  std::string name_a, name_b;      ///< as typed: "main", "HEAD"
  std::string commit_a, commit_b;  ///< what they were then
  std::string build;               ///< shell command, run in each checkout before anything else
  std::string bench;               ///< the arm, run in each checkout: SPEC, or a command
  [[nodiscard]] bool given() const { return !commit_a.empty(); }
};

struct AbOptions {
  GateRules rules;
  double power_at = 0.05;       ///< slowdown whose chance of being found is told
  double budget_seconds = 600;  ///< of this call; a session that goes on gets another one
  std::int64_t most_pairs = 2000;
  std::uint64_t seed = 1;         ///< of the order of the arms
  double most_steal_share = 0.1;  ///< a pair from which the hypervisor took more does not count
  ArmOptions arm;
  AbRefs refs;
  QualityBudget budget{};  ///< of B's model cases, by what is stored of their quality
};

/// Error for a value that makes no sense.
void validate(const AbOptions& options);

std::string to_json(const AbOptions& options);
/// Error for what to_json did not write.
AbOptions ab_options_from_json(std::string_view json);

}  // namespace ridgepoint
