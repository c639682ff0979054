#include "backends/reference/reference_backend.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string>

#include "backends/backend_options.h"
#include "backends/reference/reference_cache.h"
#include "backends/reference/reference_execution.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr int kMostThreads = 4096;

}  // namespace

BackendDescription ReferenceBackend::describe() const {
  // Under another name, so that nobody takes its answers for the truth.
  return {rounds_ ? "reference:activations=rounded" : std::string(kName), "1.0",
          std::string(kSummary)};
}

Support ReferenceBackend::supports(const Graph&) const {
  return Support::yes();
}

std::shared_ptr<Cache> ReferenceBackend::make_cache(const Graph& graph) const {
  return std::make_shared<ReferenceCache>(graph);
}

std::shared_ptr<ThreadPool> ReferenceBackend::pool(int threads) const {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<ThreadPool>& known = pools_[threads];
  std::shared_ptr<ThreadPool> found = known.lock();
  if (!found) known = found = std::make_shared<ThreadPool>(threads);
  return found;
}

std::unique_ptr<Execution> ReferenceBackend::prepare(const Graph& graph, const WeightMap& weights,
                                                     const PrepareOptions& options) const {
  if (options.threads < 1 || options.threads > kMostThreads) {
    throw Error(fmt::format("backend 'reference': {} threads; take 1 to {}", options.threads,
                            kMostThreads));
  }
  auto cache = std::dynamic_pointer_cast<ReferenceCache>(options.cache);
  if (options.cache && !cache) {
    throw std::logic_error("ReferenceBackend: the cache was made by another backend");
  }
  return std::make_unique<ReferenceExecution>(graph, weights, std::move(cache),
                                              pool(options.threads), options.allocation,
                                              options.feed, rounds_);
}

std::unique_ptr<Backend> open_reference_backend(std::string_view options) {
  BackendOptions given(ReferenceBackend::kName, options);
  const std::string activations = given.take_text("activations", "exact");
  given.finish("activations=exact|rounded");
  if (activations != "exact" && activations != "rounded") {
    throw Error(fmt::format("backend 'reference': unknown activations '{}'; take exact or rounded",
                            activations));
  }
  return std::make_unique<ReferenceBackend>(activations == "rounded");
}

}  // namespace ridgepoint
