// Chains of one operation, side by side: each result is an operand of the next in its chain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "profiler/ceilings/compute_kernels.h"

namespace ridgepoint::ceilings {

/// `Chain` has the Vector that it computes with, the Part that a vector is made of, kChains (at
/// least latency times units, at most what the registers hold), and start and step.
template <class Chain>
double run_chains(std::int64_t rounds, const ComputeData& data) {
  constexpr std::size_t kVectorBytes = sizeof(typename Chain::Vector);
  constexpr std::size_t kPartBytes = sizeof(typename Chain::Part);
  const Chain chain(data);
  typename Chain::Vector results[Chain::kChains];
  for (std::size_t i = 0; i < Chain::kChains; ++i) results[i] = chain.start(i);
  for (std::int64_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < Chain::kChains; ++i) results[i] = chain.step(results[i]);
  }
  double total = 0;
  for (const typename Chain::Vector result : results) {
    // Not summed in the parts' own type: halves end at 65504.
    typename Chain::Part parts[kVectorBytes / kPartBytes];
    std::memcpy(parts, &result, kVectorBytes);
    for (const auto part : parts) total += static_cast<double>(part);
  }
  return total;
}

template <class Chain>
constexpr ComputeKernel make_compute_kernel(std::string_view name, std::string_view unit,
                                            double operations_a_step) {
  return {name, unit, operations_a_step * static_cast<double>(Chain::kChains), run_chains<Chain>};
}

}  // namespace ridgepoint::ceilings
