// What the backends that run on this machine's cores share: teams of threads, tiled weights and the
// choice of instruction set. `cpu` and `quantized` differ in the weights that they take.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "backends/backend.h"
#include "backends/host/choose_isa.h"
#include "backends/host/read_walk.h"
#include "backends/host/tiled_weights.h"
#include "backends/host/worker_team.h"

namespace ridgepoint {

/// "isa=NAME": an instruction set of isa.h instead of the best that the CPU has; "walk=NAME": a way
/// through memory of read_walk.h instead of the one for the CPU's vendor.
inline constexpr std::string_view kHostOptions =
    "isa=scalar|avx2|avx512|avx512bf16|amx, walk=sequential|streams";

struct HostChoice {
  IsaChoice isa;
  ReadWalk walk = walk_of_this_cpu();
};
/// Error for an option, an instruction set or a walk that there is not.
HostChoice parse_host_options(std::string_view backend, std::string_view options);

class HostBackend : public Backend {
 public:
  explicit HostBackend(HostChoice choice) : choice_(std::move(choice)) {}

  [[nodiscard]] Support streams() const override { return Support::yes(); }
  [[nodiscard]] bool reorders(Type type) const override {
    return TiledWeights::has_form(type) && !host::BlockMatrix::takes(type);
  }
  [[nodiscard]] std::shared_ptr<Cache> make_cache(const Graph& graph) const override;
  [[nodiscard]] std::unique_ptr<Execution> prepare(const Graph& graph, const WeightMap& weights,
                                                   const PrepareOptions& options) const override;

 protected:
  /// With the instruction set, what there was to choose from, what spoke against a better one, and
  /// the walk.
  [[nodiscard]] std::string version() const;
  [[nodiscard]] virtual std::string_view name() const = 0;

 private:
  [[nodiscard]] std::shared_ptr<WorkerTeam> team(int threads) const;

  HostChoice choice_;
  mutable TiledWeightStore tiled_;
  mutable std::mutex mutex_;
  mutable std::map<int, std::weak_ptr<WorkerTeam>> teams_;  // by number of threads
};

}  // namespace ridgepoint
