// Profiles of records: the ceilings that a machine has in the store, and a record's ops placed
// under them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  /// Why a newer one was passed over; empty: there is none.
  std::string note{};
};

/// That run, if it is in the store and holds records.
std::optional<StoredCeilings> read_ceilings(const Store& store, const std::string& run_id);

/// The newest finished one of a machine that may be set beside `environment`, under which any op of
/// so many threads can be placed (Roofs::is_full); where none is so full, the newest. A build may
/// differ.
std::optional<StoredCeilings> find_ceilings(const Store& store, const std::string& environment,
                                            std::string_view suite, int threads);

/// The ceilings that cases of one run are placed under, each looked for once.
class CeilingsOfRun {
 public:
  /// The store must outlive this.
  CeilingsOfRun(const Store& store, const Run& run)
      : store_(store), environment_(run.environment) {}
  /// By the case's device and threads, as find_ceilings; null where there are none.
  const StoredCeilings* of(const Case& subject);

 private:
  const Store& store_;
  std::string environment_;
  std::map<std::pair<std::string, int>, std::optional<StoredCeilings>> known_;
};

/// Of the suites of ceilings that these cases are placed under, those of which the store holds none
/// of that machine.
std::vector<std::string> missing_ceilings(const Store& store, const std::string& environment,
                                          const std::vector<Case>& cases);

/// Error that says what to do; for commands that need ceilings before they begin.
[[noreturn]] void refuse_without_ceilings(const Store& store, std::string_view suite);

/// Whether what a run says of its machine is about the one that the reader sits at.
enum class RunPlace : std::uint8_t { here, elsewhere };

/// Why ops of `run` have no roofs, and what would help, in one line.
std::string why_no_ceilings(const Run& run, std::string_view suite, RunPlace place);

/// The threads that bound a case on the processor, at least 1.
int threads_of_case(const Case& subject);

/// The profile of a record of `run`; nothing where no op was traced. Error for ceilings that hold
/// no bandwidth. Only of a run from here what this machine counts is a reason.
std::optional<roofline::CaseProfile> make_profile(const Record& record, const Run& run,
                                                  const StoredCeilings& ceilings, RunPlace place);

/// Puts the profile into the record's details ("roofline"), or why there is none; for a run that is
/// being measured here.
void attach_profile(Record& record, const Run& run, const StoredCeilings* ceilings);

}  // namespace ridgepoint
