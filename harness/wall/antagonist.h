// Antagonist: threads on cores of their own that take bandwidth away from whoever runs beside them,
// by moving memory for a chosen share of the time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "profiler/ceilings/bandwidth_kernels.h"
#include "profiler/ceilings/memory_block.h"

namespace ridgepoint {

class Antagonist {
 public:
  /// A thread on each of these CPUs; each walks through `bytes`. Error when the system gives no
  /// memory.
  Antagonist(std::span<const int> cpus, std::int64_t bytes);
  ~Antagonist();
  Antagonist(const Antagonist&) = delete;
  Antagonist& operator=(const Antagonist&) = delete;

  /// What it does to memory from now on. Which kernel takes most from others depends on the
  /// machine, and is theirs to measure.
  void use(ceilings::BandwidthKernel kernel) { kernel_ = kernel; }
  /// Does it for this share of each period from now on, 0 to 1. What it leaves to others is theirs
  /// to measure.
  void take(double share) { share_ = share; }

 private:
  void work(int cpu, const ceilings::MemoryBlock& block);

  std::vector<std::unique_ptr<ceilings::MemoryBlock>> blocks_;
  std::atomic<ceilings::BandwidthKernel> kernel_{ceilings::BandwidthKernel::load};
  std::atomic<double> share_{0};
  std::atomic<bool> over_{false};
  std::vector<std::jthread> threads_;
};

}  // namespace ridgepoint
