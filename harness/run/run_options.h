// What the user may say about how cases are run, apart from what they are. Declared once: the
// command line, the stored options of a run (for resume) and the child's instructions derive from
// it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ridgepoint {

struct RunOptions {
  std::int64_t repetitions = 5;            ///< measured passes of a model case a process, at most
  std::int64_t processes = 3;              ///< fresh processes a case, at the least; 1: only one
  std::int64_t most_processes = 10;        ///< and at most
  double precision_percent = 1;            ///< half-width of the median's interval to stop at
  double case_budget_seconds = 20;         ///< of all processes together (>= 1 sample)
  bool stationarity = true;                ///< mistrust a case with two levels or a trend
  double stationarity_floor_percent = 10;  ///< of the median: smaller changes do not matter
  bool remeasure_noisy = true;             ///< measure noisy cases again at the end
  double time_limit_seconds = 600;         ///< a case is killed after this: timed out
  std::int64_t memory_limit_bytes = 0;     ///< 0: 90 % of what is available when the case starts
  bool check = true;                       ///< compare outputs with the reference
  bool op_times = true;                    ///< trace a few more passes for times of single ops
  std::int64_t most_spans = 1 << 20;       ///< that a profiled record keeps
  /// Trace more passes, and place ops under the ceilings of the machine.
  bool profile = false;
  std::vector<std::string> benchmark_flags;  ///< Google Benchmark's, given after "--"
  std::string save_logits;                   ///< file that a quality case's logits go to; or empty

  bool operator==(const RunOptions&) const = default;
};

/// One option that is a number; profile, benchmark_flags and save_logits are not among them.
struct RunOptionField {
  std::string_view name;  ///< option "--name" (with dashes), JSON key
  std::variant<std::int64_t RunOptions::*, double RunOptions::*, bool RunOptions::*> member;
  double minimum = 0, maximum = 0;  ///< of a number
  std::string_view help;
};
std::span<const RunOptionField> run_option_fields();

/// Sets an option from text ("2.5", "off"). Error when there is none of that name or it means
/// nothing of the option's kind; `origin` (a suite's name) begins its line.
void set_from_text(RunOptions& options, std::string_view name, std::string_view text,
                   std::string_view origin);

/// Error when a figure is out of range or a flag is not one of Google Benchmark's that make sense
/// here (lists those that do). The command line calls this before anything is run.
void validate(const RunOptions& options);

std::string to_json(const RunOptions& options);
/// Error for what is no JSON object, an unknown key, another type or a value that validate refuses.
RunOptions run_options_from_json(std::string_view json);

}  // namespace ridgepoint
