// Arm: one side of an A/B, as something that gives a slice: the figures of one fresh process. What
// it is does not matter to the gate; parse_arm says what a person may write.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

/// One figure of a slice: a median after warm-up where the process has several samples.
struct SliceValue {
  std::string name;  ///< "wall time", "BM_Decode/16", "llm m.gguf pp32 tg8 TPOT"
  double value = 0;  ///< > 0
  std::string unit = "ns";
  bool more_is_better = false;
  double least = 0;  ///< best of its samples; the value itself when there is one
  /// Where it comes from a case: its place in Slice::records, and the metric of that record.
  std::optional<std::size_t> record{};
  std::string metric{};
  /// The word that stood behind a printed number; the arms and all pairs must agree on it.
  std::string printed_unit{};
};

struct Slice {
  std::vector<SliceValue> values;
  std::int64_t started_unix_ns = 0;
  std::int64_t duration_ns = 0;
  std::int64_t involuntary_switches = 0;
  std::int64_t major_faults = 0;
  std::int64_t cpu_ns = 0;   ///< of its threads together; 0: not known
  bool interrupted = false;  ///< a stop was asked for: there are no values
  /// The arm measured, but what it measured is no result (its output is wrong, say): why.
  std::string not_a_result;
  std::vector<Record> records{};  ///< of the cases behind the values, if there are any
};

class Arm {
 public:
  virtual ~Arm() = default;
  /// Runs one fresh process. Error when the arm fails as a tool: it cannot be started, ends badly,
  /// prints nothing that can be understood.
  virtual Slice run(const std::atomic<bool>& stop) = 0;
};

struct ArmOptions {
  /// cmd: the number after this text, taken as it stands, is the figure, not the wall time; the
  /// median of all that it prints, on either output. Empty: wall time.
  std::string number_after;
  std::string unit = "1";       ///< of that number
  bool more_is_better = false;  ///< of that number
  double time_limit_seconds = 600;
  std::filesystem::path working_directory;  ///< of commands; empty: this process's
};

/// Whether the text begins like one of the arms below.
bool is_arm(std::string_view text);

/// "run:OPTIONS" (this program), "build:DIR OPTIONS" (the ridgepoint in DIR/bin), "gbench:BINARY
/// FLAGS", "cmd:COMMAND" (a shell's). Error for anything else.
std::unique_ptr<Arm> parse_arm(std::string_view spec, const ArmOptions& options);

/// A command line as a shell would split it: blanks, quotes and backslashes, nothing else. Error
/// when a quote is not closed.
std::vector<std::string> split_arguments(std::string_view text);

}  // namespace ridgepoint
