// Suite: TOML text in, cases out. A suite is a list of groups; a group names axes (case fields),
// each one value or a list, and stands for their product. Adding a case needs no C++.
//
//   description = "what it is for"
//   [options]                 # of `ridgepoint run`; the command line goes before them
//   case_budget_seconds = 3
//   [[group]]
//   workload = "llm"
//   prompt   = [512]
//   batch    = [1, 4, 16]
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workloads/case.h"

namespace ridgepoint {

using Axes = std::vector<std::pair<std::string, std::vector<FieldValue>>>;

/// How cases are to be measured, as text: what it means is the harness's to know.
struct SuiteOption {
  std::string name, value;
  std::string where;  ///< "smoke.toml:7:1", for error lines
};

struct Suite {
  std::string name;
  std::string description;
  std::vector<Axes> groups;
  std::vector<SuiteOption> options{};
};

/// Most cases that a suite may stand for; checked before any product is made.
inline constexpr std::int64_t kMostCases = 100'000;

/// Axes keep the order in which the text names them: the first varies slowest. `origin` (a path) is
/// for error lines: "smoke.toml:7:1: unknown key 'promt' (did you mean 'prompt'?)".
Suite parse_suite(std::string_view text, std::string_view name, std::string_view origin);

/// The product of every group's axes; each case canonical and validated, duplicates removed, order
/// kept. `overrides` (axis name to values as text) replace the axis in each group that it means
/// something for, and leave the other groups as they are. Overriding `workload` or `op` selects:
/// groups keep only the asked values, and groups without any are left out. Error when an override
/// means nothing anywhere, nothing is left, or the product exceeds kMostCases.
std::vector<Case> expand(const Suite& suite,
                         const std::map<std::string, std::vector<std::string>>& overrides);

}  // namespace ridgepoint
