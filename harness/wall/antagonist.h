// Antagonist: a thread on a core of its own that takes bandwidth away from whoever runs beside it,
// by reading memory for a chosen share of the time.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "profiler/ceilings/memory_block.h"

namespace ridgepoint {

class Antagonist {
 public:
  /// On this CPU; walks through `bytes`. Error when the system gives no memory.
  Antagonist(int cpu, std::int64_t bytes);
  ~Antagonist();
  Antagonist(const Antagonist&) = delete;
  Antagonist& operator=(const Antagonist&) = delete;

  /// Reads for this share of each period from now on, 0 to 1. What it leaves to others is theirs
  /// to measure: it depends on the machine.
  void take(double share) { share_ = share; }

 private:
  void work(int cpu);

  ceilings::MemoryBlock block_;
  std::atomic<double> share_{0};
  std::atomic<bool> over_{false};
  std::jthread thread_;
};

}  // namespace ridgepoint
