// Joining what a GPU did to the ops that asked for it: by the id that was pushed around the call
// that started it, for what a graph played by the node that was made while the op recorded, and
// else by the NVTX range that was open when the call began. Plain data in, plain data out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "profiler/cupti/activity.h"
#include "profiler/span.h"
#include "profiler/span_recorder.h"

namespace ridgepoint {

/// An op of a source as one number, never 0.
constexpr std::uint64_t external_id(std::uint32_t source, std::uint32_t op) {
  return (std::uint64_t{source} + 1) << 32U | op;
}
struct OpPlace {
  std::uint32_t source = 0, op = 0;
  bool operator==(const OpPlace&) const = default;
};
/// Nothing for 0.
constexpr std::optional<OpPlace> place_of(std::uint64_t id) {
  if (id >> 32U == 0) return std::nullopt;
  return OpPlace{static_cast<std::uint32_t>((id >> 32U) - 1), static_cast<std::uint32_t>(id)};
}

/// Which op a node of a graph was made for, by CUPTI's number of the node.
using NodeOps = std::unordered_map<std::uint64_t, std::uint64_t>;

struct JoinedActivity {
  DeviceActivity activity;
  std::optional<OpPlace> op;
};

struct Joined {
  std::vector<JoinedActivity> activities;  ///< by begin
  std::size_t by_external = 0, by_node = 0, by_range = 0, by_nothing = 0;
};

/// `sources` are those of the recorder, to find an op by the name of its range.
Joined join_activities(const Activities& activities, const NodeOps& nodes,
                       std::span<const SpanSource> sources);

/// One span an op and turn, from its first kernel's begin to its last one's end: neighbours of one
/// op become one. None begins before the one before has ended. What belongs to no op is left out.
std::vector<Span> spans_of_ops(const Joined& joined);

/// Time in which nothing ran between the first activity and the last, and how often: what launches
/// leave the device waiting.
struct DeviceGaps {
  std::int64_t busy_ns = 0, idle_ns = 0, whole_ns = 0;
  std::size_t gaps = 0;
  std::int64_t longest_ns = 0;
};
DeviceGaps gaps_between(std::span<const JoinedActivity> activities);

}  // namespace ridgepoint
