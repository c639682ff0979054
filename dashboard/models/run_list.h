// SPDX-License-Identifier: GPL-3.0-or-later
// RunList: every run of a database as the dashboard keeps it: what a row shows, and what a search
// looks through. Plain data, read in one go, shared by all views and never changed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "results/store/open_mode.h"
#include "results/store/store.h"

namespace ridgepoint {

inline constexpr std::uint32_t kNoCases = std::numeric_limits<std::uint32_t>::max();

struct RunEntry {
  RunSummary summary;
  std::uint32_t case_set = kNoCases;  ///< in RunList::case_sets; kNoCases: not read yet
  std::string haystack;               ///< lower case: what a word without a key is looked for in
  [[nodiscard]] const Run& run() const { return summary.run; }
  /// Cases that ended otherwise than ok.
  [[nodiscard]] std::int64_t failed() const { return summary.recorded - summary.succeeded; }
};

struct RunList {
  std::vector<RunEntry> runs;  ///< newest first
  std::vector<Case> cases;
  std::vector<std::vector<std::uint32_t>> case_sets;
  std::map<std::string, std::string> machines;  ///< in words, by environment hash
  std::map<std::string, std::string> environments;
  bool complete = false;  ///< whether it is all of them, with what they can be searched by

  [[nodiscard]] const RunEntry* find(std::string_view run_id) const;
  [[nodiscard]] std::string machine_of(const Run& run) const;
};

using SharedRuns = std::shared_ptr<const RunList>;

/// The newest `limit` runs, quickly: without their cases.
SharedRuns read_newest_runs(const std::filesystem::path& path, std::int64_t limit,
                            const StoreOptions& options = {});
SharedRuns read_all_runs(const std::filesystem::path& path, const StoreOptions& options = {});

}  // namespace ridgepoint
