// Profiles of records: the ceilings that a machine has in the store, and a record's ops placed
// under them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"
#include "results/roofline/case_profile.h"
#include "results/roofline/ceilings_suite.h"
#include "results/store/store.h"

namespace ridgepoint {

/// One run of `ridgepoint roofline`.
struct StoredCeilings {
  Run run;
  std::vector<Record> records;
};

/// That run, if it is in the store and holds records.
std::optional<StoredCeilings> read_ceilings(const Store& store, const std::string& run_id);

/// The newest finished one of a machine that may be set beside `environment`; a build may differ.
std::optional<StoredCeilings> find_ceilings(const Store& store, const std::string& environment,
                                            std::string_view suite = kCeilingsSuite);

/// Error that says what to do; for commands that need ceilings before they begin.
[[noreturn]] void refuse_without_ceilings(const Store& store,
                                          std::string_view suite = kCeilingsSuite);

/// The threads that bound a case on the processor, at least 1.
int threads_of_case(const Case& subject);

/// The profile of a record of `run`; nothing where no op was traced. Error for ceilings that hold
/// no bandwidth.
std::optional<roofline::CaseProfile> make_profile(const Record& record, const Run& run,
                                                  const StoredCeilings& ceilings);

/// Puts the profile into the record's details ("roofline"), or why there is none.
void attach_profile(Record& record, const Run& run, const StoredCeilings* ceilings);

}  // namespace ridgepoint
