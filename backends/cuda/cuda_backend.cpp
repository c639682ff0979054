#include "backends/cuda/cuda_backend.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "backends/cuda/cuda_execution.h"
#include "backends/cuda/device_cache.h"
#include "backends/cuda/planner.h"

namespace ridgepoint {

CudaBackend::CudaBackend(std::shared_ptr<cuda::Device> device)
    : arena_(std::make_shared<cuda::Arena>(std::move(device))), weights_(arena_) {}

BackendDescription CudaBackend::describe() const {
  const cuda::DeviceDescription& device = arena_->device().describe();
  return {.name = std::string(kName),
          .version = fmt::format("1.0 {} ({})", device.name, device.libraries),
          .summary = std::string(kSummary)};
}

Support CudaBackend::supports(const Graph& graph) const {
  return cuda::supports_graph(graph);
}

std::shared_ptr<Cache> CudaBackend::make_cache(const Graph& graph) const {
  return std::make_shared<cuda::DeviceCache>(graph, arena_);
}

std::unique_ptr<Execution> CudaBackend::prepare(const Graph& graph, const WeightMap& weights,
                                                const PrepareOptions& options) const {
  auto cache = std::dynamic_pointer_cast<cuda::DeviceCache>(options.cache);
  if (options.cache && !cache) {
    throw std::logic_error("CudaBackend: the cache was made by another backend");
  }
  // A step of decoding is many short launches; a prefill's are long enough to hide each other.
  const bool record =
      options.record.value_or(true) && graph.tokens() == 1 && graph.nodes().size() > 1;
  return std::make_unique<cuda::CudaExecution>(graph, weights,
                                               cuda::PlanOptions{.arena = arena_,
                                                                 .weights = &weights_,
                                                                 .fuse = options.fuse,
                                                                 .allocation = options.allocation},
                                               std::move(cache), record);
}

}  // namespace ridgepoint
