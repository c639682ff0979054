#include "backends/cuda/cuda_backend.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "backends/cuda/cuda_execution.h"
#include "backends/cuda/device_cache.h"
#include "backends/cuda/device_ceilings.h"
#include "backends/cuda/planner.h"
#include "backends/cuda/rotated_execution.h"

namespace ridgepoint {

CudaBackend::CudaBackend(std::shared_ptr<cuda::Device> device, CudaOptions options)
    : arena_(std::make_shared<cuda::Arena>(std::move(device))),
      options_(options),
      weights_(arena_) {}

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
                                                                 .event_times = event_times_,
                                                                 .fuse = options.fuse,
                                                                 .tf32 = options_.tf32,
                                                                 .eight_bits = options_.eight_bits,
                                                                 .allocation = options.allocation},
                                               std::move(cache), record);
}

std::optional<double> CudaBackend::device_clock_hz() const {
  constexpr std::uint64_t kSpin_ns = 20'000;
  if (clock_room_.data() == nullptr) {
    clock_room_ = arena_->take(2 * sizeof(std::uint64_t), cuda::MemoryClass::scratch);
  }
  const double hz = cuda::device_clock_hz(arena_->device(), clock_room_.data(), kSpin_ns);
  return hz > 0 ? std::optional(hz) : std::nullopt;
}

std::optional<DeviceMemory> CudaBackend::device_memory() const {
  const auto [used, all] = arena_->device().memory_in_use();
  const auto [library, library_peak] = arena_->device().library_memory();
  return DeviceMemory{.peak = arena_->peak(),
                      .pool_bytes = arena_->reserved_bytes(),
                      .pool_peak_bytes = arena_->reserved_peak_bytes(),
                      .library_bytes = library,
                      .library_peak_bytes = library_peak,
                      .driver_used_bytes = used,
                      .driver_total_bytes = all};
}

std::int64_t CudaBackend::evict_device_cache() const {
  constexpr std::int64_t kTimes = 3;  // more than twice
  cuda::Device& device = arena_->device();
  const std::int64_t bytes = kTimes * device.describe().l2_bytes;
  if (bytes == 0) return 0;
  const std::int64_t blocks = 2 * device.describe().multiprocessors;
  constexpr std::int64_t kThreads = 512;  // a block of streams, each of which leaves 16 bytes
  const auto word = static_cast<std::int64_t>(sizeof(cuda::Sixteen));
  if (eviction_room_.data() == nullptr) {
    eviction_room_ = arena_->take(static_cast<std::size_t>(bytes + blocks * kThreads * word),
                                  cuda::MemoryClass::scratch);
  }
  auto* const room = reinterpret_cast<cuda::Sixteen*>(eviction_room_.data());
  // Written, so that every line is another one's, then read, so that what was written is out too.
  cuda::StreamArgs args{.kind = cuda::StreamKind::store,
                        .to = room,
                        .count = bytes / word,
                        .blocks = blocks,
                        .factor = static_cast<float>(++evictions_)};
  device.launches().stream(args, device.stream());
  args.kind = cuda::StreamKind::load;
  args.from = room;
  args.to = room + args.count;
  device.launches().stream(args, device.stream());
  device.check_launches("emptying the device's cache");
  device.synchronise();
  return bytes;
}

std::unique_ptr<Execution> CudaBackend::in_turns(
    std::vector<std::unique_ptr<Execution>> turns) const {
  std::vector<std::unique_ptr<cuda::CudaExecution>> ours;
  for (auto& turn : turns) {
    auto* const own = dynamic_cast<cuda::CudaExecution*>(turn.get());
    if (own == nullptr || own->recorded()) {
      throw std::logic_error("CudaBackend: an execution of another backend, or a recorded one");
    }
    static_cast<void>(turn.release());
    ours.emplace_back(own);
  }
  return std::make_unique<cuda::RotatedExecution>(arena_, std::move(ours));
}

ceilings::Measured CudaBackend::measure_ceilings(const DeviceCeilingOptions& options,
                                                 const std::atomic<bool>& stop) const {
  return cuda::measure_device_ceilings(arena_->device(), options, stop);
}

}  // namespace ridgepoint
