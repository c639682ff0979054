// SPDX-License-Identifier: GPL-3.0-or-later
// ProfiledRecord: a case whose ops were traced, under the roofs of its machine: the profile that it
// was stored with, or one made on the spot from the newest ceilings of its machine.
#pragma once

#include <QString>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dashboard/models/traced_record.h"
#include "results/roofline/attach_profile.h"
#include "results/roofline/case_profile.h"

namespace ridgepoint {

struct ProfiledRecord {
  std::shared_ptr<const RunWithRecords> run;
  Record record;  ///< without its samples
  roofline::CaseProfile profile;
  std::optional<roofline::Roofs> roofs;  ///< nothing: why is said
  std::string why_no_roofs;
  std::vector<roofline::Roofs>
      other_devices;  ///< of the same machine; no op here is placed by them
};

/// The record of the case, or, where the run has none of it with traced ops, the first that has
/// any; null without any.
const Record* traced_record_of(const RunWithRecords& run, const std::string& case_hash);

/// What a run has to be set beside this record: the same case, else the only one of the same model
/// (or one made alike) or operator that it traced; null without any.
const Record* same_traced_case(const RunWithRecords& run, const Record& beside);

/// " of another case, NAME" where it is not of the same case as this record; else empty.
QString naming_other_case(const Record& found, const Record& beside);

/// Error where nothing can be placed, with what to do.
ProfiledRecord profile_record(const std::filesystem::path& path, const StoreOptions& options,
                              std::shared_ptr<const RunWithRecords> run, const Record& record);

/// The same with times from the range alone; the profile as it is where it has no roofs.
ProfiledRecord within(const ProfiledRecord& whole, const TracedRecord& traced,
                      const TraceRange& range);

}  // namespace ridgepoint
