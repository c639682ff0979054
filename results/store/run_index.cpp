#include "results/store/run_index.h"

#include <SQLiteCpp/Transaction.h>

#include <algorithm>
#include <utility>

#include "results/store/database.h"
#include "results/store/open_database.h"

namespace ridgepoint {
namespace {

using CaseSet = std::vector<std::uint32_t>;

/// Keeps each set once.
class CaseSets {
 public:
  std::uint32_t position_of(CaseSet set, RunIndex& index) {
    std::ranges::sort(set);
    set.erase(std::unique(set.begin(), set.end()), set.end());
    const auto next = static_cast<std::uint32_t>(index.case_sets.size());
    const auto [found, added] = positions_.emplace(std::move(set), next);
    if (added) index.case_sets.push_back(found->first);
    return found->second;
  }

 private:
  std::map<CaseSet, std::uint32_t> positions_;
};

std::unordered_map<std::string, std::uint32_t> read_cases(Database& database, RunIndex& index) {
  std::unordered_map<std::string, std::uint32_t> positions;
  Query row = database.query("SELECT hash, json FROM cases");
  while (row.step()) {
    positions.emplace(row.text(0), static_cast<std::uint32_t>(index.cases.size()));
    index.cases.push_back(case_from_json(row.text(1)));
  }
  return positions;
}

/// The table lies in the order of its runs.
void read_plans(Database& database, const std::unordered_map<std::string, std::uint32_t>& positions,
                RunIndex& index) {
  CaseSets sets;
  std::string run;
  CaseSet planned;
  const auto finish = [&] {
    if (!run.empty()) index.sets.emplace(run, sets.position_of(std::exchange(planned, {}), index));
  };
  Query row = database.query("SELECT run_id, case_hash FROM run_cases ORDER BY run_id, ordinal");
  while (row.step()) {
    std::string run_id = row.text(0);
    if (run_id != run) {
      finish();
      run = std::move(run_id);
    }
    if (const auto found = positions.find(row.text(1)); found != positions.end()) {
      planned.push_back(found->second);
    }
  }
  finish();
}

}  // namespace

RunIndex read_run_index(const std::filesystem::path& path, const StoreOptions& options) {
  Database database = open_database(path, OpenMode::read_only, options);
  return worded(database.path(), "reading what runs can be found by", [&] {
    const SQLite::Transaction snapshot(database.connection());
    RunIndex index;
    read_plans(database, read_cases(database, index), index);
    Query row = database.query("SELECT hash, json FROM environments");
    while (row.step()) index.environments.emplace(row.text(0), row.text(1));
    return index;
  });
}

}  // namespace ridgepoint
