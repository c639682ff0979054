// Times a slice of a model on an engine: as many layers as no cache holds, at a few batches, with a
// short and a long past. A second or two stand for a model of any number of layers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "backends/session.h"
#include "results/wall/engine_costs.h"
#include "workloads/models/model.h"

namespace ridgepoint {

struct SliceOptions {
  int threads = 1;
  Type kv_type = Type::f16;
  std::vector<std::int64_t> batches = {1, 2, 4, 8, 16};
  std::vector<std::int64_t> prompts = {64, 512};  ///< the last is timed with a long past, too
  std::int64_t deep = 2048;                       ///< tokens of the long past
  /// Sequences of decode steps over it, among the batches: so many that reading the cache takes a
  /// share of the step that can be told from noise.
  std::int64_t deep_batch = 4;
  int deep_rounds = 5;  ///< of timing long and short past in turn, whose differences count
  std::int64_t budget_ns = 80'000'000;  ///< of each timing, but for three passes
  int least_passes = 3;
};

/// A slice on an engine, ready to be timed.
class SliceSession {
 public:
  /// Error when the engine does not run it. All but the options must outlive the session.
  SliceSession(const Backend& backend, const Model& slice, const SliceOptions& options,
               std::int64_t batch, std::int64_t capacity);

  /// Starts anew, with `past` tokens a sequence.
  void fill(std::int64_t past);
  /// The median of passes of `count` tokens a sequence after `past` others, which are there.
  /// `share` is of the budget and of the least passes, one at the least.
  SliceTime time(std::int64_t count, std::int64_t past, double share = 1);

 private:
  [[nodiscard]] std::vector<std::int32_t> tokens(std::int64_t count) const;

  const Model& slice_;
  SliceOptions options_;
  std::int64_t batch_, capacity_;
  std::unique_ptr<Session> session_;
};

/// Layers of the model that hold at least `cold_bytes`, at most all.
std::int64_t slice_layers(const Model& model, std::int64_t cold_bytes);
/// Bytes of weights that lie in memory whether or not `model` has any of them here.
std::int64_t described_bytes(const Model& model);

struct SliceTimes {
  std::vector<SliceTime> decode, prefill;
  SliceTime deep_decode, deep_prefill;
};
/// Error when the engine cannot run it.
SliceTimes time_slice(const Backend& backend, const Model& slice, const SliceOptions& options);

}  // namespace ridgepoint
