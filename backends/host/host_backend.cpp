#include "backends/host/host_backend.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "backends/backend_options.h"
#include "backends/host/host_execution.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr int kMostTeamThreads = 1024;

}  // namespace

HostChoice parse_host_options(std::string_view backend, std::string_view options) {
  BackendOptions given(backend, options);
  const std::string isa = given.take_text("isa", ""), walk = given.take_text("walk", "");
  given.finish(kHostOptions);
  return {.isa = isa.empty() ? choose_isa() : take_isa(isa),
          .walk = walk.empty() ? walk_of_this_cpu() : parse_walk(walk)};
}

std::string HostBackend::version() const {
  return fmt::format("1.0 {}; walk {}", choice_.isa.text(), choice_.walk.name);
}

std::shared_ptr<Cache> HostBackend::make_cache(const Graph& graph) const {
  return std::make_shared<HostCache>(graph);
}

std::shared_ptr<WorkerTeam> HostBackend::team(int threads) const {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<WorkerTeam>& known = teams_[threads];
  std::shared_ptr<WorkerTeam> found = known.lock();
  if (!found) known = found = std::make_shared<WorkerTeam>(threads);
  return found;
}

std::unique_ptr<Execution> HostBackend::prepare(const Graph& graph, const WeightMap& weights,
                                                const PrepareOptions& options) const {
  if (options.threads < 1 || options.threads > kMostTeamThreads) {
    throw Error(fmt::format("backend '{}': {} threads; take 1 to {}", name(), options.threads,
                            kMostTeamThreads));
  }
  auto cache = std::dynamic_pointer_cast<HostCache>(options.cache);
  if (options.cache && !cache) {
    throw std::logic_error("HostBackend: the cache was made by another backend");
  }
  return std::make_unique<HostExecution>(graph, weights,
                                         PlanOptions{.kernels = &host::kernels_for(choice_.isa.isa),
                                                     .walk = choice_.walk,
                                                     .tiled = &tiled_,
                                                     .fuse = options.fuse,
                                                     .allocation = options.allocation,
                                                     .backend = name(),
                                                     .feed = options.feed},
                                         std::move(cache), team(options.threads));
}

}  // namespace ridgepoint
