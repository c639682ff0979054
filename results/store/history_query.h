// HistoryQuery: one case over all runs of a database, read in one go, without samples.
//
// Threads: one HistoryQuery per thread. Errors: Error, one line with the path and what to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"
#include "results/store/open_mode.h"

namespace ridgepoint {

/// A case that has records.
struct MeasuredCase {
  std::string hash;
  Case subject;
};

/// One record of a case, with what its run says.
struct HistoryRow {
  std::string record_id;
  std::int64_t ordinal = 0;
  std::int64_t started_unix_ns = 0;
  Outcome outcome = Outcome::ok;
  std::string reason;           ///< empty only when ok
  std::optional<double> value;  ///< of the metric; empty: not derived, or not a number
  Run run;                      ///< id, label, suite, git, start and environment hash
};

class HistoryQuery {
 public:
  explicit HistoryQuery(const std::filesystem::path& path, const StoreOptions& options = {});
  ~HistoryQuery();
  HistoryQuery(HistoryQuery&&) noexcept;
  HistoryQuery& operator=(HistoryQuery&&) noexcept;

  [[nodiscard]] const std::filesystem::path& path() const;

  /// By label, then hash.
  [[nodiscard]] std::vector<MeasuredCase> cases() const;
  /// The planned case at a place of a run (Store::resolve_run's text), measured or not.
  [[nodiscard]] MeasuredCase case_at(std::string_view run_text, std::int64_t ordinal) const;
  /// Oldest first.
  [[nodiscard]] std::vector<HistoryRow> rows(const std::string& case_hash,
                                             std::string_view metric) const;
  /// Metrics of the newest record that is ok, by name; none where there is no such record.
  [[nodiscard]] std::vector<std::string> metrics_of_newest(const std::string& case_hash) const;
  /// How many records of it are ok, by case.
  [[nodiscard]] std::map<std::string, std::int64_t> successes() const;
  /// How many of its records that are ok have a value, by metric.
  [[nodiscard]] std::map<std::string, std::int64_t> values_by_metric(
      const std::string& case_hash) const;
  /// By hash: the environments (JSON) that the case was measured in.
  [[nodiscard]] std::map<std::string, std::string> environments(const std::string& case_hash) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ridgepoint
