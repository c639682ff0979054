// Store: one SQLite database of runs. Many readers and writers at once (WAL, busy timeout); each
// record is one transaction, so a kill at any instant loses at most the case in flight. A database
// of a newer schema is refused in words; an older one is migrated, on a copy first.
//
// Threads: one Store per thread. Errors: Error, one line with the path and what to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"
#include "results/record_stream.h"
#include "results/store/open_mode.h"

namespace ridgepoint {

/// What `list runs` shows of a run, cheap to read for 100,000 of them.
struct RunSummary {
  Run run;                     ///< without environment and conditions
  std::int64_t planned = 0;    ///< cases in the run
  std::int64_t recorded = 0;   ///< cases that have a record
  std::int64_t succeeded = 0;  ///< outcome ok
  /// The widest precision_percent of its records; none for imports, and where no record has one.
  std::optional<double> widest_percent{};
};

struct RecordKey {
  std::string run_id;
  std::int64_t ordinal = 0;
};

struct MergeReport {
  std::int64_t runs_added = 0, runs_known = 0;
  std::int64_t records_added = 0, records_known = 0;
  /// An import of which everything is stored already: its records were not looked at again.
  bool recognised = false;
};

class Store {
 public:
  /// Creates the file (and its folder) in read_write mode when it does not exist.
  Store(const std::filesystem::path& path, OpenMode mode, const StoreOptions& options = {});
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  [[nodiscard]] const std::filesystem::path& path() const;
  [[nodiscard]] std::int64_t schema_version() const;

  /// How long each statement waits for another process from now on.
  void wait_at_most(std::chrono::milliseconds busy_timeout);

  // Writing.
  void begin_run(const Run& run, const std::vector<Case>& cases);
  /// Cases of a run that is under way, to come after those that are planned.
  void extend_run(const std::string& run_id, const std::vector<Case>& cases);
  /// One record a run and ordinal, which begin_run or extend_run planned; it takes the place of an
  /// interrupted one only.
  void add_record(const Record& record);
  /// A case that was measured again: `record` takes the place of the record `replaced_id` of the
  /// same run and ordinal, and names it in its details ("remeasured": "replaces"), so that merging
  /// knows which of the two counts.
  void replace_record(const std::string& replaced_id, const Record& record);
  /// status: finished or interrupted.
  void finish_run(const std::string& run_id, std::string_view status, std::int64_t finished_unix_ns,
                  std::string_view conditions_after);
  void reopen_run(const std::string& run_id);  ///< back to running, for resume
  /// Removes an interrupted case's record so that it can be measured anew (resume only).
  void drop_interrupted(const std::string& run_id);
  /// Puts tags on a run, or takes them off: how many that changed. Error for what can be no tag.
  std::int64_t set_tags(const std::string& run_id, const std::vector<std::string>& tags,
                        bool present);
  /// Takes the place of the note before; empty: none. False where it is that already.
  bool set_note(const std::string& run_id, std::string_view note);

  // Reading.
  [[nodiscard]] std::vector<RunSummary> list_runs(std::int64_t limit = -1) const;  ///< newest first
  /// A full id, a unique prefix of at least 4 characters, "latest", or a label (newest of it).
  [[nodiscard]] std::string resolve_run(std::string_view text) const;
  [[nodiscard]] Run run(const std::string& run_id) const;
  [[nodiscard]] std::vector<PlannedCase> planned_cases(const std::string& run_id) const;
  /// In ordinal order; with `with_samples` false there are no series, but metrics are.
  [[nodiscard]] std::vector<Record> records(const std::string& run_id,
                                            bool with_samples = true) const;
  /// The record of one case, with its samples and its trace; std::out_of_range when it has none.
  [[nodiscard]] Record record(const std::string& run_id, std::int64_t ordinal) const;
  /// run(), records() and planned_cases() of one moment.
  [[nodiscard]] RunWithRecords whole_run(const std::string& run_id, bool with_samples = true) const;
  [[nodiscard]] std::vector<Case> known_cases() const;
  /// Every run, newest first, without environment and conditions.
  [[nodiscard]] std::vector<Run> runs() const;
  /// The records of each case that is wanted in the first of these runs, asked in this order, that
  /// has any of it.
  [[nodiscard]] std::vector<RecordKey> newest_records(
      const std::vector<std::string>& run_ids,
      const std::function<bool(const Case&)>& wanted) const;

  // Stored answers: outputs to check later runs against (harness/run/check.h), by content key.
  [[nodiscard]] std::optional<std::string> find_answer(std::string_view key) const;
  void put_answer(std::string_view key, std::string_view value);  ///< first one wins

  // Whole databases.
  /// Idempotent, and one transaction: all of it or nothing. A run that has gone on since the last
  /// merge brings its new records and its status; a record of an interrupted case gives way to a
  /// later one, and any record to the one that replaced it. The same id with other content is
  /// refused.
  MergeReport merge_from(const std::filesystem::path& other);
  /// The same for a run from elsewhere (an import); `origin` is for error lines.
  MergeReport merge_run(const RunWithRecords& data, std::string_view origin);
  /// The same for a run of any size. One whose id follows from its content and that was stored to
  /// its end is recognised at once; any other that is known already is compared, record by record.
  MergeReport merge_run(const RecordStream& stream, std::string_view origin);
  void backup_to(const std::filesystem::path& target) const;  ///< refuses an existing file
  /// The same of a file as it is, whatever older schema it has.
  static void back_up(const std::filesystem::path& path, const std::filesystem::path& target,
                      const StoreOptions& options = {});
  /// "ok", or the first thing that is wrong: structure, references, checksums of samples.
  [[nodiscard]] std::string check_integrity() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// $XDG_DATA_HOME/ridgepoint/ridgepoint.db, else ~/.local/share/...; Error without a home.
std::filesystem::path default_database_path();
/// Random (version 4) UUID, lower case.
std::string new_uuid();

}  // namespace ridgepoint
