// Times work that several pinned threads do at once, in batches: all begin a batch together, and it
// ends when the last has finished, so that a rate is never the sum of rates at different times.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace ridgepoint::ceilings {

struct BatchPlan {
  std::int64_t batch_ns = 1'000'000;    ///< how long a batch should take at the least
  int batches = 15;                     ///< at most
  std::int64_t budget_ns = 50'000'000;  ///< past it no further batch begins, but of the least
  int least_batches = 3;
};

struct Batches {
  std::int64_t passes = 0;       ///< that each thread made in a batch
  std::vector<double> seconds;   ///< of each batch, first begin to last end
  std::vector<double> clock_hz;  ///< of the first thread's core after each batch; may be empty
  bool pinned = true;            ///< every thread went where it should
};

/// One thread a CPU, pinned to it; a CPU below 0 leaves its thread free. Each calls
/// prepare(part) once, then work(part, passes) as often as the plan asks for. Neither may throw.
/// Passes are chosen so that a batch takes about as long as asked for; choosing them warms up.
Batches time_together(std::span<const int> cpus, const BatchPlan& plan,
                      const std::function<void(int part)>& prepare,
                      const std::function<void(int part, std::int64_t passes)>& work);

/// The first hardware thread of each core that this process may use, of the cores of one NUMA node
/// where `node` is not below 0. Never empty: {-1} where the system does not say.
std::vector<int> one_cpu_a_core(int node = -1);

/// NUMA nodes that have both memory and cores.
int count_numa_nodes();

}  // namespace ridgepoint::ceilings
