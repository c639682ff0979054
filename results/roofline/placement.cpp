#include "results/roofline/placement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace ridgepoint::roofline {
namespace {

constexpr double kNsPerSecond = 1e9;

constexpr std::pair<Bound, std::string_view> kNames[] = {{Bound::memory, "memory"},
                                                         {Bound::compute, "compute"},
                                                         {Bound::latency, "latency"},
                                                         {Bound::overhead, "overhead"},
                                                         {Bound::ambiguous, "ambiguous"}};

/// Bytes that come from one place.
struct Stream {
  double bytes = 0;
  double distance = 0;  ///< walked through before they come again
  Access access = Access::read;
};

struct MemoryTime {
  Range ns;
  std::string level;  ///< where most of the time goes
  std::map<std::string, double> bytes_by_level;
  bool unknown = false;  ///< there is no ceiling to hold its bytes against
};

MemoryTime memory_time(const OpWork& work, const OpSituation& situation, const Roofs& roofs) {
  const bool is_cold = situation.pass_bytes == std::numeric_limits<double>::infinity();
  const Stream streams[] = {
      {work.weight_bytes + work.kv_bytes, situation.pass_bytes, Access::read},
      {work.activation_bytes, is_cold ? situation.pass_bytes : work.activation_bytes, Access::any}};
  MemoryTime time;
  double longest_ns = 0;
  for (const Stream& stream : streams) {
    if (!(stream.bytes > 0)) continue;
    const auto bandwidth = roofs.bandwidth_at(stream.distance, stream.access);
    if (!bandwidth) return {{}, "", {}, true};
    const Range ns = Range::exactly(stream.bytes * kNsPerSecond) / bandwidth->bytes_per_second;
    time.ns = time.ns + ns;
    time.bytes_by_level[bandwidth->level] += stream.bytes;
    if (ns.value > longest_ns) {
      longest_ns = ns.value;
      time.level = bandwidth->level;
    }
  }
  return time;
}

std::string likely_cause(const OpWork& work, const OpSituation& situation, const Roofs& roofs,
                         const Placement& placed, bool is_memory) {
  if (!is_memory) {
    return "more arithmetic than registers allow: the clock was lower when the ceilings were "
           "measured, or the backend skips work that is counted";
  }
  const double needed = work.bytes() * kNsPerSecond / situation.time_ns.high;
  for (const BandwidthCurve& curve : roofs.curves) {
    for (const Level& level : curve.levels) {
      if (level.bytes_per_second.high >= needed && level.to_bytes < situation.pass_bytes &&
          curve.what == "load") {
        return fmt::format(
            "some of its bytes come from a nearer level than {}: what a pass walks through is "
            "kept in part",
            placed.roof_of);
      }
    }
  }
  return "no level delivers that: the machine was slower when the ceilings were measured, or not "
         "all of the counted bytes are moved";
}

/// What the ranges allow the op to be held back by.
std::vector<Bound> candidates(const Placement& placed, const OpSituation& situation,
                              bool memory_unknown) {
  std::vector<Bound> all;
  if (memory_unknown) all.push_back(Bound::memory);
  if (placed.share.high >= kNearRoof) {
    if (placed.memory_ns.high >= placed.compute_ns.low && placed.memory_ns.high > 0) {
      all.push_back(Bound::memory);
    }
    if (placed.compute_ns.high >= placed.memory_ns.low && placed.compute_ns.high > 0) {
      all.push_back(Bound::compute);
    }
  }
  if (placed.share.low < kNearRoof) {
    const bool like_nothing = situation.time_ns.value <= kLikeNothing * situation.fixed_ns;
    all.push_back(like_nothing ? Bound::overhead : Bound::latency);
  }
  return all;
}

std::string name_with_place(Bound bound, const std::string& level) {
  return bound == Bound::memory && !level.empty() ? fmt::format("memory ({})", level)
                                                  : std::string(name_of(bound));
}

}  // namespace

std::string_view name_of(Bound bound) {
  return std::ranges::find(kNames, bound, &std::pair<Bound, std::string_view>::first)->second;
}

std::optional<Bound> find_bound(std::string_view name) {
  for (const auto& entry : kNames) {
    if (entry.second == name) return entry.first;
  }
  return std::nullopt;
}

Placement place(const OpWork& work, const OpSituation& situation, const Roofs& roofs) {
  Placement placed;
  const double bytes = work.bytes();
  const MemoryTime memory = memory_time(work, situation, roofs);
  const Peak* peak = work.flops > 0 ? roofs.peak_for(work.weight_type) : nullptr;
  placed.memory_ns = memory.ns;
  placed.bytes_by_level = memory.bytes_by_level;
  if (peak != nullptr) {
    placed.compute_ns = Range::exactly(work.flops * kNsPerSecond) / peak->per_second;
  }
  if (bytes > 0) placed.intensity = work.flops / bytes;
  if (peak != nullptr && memory.ns.low > 0) {
    placed.ridge = peak->per_second / (Range::exactly(bytes * kNsPerSecond) / memory.ns);
  }
  placed.bytes_per_second = Range::exactly(bytes * kNsPerSecond) / situation.time_ns;
  placed.flops_per_second = Range::exactly(work.flops * kNsPerSecond) / situation.time_ns;
  placed.share = placed.roof_ns() / situation.time_ns;

  const bool is_memory = placed.memory_ns.value >= placed.compute_ns.value;
  if (placed.roof_ns().value > 0) {
    placed.roof_of = is_memory ? memory.level : peak->what;
    placed.unit = is_memory ? "bytes/s" : peak->unit;
    placed.attained = is_memory ? placed.bytes_per_second : placed.flops_per_second;
    placed.roof = is_memory ? Range::exactly(bytes * kNsPerSecond) / memory.ns : peak->per_second;
  }
  const auto possible = candidates(placed, situation, memory.unknown);
  if (possible.size() == 1) {
    placed.bound = possible.front();
    placed.bound_by = name_with_place(placed.bound, memory.level);
  } else {
    placed.bound = Bound::ambiguous;
    std::vector<std::string> names;
    for (const Bound each : possible) names.push_back(name_with_place(each, memory.level));
    placed.bound_by = fmt::format("ambiguous: {}", fmt::join(names, " or "));
  }
  // Even the best that the roof may be was passed.
  if (placed.roof_ns().low > situation.time_ns.value) {
    placed.mistrusted = likely_cause(work, situation, roofs, placed, is_memory);
  }
  return placed;
}

}  // namespace ridgepoint::roofline
