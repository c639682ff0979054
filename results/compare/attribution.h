// Why one side is slower: the difference in time split over the ops of the graph, what else changed
// around the case (load, memory, faults, clock, stolen time), and what no op accounts for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

/// One op, or the same op of all layers that behave alike ("layer.*.ffn.down").
struct OpDifference {
  std::string op_id;
  std::int64_t ops = 1;        ///< how many ops of the graph stand behind it
  std::int64_t ops_alike = 1;  ///< of how many that differ in their layer only
  double a_ns = 0, b_ns = 0;
  double a_flops = 0, b_flops = 0;
  double a_bytes = 0, b_bytes = 0;
  [[nodiscard]] double difference_ns() const { return b_ns - a_ns; }
};

/// Something measured beside the ops that differs: "load", "peak memory", "clock".
struct Circumstance {
  std::string what;
  double a = 0, b = 0;
  std::string unit;  ///< as in MetricSpec
};

struct Attribution {
  std::string phase;                  ///< "prefill", "decode", "run"
  double difference_ns = 0;           ///< of one pass of the phase, B - A
  bool traced = false;                ///< whether both sides have times of single ops
  std::vector<OpDifference> ops;      ///< largest first; only ones that matter
  double attributed_ns = 0;           ///< by all ops together, those left out above too
  std::vector<Circumstance> around;   ///< largest relative change first
  std::optional<double> flops_ratio;  ///< of the work of the phase, B over A, where both say
  std::optional<double> bytes_ratio;
  [[nodiscard]] double unattributed_ns() const { return difference_ns - attributed_ns; }
};

/// Phase of the graph that a metric times; empty where none.
std::string_view phase_of(std::string_view metric);

/// Both records of the same case; `metric` must have a phase. The values are those of the metric.
Attribution attribute(const Record& a, const Record& b, std::string_view metric, double value_a,
                      double value_b);

/// Op differences of one phase, ops of layers that behave alike put together: a layer stands by
/// itself where its difference is off the middle of its fellows by more than half of that and by
/// more than 2 % of the whole. Largest first.
std::vector<OpDifference> op_differences(const std::vector<OpTime>& a, const std::vector<OpTime>& b,
                                         std::string_view phase);

}  // namespace ridgepoint
