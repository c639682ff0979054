#include "profiler/ceilings/bandwidth_kernels.h"

#include <algorithm>
#include <vector>

#include "profiler/ceilings/isa_here.h"
#include "profiler/ceilings/kernels/tables.h"

namespace ridgepoint::ceilings {
namespace {

constexpr std::array<BandwidthKernelFacts, kBandwidthKernels> kKernels = {{
    {BandwidthKernel::load, "load", "sum += a", 1, 1, 0, 0},
    {BandwidthKernel::copy, "copy", "a = b", 2, 1, 1, 1},
    {BandwidthKernel::copy_nontemporal, "copy-nt", "a = b, past the caches", 2, 1, 1, 0},
    {BandwidthKernel::update, "update", "a = x a", 1, 1, 1, 0},
    {BandwidthKernel::triad, "triad", "a = b + x c", 3, 2, 1, 1},
    {BandwidthKernel::triad_nontemporal, "triad-nt", "a = b + x c, past the caches", 3, 2, 1, 0},
    {BandwidthKernel::store, "store", "a = x", 1, 0, 1, 1},
    {BandwidthKernel::store_nontemporal, "store-nt", "a = x, past the caches", 1, 0, 1, 0},
}};

std::vector<const BandwidthTable*> find_tables() {
  std::vector<const BandwidthTable*> tables = {&kScalarBandwidth};
#if defined(__x86_64__)
  const IsaHere& isa = isa_here();
  if (isa.avx2.empty()) tables.push_back(&kAvx2Bandwidth);
  if (isa.avx512.empty()) tables.push_back(&kAvx512Bandwidth);
#endif
  return tables;
}

}  // namespace

std::span<const BandwidthKernelFacts> bandwidth_kernels() {
  return kKernels;
}

const BandwidthKernelFacts& facts_of(BandwidthKernel kernel) {
  return kKernels[static_cast<std::size_t>(kernel)];
}

std::span<const BandwidthTable* const> bandwidth_tables() {
  static const std::vector<const BandwidthTable*> tables = find_tables();
  return tables;
}

std::size_t lines_for(std::int64_t bytes, int threads, int arrays) {
  const auto eighth = static_cast<std::size_t>(bytes / threads / arrays / 64 / kManyStreams);
  return kManyStreams * (eighth % 2 == 1 ? eighth : std::max<std::size_t>(eighth, 2) - 1);
}

}  // namespace ridgepoint::ceilings
