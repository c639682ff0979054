// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/profiled_record.h"

#include <algorithm>
#include <utility>

#include "results/report/profile_table.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

int threads_of_case(const Case& subject) {
  if (ceilings_suite(subject) != kCeilingsSuite) return 1;  // a GPU's are of all of it
  return static_cast<int>(std::max<std::int64_t>(1, subject.threads));
}

std::optional<StoredCeilings> ceilings_for(const Store& store, const Run& run, const Case& subject,
                                           const std::optional<roofline::CaseProfile>& profile) {
  if (profile && !profile->ceilings_run.empty()) {
    if (auto own = read_ceilings(store, profile->ceilings_run)) return own;
  }
  return find_ceilings(store, run.environment, ceilings_suite(subject));
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

ProfiledRecord profile_record(const std::filesystem::path& path, const StoreOptions& options,
                              std::shared_ptr<const RunWithRecords> run, const Record& record) {
  ProfiledRecord profiled;
  const Store store(path, OpenMode::read_only, options);
  const Run& of = run->run;
  auto stored = roofline::stored_profile(record);
  try {
    if (const auto ceilings = ceilings_for(store, of, record.subject, stored)) {
      profiled.roofs =
          roofline::roofs_of(ceilings->run, ceilings->records, threads_of_case(record.subject));
      if (!stored) stored = make_profile(record, of, *ceilings);
    } else {
      profiled.why_no_roofs =
          "no ceilings of this machine are stored; ridgepoint roofline measures them";
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
