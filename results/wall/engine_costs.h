// EngineCosts: what an engine takes for a byte of weights, a byte of KV cache and an operation of
// attention, found by timing a slice of a model (slice_probe.h); and what follows from it for any
// number of layers, batch and context. Pure arithmetic: times in, times out.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "results/wall/step_work.h"

namespace ridgepoint {

/// One timed pass of the slice.
struct SliceTime {
  StepWork work;
  double seconds = 0;
};

/// The same pass over a short past and over a long one, timed in turn: their difference is what
/// attention takes for what the long past has more.
struct DeepTime {
  StepWork shallow, deep;
  double more_seconds = 0;
};

struct EngineCosts {
  /// Seconds a byte of weights, products and everything else but attention over the past, by rows;
  /// ascending.
  struct RowCost {
    std::int64_t rows = 1;
    double seconds_per_weight_byte = 0;
    bool operator==(const RowCost&) const = default;
  };
  /// What attention takes over a past of this length: seconds a byte of KV in decoding, by rows
  /// (sequences); seconds an operation in a prefill. Ascending in rows, then in past.
  struct PastCost {
    std::int64_t rows = 1;
    std::int64_t past = 0;
    double seconds = 0;
    bool operator==(const PastCost&) const = default;
  };
  std::vector<RowCost> by_rows;
  std::vector<PastCost> kv;         ///< of a byte, in decoding
  std::vector<PastCost> attention;  ///< of an operation, in a prefill; rows do not matter

  /// Between two timed numbers of rows, the straight line; past the last, in proportion to the
  /// rows, as what is bound by arithmetic goes.
  [[nodiscard]] double seconds_per_weight_byte(std::int64_t rows) const;
  /// Between timed numbers of rows and lengths of the past, straight over their logarithms; outside
  /// of what was timed, as at its border. 0 where nothing was timed.
  [[nodiscard]] double seconds_per_kv_byte(std::int64_t rows, std::int64_t past) const;
  [[nodiscard]] double seconds_per_attention_flop(std::int64_t past) const;
};

/// `decode` and `prefill` hold passes of several row counts with a short past; `deep_decode` and
/// `deep_prefill` what a longer one adds. Error when one of the first two is empty. What was not
/// slower over a longer past costs nothing there: never below 0.
EngineCosts fit_costs(std::span<const SliceTime> decode, std::span<const DeepTime> deep_decode,
                      std::span<const SliceTime> prefill, std::span<const DeepTime> deep_prefill);

struct PredictedTime {
  double seconds = 0;
  double weight_seconds = 0;     ///< products, and what goes with them
  double attention_seconds = 0;  ///< reading the KV cache, or its arithmetic in a prefill
  bool operator==(const PredictedTime&) const = default;
};
PredictedTime predict_decode(const EngineCosts& costs, const StepWork& step);
PredictedTime predict_prefill(const EngineCosts& costs, std::span<const StepWork> pieces);

/// The machine's limits for one type of weights.
struct MachineRoof {
  double bytes_per_second = 0;
  double operations_per_second = 0;
};
/// The least time that any program could take: what must come from memory at the ceiling of
/// loading, or arithmetic at its ceiling, whichever is longer. Activations may stay in caches, so
/// they cost nothing here.
double roof_seconds(const MachineRoof& roof, std::span<const StepWork> steps);

/// The batch from which on products take twice what they take for one sequence: reading the weights
/// then explains no more than half of them. 0 when it lies past the last timed number of rows.
double critical_batch(const EngineCosts& costs);
/// The same by the ceilings alone: where arithmetic takes as long as reading weights. `one` is a
/// step of one sequence.
double critical_batch(const MachineRoof& roof, const StepWork& one);

/// The context a sequence at which attention over the cache takes as long as the weights do, by a
/// `step` over some past. 0 where attention costs nothing.
double crossing_context(const EngineCosts& costs, const StepWork& step);

}  // namespace ridgepoint
