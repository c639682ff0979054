// Compiled for AMX alone: tiles of 16 rows of 64 bytes. Four sums, two left and two right operands
// fill the eight tiles; each pair of operands meets in one sum.
//
// With operands that stay in tiles the unit does what it can; with operands that come from the
// second-level cache it does what a product of matrices can have of it.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

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

constexpr std::size_t kOperandBytes = 4 * kTileBytes;  // of a round

void load_operands(const std::byte* operands) {
  _tile_loadd(4, operands, kRowBytes);
  _tile_loadd(5, operands + kTileBytes, kRowBytes);
  _tile_loadd(6, operands + 2 * kTileBytes, kRowBytes);
  _tile_loadd(7, operands + 3 * kTileBytes, kRowBytes);
}

void begin_tiles(const void* operands) {
  const TileShape shape;
  // GCC 12 does not see that the instruction reads the shape, and drops the stores that fill it.
  asm volatile("" ::"r"(&shape) : "memory");
  _tile_loadconfig(&shape);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  load_operands(static_cast<const std::byte*>(operands));
}

/// The same operands over and over, in more than any first-level cache holds and less than the
/// second-level cache of any CPU with AMX (2 MiB). Of this thread.
const std::byte* in_second_level(const void* operands, std::int64_t bytes) {
  static thread_local std::vector<std::byte> memory;
  constexpr std::size_t kLine = 64;
  memory.resize(static_cast<std::size_t>(bytes) + kLine);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  std::byte* const aligned = memory.data() + (kLine - address % kLine) % kLine;
  for (std::int64_t at = 0; at < bytes; at += std::int64_t{kOperandBytes}) {
    std::memcpy(aligned + at, operands, kOperandBytes);
  }
  asm volatile("" ::"r"(aligned) : "memory");  // tiles are loaded behind the compiler's back, too
  return aligned;
}
constexpr std::int64_t kSecondLevelBytes = std::int64_t{512} << 10;

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

void multiply_bf16() {
  _tile_dpbf16ps(0, 4, 6);
  _tile_dpbf16ps(1, 4, 7);
  _tile_dpbf16ps(2, 5, 6);
  _tile_dpbf16ps(3, 5, 7);
}

void multiply_int8() {
  _tile_dpbssd(0, 4, 6);
  _tile_dpbssd(1, 4, 7);
  _tile_dpbssd(2, 5, 6);
  _tile_dpbssd(3, 5, 7);
}

double run_bf16_tiles(std::int64_t rounds, const ComputeData& data) {
  begin_tiles(data.bf16);
  for (; rounds > 0; --rounds) multiply_bf16();
  return end_tiles<float>();
}

double run_int8_tiles(std::int64_t rounds, const ComputeData& data) {
  begin_tiles(data.i8);
  for (; rounds > 0; --rounds) multiply_int8();
  return end_tiles<std::int32_t>();
}

template <class Multiply>
void multiply_from_second_level(std::int64_t rounds, const void* operands, Multiply&& multiply) {
  const std::byte* const memory = in_second_level(operands, kSecondLevelBytes);
  begin_tiles(memory);
  for (std::int64_t at = 0; rounds > 0; --rounds) {
    load_operands(memory + at);
    multiply();
    at = (at + std::int64_t{kOperandBytes}) % kSecondLevelBytes;
  }
}

double run_bf16_from_second_level(std::int64_t rounds, const ComputeData& data) {
  multiply_from_second_level(rounds, data.bf16, [] { multiply_bf16(); });
  return end_tiles<float>();
}

double run_int8_from_second_level(std::int64_t rounds, const ComputeData& data) {
  multiply_from_second_level(rounds, data.i8, [] { multiply_int8(); });
  return end_tiles<std::int32_t>();
}

}  // namespace

constinit const ComputeKernel kAmxBf16 = {"amx bf16 tdpbf16ps", "FLOP/s", 4 * 16384.0,
                                          run_bf16_tiles};
constinit const ComputeKernel kAmxInt8 = {"amx int8 tdpbssd", "OP/s", 4 * 32768.0, run_int8_tiles};
constinit const ComputeKernel kAmxBf16FromL2 = {"amx bf16 tdpbf16ps, tiles from L2", "FLOP/s",
                                                4 * 16384.0, run_bf16_from_second_level};
constinit const ComputeKernel kAmxInt8FromL2 = {"amx int8 tdpbssd, tiles from L2", "OP/s",
                                                4 * 32768.0, run_int8_from_second_level};

}  // namespace ridgepoint::ceilings
#endif
