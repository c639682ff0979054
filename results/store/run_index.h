// RunIndex: what every run of a database can be found by besides itself: its cases and its machine.
// One scan of each table, however many runs there are; runs that plan the same cases share one set.
//
// Errors: Error, one line with the path and what to do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "results/store/open_mode.h"
#include "workloads/case.h"

namespace ridgepoint {

struct RunIndex {
  std::vector<Case> cases;                              ///< every one that some run plans
  std::vector<std::vector<std::uint32_t>> case_sets;    ///< positions in `cases`, ascending
  std::unordered_map<std::string, std::uint32_t> sets;  ///< by run id: position in `case_sets`
  std::map<std::string, std::string> environments;      ///< by hash: canonical JSON
};

RunIndex read_run_index(const std::filesystem::path& path, const StoreOptions& options = {});

}  // namespace ridgepoint
