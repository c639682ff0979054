// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/run_list.h"

#include <algorithm>
#include <utility>

#include "dashboard/models/text.h"
#include "results/report/case_tables.h"
#include "results/report/time_text.h"
#include "results/store/run_index.h"

namespace ridgepoint {
namespace {

std::string haystack_of(const Run& run, const std::string& machine) {
  std::string text;
  for (const std::string* part : {&run.id, &run.label, &run.suite, &run.git_commit, &run.git_branch,
                                  &run.command, &run.status, &machine}) {
    text += *part;
    text += '\n';
  }
  for (const std::string& tag : run.marks.tag_names()) text += tag + '\n';
  text += run.marks.note + '\n';
  text += time_text(run.started_unix_ns);
  return lowered(text);
}

void take(std::vector<RunSummary> summaries, RunList& list) {
  list.runs.reserve(summaries.size());
  for (RunSummary& summary : summaries) {
    RunEntry entry;
    entry.summary = std::move(summary);
    entry.haystack = haystack_of(entry.run(), list.machine_of(entry.run()));
    list.runs.push_back(std::move(entry));
  }
}

}  // namespace

const RunEntry* RunList::find(std::string_view run_id) const {
  const auto found = std::ranges::find_if(
      runs, [&](const RunEntry& entry) { return entry.summary.run.id == run_id; });
  return found == runs.end() ? nullptr : &*found;
}

std::string RunList::machine_of(const Run& run) const {
  const auto found = machines.find(run.environment_hash);
  return found == machines.end() ? std::string() : found->second;
}

SharedRuns read_newest_runs(const std::filesystem::path& path, std::int64_t limit,
                            const StoreOptions& options) {
  const Store store(path, OpenMode::read_only, options);
  auto list = std::make_shared<RunList>();
  auto summaries = store.list_runs(limit);
  for (const RunSummary& summary : summaries) {
    const std::string& hash = summary.run.environment_hash;
    if (hash.empty() || list->environments.contains(hash)) continue;
    const std::string environment = store.run(summary.run.id).environment;
    list->machines.emplace(hash, machine_text(environment));
    list->environments.emplace(hash, environment);
  }
  take(std::move(summaries), *list);
  return list;
}

SharedRuns read_all_runs(const std::filesystem::path& path, const StoreOptions& options) {
  auto list = std::make_shared<RunList>();
  RunIndex index = read_run_index(path, options);
  list->cases = std::move(index.cases);
  list->case_sets = std::move(index.case_sets);
  list->environments = std::move(index.environments);
  for (const auto& [hash, json] : list->environments) {
    list->machines.emplace(hash, machine_text(json));
  }
  take(Store(path, OpenMode::read_only, options).list_runs(), *list);
  for (RunEntry& entry : list->runs) {
    if (const auto found = index.sets.find(entry.run().id); found != index.sets.end()) {
      entry.case_set = found->second;
    }
  }
  list->complete = true;
  return list;
}

}  // namespace ridgepoint
