// The reference backend: the truth that others are checked against. Plain loops over weights as
// they are stored (through `to_float`), float32 between operators, float64 inside them, and an
// order of arithmetic that depends on the input alone: the same bits for any number of threads, for
// a prompt in one piece or in many, and for a sequence alone or in a batch.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string_view>

#include "backends/backend.h"
#include "backends/reference/thread_pool.h"

namespace ridgepoint {

class ReferenceBackend : public Backend {
 public:
  static constexpr std::string_view kName = "reference";
  static constexpr std::string_view kSummary =
      "plain loops, float32 with float64 sums: slow, and what the others are checked against";

  /// `rounds`: inputs of products are rounded first, to 8 bits where weights are in blocks of
  /// codes, to bf16 where they are bf16. Then it is not the truth, but says how far from it a
  /// backend may be that rounds and does nothing wrong.
  explicit ReferenceBackend(bool rounds = false) : rounds_(rounds) {}

  [[nodiscard]] BackendDescription describe() const override;
  [[nodiscard]] Support streams() const override { return Support::yes(); }
  using Backend::supports;
  [[nodiscard]] Support supports(const Graph& graph) const override;
  [[nodiscard]] std::shared_ptr<Cache> make_cache(const Graph& graph) const override;
  /// Copies no weights. Executions without a cache have a workspace of their own.
  [[nodiscard]] std::unique_ptr<Execution> prepare(const Graph& graph, const WeightMap& weights,
                                                   const PrepareOptions& options) const override;

 private:
  [[nodiscard]] std::shared_ptr<ThreadPool> pool(int threads) const;

  bool rounds_;
  mutable std::mutex mutex_;
  mutable std::map<int, std::weak_ptr<ThreadPool>> pools_;  // by number of threads
};

/// Options: activations=rounded. Error for any other.
std::unique_ptr<Backend> open_reference_backend(std::string_view options);

}  // namespace ridgepoint
