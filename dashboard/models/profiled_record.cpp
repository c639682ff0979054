// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/profiled_record.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "dashboard/models/text.h"
#include "dashboard/models/unfinished_ceilings.h"
#include "results/report/profile_table.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

std::optional<StoredCeilings> ceilings_for(const Store& store, const Run& run, const Case& subject,
                                           const std::optional<roofline::CaseProfile>& profile) {
  if (profile && !profile->ceilings_run.empty()) {
    if (auto own = read_ceilings(store, profile->ceilings_run)) return own;
  }
  return find_ceilings(store, run.environment, ceilings_suite(subject), threads_of_case(subject));
}

/// Of the other devices of that machine whose ceilings are stored.
std::vector<roofline::Roofs> other_roofs(const Store& store, const Run& run, const Case& subject,
                                         int threads) {
  std::set<std::string> suites;
  for (const Run& each : store.runs()) {
    if (ceilings_device(each.suite)) suites.insert(each.suite);
  }
  suites.erase(ceilings_suite(subject));
  std::vector<roofline::Roofs> others;
  for (const std::string& suite : suites) {
    try {
      if (const auto found = find_ceilings(store, run.environment, suite, threads)) {
        others.push_back(roofline::roofs_of(found->run, found->records, threads));
      }
    } catch (const Error&) {
      continue;  // nothing of it can be drawn
    }
  }
  return others;
}

}  // namespace

const Record* traced_record_of(const RunWithRecords& run, const std::string& case_hash) {
  const Record* first = nullptr;
  for (const Record& record : run.records) {
    if (record.measurement.op_times.empty()) continue;
    if (!case_hash.empty() && ridgepoint::case_hash(record.subject) == case_hash) return &record;
    if (first == nullptr) first = &record;
  }
  return first;
}

namespace {

std::set<std::string_view> op_ids(const Record& record) {
  std::set<std::string_view> ids;
  for (const OpTime& op : record.measurement.op_times) ids.insert(op.op_id);
  return ids;
}

/// Of one model or operator, or of two models made alike, as files of one model in two types are:
/// at least half of all their ops are in both.
bool are_alike(const Record& a, const Record& b) {
  if (a.subject.workload != b.subject.workload || a.subject.op != b.subject.op) return false;
  if (a.subject.model == b.subject.model) return true;
  const auto of_a = op_ids(a), of_b = op_ids(b);
  const auto in_both = static_cast<std::size_t>(
      std::ranges::count_if(of_a, [&](std::string_view id) { return of_b.contains(id); }));
  return 2 * in_both >= of_a.size() + of_b.size() - in_both;
}

}  // namespace

const Record* same_traced_case(const RunWithRecords& run, const Record& beside) {
  const std::string wanted = case_hash(beside.subject);
  const Record* alike = nullptr;
  bool only_one = true;
  for (const Record& record : run.records) {
    if (record.measurement.op_times.empty()) continue;
    if (case_hash(record.subject) == wanted) return &record;
    if (!are_alike(record, beside)) continue;
    only_one = alike == nullptr;
    alike = &record;
  }
  return only_one ? alike : nullptr;
}

QString naming_other_case(const Record& found, const Record& beside) {
  const std::string hash = case_hash(found.subject);
  if (hash == case_hash(beside.subject)) return {};
  const std::string name = label(found.subject);
  const QString text = QStringLiteral(" of another case, ") + with_plain_direction(qt(name));
  // Some of what tells cases apart does not stand in their names.
  return name == label(beside.subject) ? text + " (case " + short_id(hash) + ")" : text;
}

ProfiledRecord profile_record(const std::filesystem::path& path, const StoreOptions& options,
                              std::shared_ptr<const RunWithRecords> run, const Record& record) {
  ProfiledRecord profiled;
  const Store store(path, OpenMode::read_only, options);
  const Run& of = run->run;
  auto stored = roofline::stored_profile(record);
  try {
    if (const auto ceilings = ceilings_for(store, of, record.subject, stored)) {
      const int threads = threads_of_case(record.subject);
      profiled.other_devices = other_roofs(store, of, record.subject, threads);
      profiled.roofs = roofline::roofs_of(ceilings->run, ceilings->records, threads);
      // Where the window is open may be another machine.
      if (!stored) stored = make_profile(record, of, *ceilings, RunPlace::elsewhere);
    } else {
      const QString unfinished = unfinished_ceilings(store, ceilings_suite(record.subject));
      profiled.why_no_roofs =
          unfinished.isEmpty()
              ? "no ceilings of the machine that this was measured on are stored"
              : "no whole run of that machine's ceilings is stored (" + utf8(unfinished) + ")";
      profiled.why_no_roofs += "; ridgepoint roofline measures them there";
    }
  } catch (const Error& error) {
    profiled.why_no_roofs = error.what();
  }
  if (!stored) {
    throw Error(profiled.why_no_roofs.empty() ? why_no_profile(record) : profiled.why_no_roofs);
  }
  profiled.profile = std::move(*stored);
  profiled.record = record;
  profiled.record.measurement.series.clear();
  profiled.run = std::move(run);
  return profiled;
}

ProfiledRecord within(const ProfiledRecord& whole, const TracedRecord& traced,
                      const TraceRange& range) {
  ProfiledRecord part = whole;
  if (!whole.roofs) return part;
  part.record = with_times_within(traced, range);
  const auto profile = roofline::profile_of(part.record, *whole.roofs,
                                            static_cast<double>(whole.run->run.harness_floor_ns),
                                            whole.profile.provenance.why_not_counted);
  if (!profile) throw Error("No op of this case ran within the range: choose a longer one.");
  part.profile = *profile;
  return part;
}

}  // namespace ridgepoint
