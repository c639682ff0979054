#include "results/compare/select_sides.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "results/compare/pool_records.h"
#include "results/compare/side_text.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kShortestCommit = 4;

class Selection {
 public:
  Selection(const Store& store, const ResolveGitRef& resolve_git_ref)
      : store_(store), resolve_git_ref_(resolve_git_ref) {}

  SelectedSide side(const SideText& text) {
    return text.filters.empty() ? named(text) : filtered(text);
  }
  std::vector<RunWithRecords> take_runs() { return std::move(selected_); }
  /// Rows that were put together with others, over all runs.
  [[nodiscard]] std::int64_t pooled_rows() const {
    std::int64_t rows = 0;
    for (const auto& stands_for : stand_for_) rows += std::ssize(stands_for);
    return rows;
  }

 private:
  SelectedSide named(const SideText& text) {
    try {
      return whole_run(text, store_.resolve_run(text.name));
    } catch (const Error& no_run) {
      const std::optional<std::string> commit =
          resolve_git_ref_ ? resolve_git_ref_(text.name) : std::nullopt;
      if (commit) return of_commit(text, *commit);
      if (is_commit_prefix(text.name) && !runs_of_commit(text.name).empty()) {
        return of_commit(text, text.name);
      }
      throw Error(fmt::format("{}; nor is it a git ref here or a commit of a run", no_run.what()));
    }
  }

  SelectedSide whole_run(const SideText& text, const std::string& run_id) {
    const std::size_t run = position_of(run_id);
    SelectedSide side{.asked = text.asked, .records = {}, .whole_runs = true};
    for (std::size_t i = 0; i < selected_[run].records.size(); ++i)
      side.records.push_back({run, i});
    return side;
  }

  SelectedSide of_commit(const SideText& text, const std::string& commit) {
    const std::vector<std::string> run_ids = runs_of_commit(commit);
    if (run_ids.empty()) {
      throw Error(fmt::format(
          "'{}' is commit {}, of which {} has no run; check it out, build and run it first",
          text.asked, commit.substr(0, 10), store_.path().string()));
    }
    return newest(text, run_ids, [](const Case&) { return true; });
  }

  SelectedSide filtered(const SideText& text) {
    std::vector<SideFilter> of_case;
    std::vector<SideFilter> of_run;
    for (const SideFilter& filter : text.filters) {
      (is_case_filter(filter) ? of_case : of_run).push_back(filter);
    }
    std::set<std::string> named_runs;
    for (const SideFilter& filter : of_run) {
      if (filter.key == "run") named_runs.insert(store_.resolve_run(filter.value));
    }
    std::vector<std::string> run_ids;
    for (const Run& run : runs()) {
      if (!named_runs.empty() && !named_runs.contains(run.id)) continue;
      if (fits_all(of_run, run)) run_ids.push_back(run.id);
    }
    SelectedSide side = newest(text, run_ids, [&](const Case& subject) {
      return std::ranges::all_of(of_case,
                                 [&](const SideFilter& filter) { return fits(filter, subject); });
    });
    if (side.records.empty()) {
      throw Error(
          fmt::format("'{}' fits no record in {}; see 'ridgepoint list runs' and "
                      "'ridgepoint list cases'",
                      text.asked, store_.path().string()));
    }
    return side;
  }

  /// The environment is read only for filters that ask it, once each.
  bool fits_all(const std::vector<SideFilter>& filters, const Run& run) {
    return std::ranges::all_of(filters, [&](const SideFilter& filter) {
      if (filter.key != "machine" && filter.key != "cpu") return fits(filter, run);
      auto found = environments_.find(run.environment_hash);
      if (found == environments_.end()) {
        found = environments_.emplace(run.environment_hash, store_.run(run.id).environment).first;
      }
      Run with_environment;
      with_environment.environment = found->second;
      return fits(filter, with_environment);
    });
  }

  SelectedSide newest(const SideText& text, const std::vector<std::string>& run_ids,
                      const std::function<bool(const Case&)>& wanted) {
    SelectedSide side{.asked = text.asked, .records = {}};
    for (const RecordKey& key : store_.newest_records(run_ids, wanted)) {
      const std::size_t run = position_of(key.run_id);
      const std::vector<Record>& records = selected_[run].records;
      const auto row = stand_for_[run].find(key.ordinal);
      if (row != stand_for_[run].end() && row->second != key.ordinal) continue;
      const auto found = std::ranges::lower_bound(records, key.ordinal, {}, &Record::ordinal);
      if (found == records.end() || found->ordinal != key.ordinal) continue;  // gone meanwhile
      side.records.push_back({run, static_cast<std::size_t>(found - records.begin())});
    }
    return side;
  }

  std::vector<std::string> runs_of_commit(const std::string& prefix) {
    std::vector<std::string> run_ids;
    const SideFilter filter{"commit", prefix};
    for (const Run& run : runs()) {
      if (fits(filter, run)) run_ids.push_back(run.id);
    }
    return run_ids;
  }

  static bool is_commit_prefix(std::string_view text) {
    return text.size() >= kShortestCommit && std::ranges::all_of(text, [](char c) {
             return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
  }

  const std::vector<Run>& runs() {
    if (!runs_) runs_ = store_.runs();
    return *runs_;
  }

  std::size_t position_of(const std::string& run_id) {
    const auto [found, added] = position_.emplace(run_id, selected_.size());
    if (added) {
      PooledRecords pooled = pool_records(store_.records(run_id));
      selected_.push_back({store_.run(run_id), std::move(pooled.records), {}});
      stand_for_.push_back(std::move(pooled.stands_for));
    }
    return found->second;
  }

  const Store& store_;
  const ResolveGitRef& resolve_git_ref_;
  std::optional<std::vector<Run>> runs_;  ///< newest first; most comparisons need no list
  std::map<std::string, std::string> environments_;
  std::map<std::string, std::size_t> position_;
  std::vector<RunWithRecords> selected_;
  std::vector<std::map<std::int64_t, std::int64_t>> stand_for_;  ///< beside selected_
};

std::multiset<std::string> values_of(const SideText& side, std::string_view key) {
  std::multiset<std::string> values;
  for (const SideFilter& filter : side.filters) {
    if (filter.key == key) values.insert(filter.value);
  }
  return values;
}

}  // namespace

SelectedSides select_sides(const Store& store, std::string_view a, std::string_view b,
                           const ResolveGitRef& resolve_git_ref) {
  const SideText text_a = parse_side(a);
  const SideText text_b = parse_side(b);
  Selection selection(store, resolve_git_ref);
  SelectedSides sides;
  sides.a = selection.side(text_a);
  sides.b = selection.side(text_b);
  sides.pooled_rows = selection.pooled_rows();
  sides.runs = selection.take_runs();
  for (const CaseField& field : case_fields()) {
    const auto of_a = values_of(text_a, field.name);
    const auto of_b = values_of(text_b, field.name);
    if (!of_a.empty() && !of_b.empty() && of_a != of_b) sides.free_fields.emplace_back(field.name);
  }
  return sides;
}

}  // namespace ridgepoint
