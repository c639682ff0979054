// What parent and child of a case say to each other: JSON, one object a line. The parent speaks
// first (instructions), then answers what the child asks; everything else flows from child to
// parent.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/run/process_plan.h"
#include "harness/run/run_options.h"
#include "results/outcome.h"
#include "results/record.h"
#include "workloads/case.h"

namespace ridgepoint {

/// A line longer than this is no event: the child is out of its mind.
inline constexpr std::size_t kLongestEvent = std::size_t{64} << 20;
/// Samples of one event; longer series are sent in pieces.
inline constexpr std::size_t kSamplesAnEvent = 4096;
/// Ops of one event, likewise.
inline constexpr std::size_t kOpTimesAnEvent = 1024;
/// Bytes of a packed trace of one event, likewise.
inline constexpr std::size_t kTraceBytesAnEvent = std::size_t{1} << 20;

struct Instructions {
  Case subject;
  RunOptions options;
  ProcessPlan plan;
  std::int64_t memory_limit_bytes = 0;  ///< 0: none
  std::int64_t parent = 0;              ///< process id, to notice when it is gone already
};
std::string to_line(const Instructions& instructions);
Instructions parse_instructions(std::string_view line);  ///< Error

struct SamplesEvent {
  std::string series;
  std::vector<std::int64_t> values;
};
struct MetricEvent {
  std::string name;
  double value = 0;
};
struct DetailEvent {
  std::string key;
  std::string json;
};
struct OpTimesEvent {
  std::vector<OpTime> ops;  ///< more of them, after those that came before
};
struct TraceEvent {
  std::vector<std::byte> bytes;  ///< more of them, after those that came before
};
struct ProgressEvent {
  double fraction = 0;
  std::string phase;
};
struct FindAnswerEvent {
  std::string key;
};
struct PutAnswerEvent {
  std::string key, value;
};
struct DoneEvent {
  Outcome outcome = Outcome::ok;
  std::string reason;
};
using Event = std::variant<SamplesEvent, MetricEvent, DetailEvent, OpTimesEvent, TraceEvent,
                           ProgressEvent, FindAnswerEvent, PutAnswerEvent, DoneEvent>;

/// With the newline at its end.
std::string to_line(const Event& event);
std::string samples_line(std::string_view series, std::span<const std::int64_t> values);
/// Empty when the line is no event; never throws for what a line holds.
std::optional<Event> parse_event(std::string_view line);

/// The parent's reply to FindAnswerEvent.
std::string answer_line(std::string_view value);
std::string parse_answer(std::string_view line);  ///< Error

}  // namespace ridgepoint
