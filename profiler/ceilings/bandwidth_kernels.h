// The kernels that bandwidth is measured with: what each reads and writes, and its inner loop for
// the widest instruction set of this CPU. A thread walks its arrays as one stream, or as eight at
// once: one stream does not keep enough lines in flight to reach what a core can.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ridgepoint::ceilings {

/// Those that leave constants behind come last, so that the others move random data.
enum class BandwidthKernel : std::uint8_t {
  load,
  copy,
  copy_nontemporal,
  update,
  triad,
  triad_nontemporal,
  store,
  store_nontemporal
};
inline constexpr std::size_t kBandwidthKernels = 8;

/// What a kernel does to arrays a, b and c.
struct BandwidthKernelFacts {
  BandwidthKernel kernel;
  std::string_view name;     ///< "load"
  std::string_view meaning;  ///< "sum += a"
  int arrays;                ///< how many it walks, of the same size each
  int reads, writes;         ///< arrays read and written: useful bytes
  int allocated;             ///< arrays whose lines are read only because they are written
};
std::span<const BandwidthKernelFacts> bandwidth_kernels();
const BandwidthKernelFacts& facts_of(BandwidthKernel kernel);

inline constexpr int kManyStreams = 8;

/// The arrays of one thread. Lines are of 64 bytes; `lines` of each array is a
/// multiple of 8, arrays begin on line boundaries and do not overlap.
struct BandwidthPass {
  double* a = nullptr;
  const double* b = nullptr;
  const double* c = nullptr;
  std::size_t lines = 0;
  double factor = 1;  ///< of update and triad
};

/// Goes over the arrays `passes` times: what a pass costs to begin and to end would otherwise hide
/// what the innermost cache can do. The sum of what was read for load, 0 for others.
using BandwidthFunction = double (*)(const BandwidthPass& pass, std::int64_t passes);

struct BandwidthTable {
  std::string_view isa;                                           ///< "avx512"
  std::array<BandwidthFunction, kBandwidthKernels> one_stream;    ///< by kernel
  std::array<BandwidthFunction, kBandwidthKernels> many_streams;  ///< by kernel
};

/// Those that this CPU runs, narrowest first; never empty.
std::span<const BandwidthTable* const> bandwidth_tables();

/// Lines of each array so that all arrays of all threads together hold about `bytes`, at least 8.
/// Always 8 times an odd number: pieces and arrays then begin in different sets of a cache.
std::size_t lines_for(std::int64_t bytes, int threads, int arrays);

}  // namespace ridgepoint::ceilings
