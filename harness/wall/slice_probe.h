// Times a slice of a model on an engine: as many layers as no cache holds, at a few batches, with a
// short and a long past. A second or two stand for a model of any number of layers.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
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
  std::vector<std::int64_t> prompts = {64, 512};  ///< the last is timed over a long past, too
  /// Decode steps of these batches, among the ones above, and prefills of one sequence are timed
  /// over a long past, too: of so many tokens in each sequence, and of a quarter of them; in all
  /// sequences together where the engine cannot copy a past from one to the others.
  std::vector<std::int64_t> deep_batches = {1, 4, 16};
  std::int64_t deep = 8192;
  int deep_rounds = 5;  ///< of timing long and short past in turn, whose differences count
  std::int64_t deep_budget_ns = 1'500'000'000;  ///< more rounds until then, for decode steps
  std::int64_t budget_ns = 80'000'000;          ///< of each timing, but for three passes
  int least_passes = 3;
  /// Hears what is timed next; may be empty.
  std::function<void(const std::string&)> report = {};
  /// When it is set, whatever is being timed throws Interrupted; null: nobody stops it.
  const std::atomic<bool>* stop = nullptr;

  /// What comes next, unless it is to stop.
  void next(const std::string& what) const;
};

/// A slice on an engine, ready to be timed.
class SliceSession {
 public:
  /// Error when the engine does not run it. All but the options must outlive the session.
  SliceSession(const Backend& backend, const Model& slice, const SliceOptions& options,
               std::int64_t batch, std::int64_t capacity);

  /// Starts anew, with the same `past` tokens in every sequence.
  void fill(std::int64_t past);
  /// Whether that is computed for one sequence only.
  [[nodiscard]] bool copies_past() const { return session_->copies_past().supported; }
  /// The median of passes of `count` tokens a sequence after `past` others, which are there.
  /// `share` is of the budget and of the least passes, one at the least.
  SliceTime time(std::int64_t count, std::int64_t past, double share = 1);
  /// Seconds that each class of ops takes in such a pass, the median over passes while somebody
  /// listens: "products", "attention", "other" (what no op accounts for included). Empty where the
  /// engine does not announce its ops.
  std::map<std::string, double> time_classes(std::int64_t count, std::int64_t past,
                                             double share = 1);

 private:
  /// One pass after another within the share of the budget, at the least as many as asked for.
  void pass_on(std::int64_t count, std::int64_t past, double share,
               const std::function<void(std::int64_t begin_ns, std::int64_t end_ns)>& on_pass);
  [[nodiscard]] std::vector<std::int32_t> tokens(std::int64_t count) const;
  [[nodiscard]] Phase phase_of(std::int64_t count) const;

  const Model& slice_;
  SliceOptions options_;
  std::int64_t batch_, capacity_, prefill_rows_;
  std::unique_ptr<Session> session_;
  std::map<std::int64_t, std::int64_t> pass_ns_;  ///< what one took, untimed, by tokens
};

/// Layers of the model that hold at least `cold_bytes`, at most all.
std::int64_t slice_layers(const Model& model, std::int64_t cold_bytes);
/// Bytes of weights that lie in memory whether or not `model` has any of them here.
std::int64_t described_bytes(const Model& model);

struct SliceTimes {
  std::vector<SliceTime> decode, prefill;
  std::vector<DeepTime> deep_decode, deep_prefill;
  bool copies_past = false;
};
/// Error when the engine cannot run it.
SliceTimes time_slice(const Backend& backend, const Model& slice, const SliceOptions& options);
/// One of the passes of `decode` or `prefill` once more, in a session of its own.
SliceTime time_again(const Backend& backend, const Model& slice, const SliceOptions& options,
                     const SliceTime& time, bool decode);

}  // namespace ridgepoint
