// Compiled for AMX alone: tiles of 16 rows of 64 bytes. Four sums, two left and two right operands
// fill the eight tiles; each pair of operands meets in one sum.
#if defined(__x86_64__)
#include <immintrin.h>

#include "profiler/ceilings/kernels/compute_chains.h"
#include "profiler/ceilings/kernels/tables.h"

namespace ridgepoint::ceilings {
namespace {

struct alignas(64) TileShape {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

constexpr std::size_t kTileBytes = 1024;
constexpr int kRowBytes = 64;

void begin_tiles(const void* operands) {
  const TileShape shape;
  // GCC 12 does not see that the instruction reads the shape, and drops the stores that fill it.
  asm volatile("" ::"r"(&shape) : "memory");
  _tile_loadconfig(&shape);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  const auto* const bytes = static_cast<const std::byte*>(operands);
  _tile_loadd(4, bytes, kRowBytes);
  _tile_loadd(5, bytes + kTileBytes, kRowBytes);
  _tile_loadd(6, bytes + 2 * kTileBytes, kRowBytes);
  _tile_loadd(7, bytes + 3 * kTileBytes, kRowBytes);
}

/// The first row of each sum, so that all of them are needed.
template <class Element>
double end_tiles() {
  alignas(64) Element sums[4][kTileBytes / sizeof(Element)] = {};
  _tile_stored(0, sums[0], kRowBytes);
  _tile_stored(1, sums[1], kRowBytes);
  _tile_stored(2, sums[2], kRowBytes);
  _tile_stored(3, sums[3], kRowBytes);
  _tile_release();
  asm volatile("" ::"r"(&sums) : "memory");
  double total = 0;
  for (const auto& tile : sums) {
    for (std::size_t i = 0; i < 16; ++i) total += static_cast<double>(tile[i]);
  }
  return total;
}

double run_bf16_tiles(std::int64_t rounds, const ComputeData& data) {
  begin_tiles(data.bf16);
  for (; rounds > 0; --rounds) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  return end_tiles<float>();
}

double run_int8_tiles(std::int64_t rounds, const ComputeData& data) {
  begin_tiles(data.i8);
  for (; rounds > 0; --rounds) {
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(1, 4, 7);
    _tile_dpbssd(2, 5, 6);
    _tile_dpbssd(3, 5, 7);
  }
  return end_tiles<std::int32_t>();
}

}  // namespace

constinit const ComputeKernel kAmxBf16 = {"amx bf16 tdpbf16ps", "FLOP/s", 4 * 16384.0,
                                          run_bf16_tiles};
constinit const ComputeKernel kAmxInt8 = {"amx int8 tdpbssd", "OP/s", 4 * 32768.0, run_int8_tiles};

}  // namespace ridgepoint::ceilings
#endif
