// A machine of tiles (tile_block.h) in plain C++: what AMX's instructions do, step by step, so that
// everything around them can be tested on any CPU.
//
// TDPBF16PS sums the products of a row's even inputs and those of its odd ones apart, from zero on,
// each step rounded to the nearest f32, then adds both to each other and to the tile. What is below
// 2^-126 counts as zero wherever it goes in or comes out; no exception is raised. One thing is
// simpler here: a product below 2^-126 is zero before it is added, where the instruction rounds the
// sum once (a product of two bf16s is exact in f32 otherwise).
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace ridgepoint::host {

class EmulatedTiles {
 public:
  static constexpr int kRows = 16, kRowBytes = 64, kPairs = 16;
  using Tile = std::array<std::array<std::byte, kRowBytes>, kRows>;

  template <int tile>
  void zero() {
    zero_tile(tile);
  }
  template <int tile>
  void load(const void* from, std::int64_t stride) {
    load_tile(tile, from, stride);
  }
  template <int tile>
  void load_passing(const void* from, std::int64_t stride) {
    load_tile(tile, from, stride);
  }
  template <int tile>
  void store(void* to, std::int64_t stride) const {
    store_tile(tile, to, stride);
  }
  template <int sum, int inputs, int weights>
  void dot() {
    dot_tiles(sum, inputs, weights);
  }
  template <int sum, int inputs, int weights>
  void dot_bytes() {
    dot_byte_tiles(sum, inputs, weights);
  }

  // The same by numbers that are known when it runs.
  void zero_tile(int tile) { at(tile) = {}; }
  void load_tile(int tile, const void* from, std::int64_t stride) {
    const auto* row = static_cast<const std::byte*>(from);
    for (auto& each : at(tile)) {
      std::memcpy(each.data(), row, kRowBytes);
      row += stride;
    }
  }
  void store_tile(int tile, void* to, std::int64_t stride) const {
    auto* row = static_cast<std::byte*>(to);
    for (const auto& each : tiles_[static_cast<std::size_t>(tile)]) {
      std::memcpy(row, each.data(), kRowBytes);
      row += stride;
    }
  }
  void dot_tiles(int sum, int inputs, int weights) {
    for (std::size_t m = 0; m < kRows; ++m) {
      for (std::size_t n = 0; n < kPairs; ++n) {
        float even = 0, odd = 0;
        for (std::size_t k = 0; k < kPairs; ++k) {
          even = add(even, bf16_at(inputs, m, 2 * k) * bf16_at(weights, k, 2 * n));
          odd = add(odd, bf16_at(inputs, m, 2 * k + 1) * bf16_at(weights, k, 2 * n + 1));
        }
        std::byte* const to = at(sum)[m].data() + 4 * n;
        float total = 0;
        std::memcpy(&total, to, sizeof total);
        total = add(total, add(even, odd));
        std::memcpy(to, &total, sizeof total);
      }
    }
  }
  /// TDPBSSD: signed bytes, four of a row at a time, summed as 32-bit integers that wrap around.
  void dot_byte_tiles(int sum, int inputs, int weights) {
    for (std::size_t m = 0; m < kRows; ++m) {
      for (std::size_t n = 0; n < kRowBytes / 4; ++n) {
        std::byte* const to = at(sum)[m].data() + 4 * n;
        std::uint32_t total = 0;
        std::memcpy(&total, to, sizeof total);
        for (std::size_t k = 0; k < kRowBytes; ++k) {
          total += static_cast<std::uint32_t>(byte_at(inputs, m, k) *
                                              byte_at(weights, k / 4, 4 * n + k % 4));
        }
        std::memcpy(to, &total, sizeof total);
      }
    }
  }

 private:
  [[nodiscard]] Tile& at(int tile) { return tiles_[static_cast<std::size_t>(tile)]; }
  static float flushed(float value) {
    return std::fabs(value) < std::numeric_limits<float>::min() ? std::copysign(0.0F, value)
                                                                : value;
  }
  static float add(float a, float b) { return flushed(flushed(a) + flushed(b)); }
  [[nodiscard]] float bf16_at(int tile, std::size_t row, std::size_t column) const {
    std::uint16_t half = 0;
    std::memcpy(&half, tiles_[static_cast<std::size_t>(tile)][row].data() + 2 * column, 2);
    const std::uint32_t bits = std::uint32_t{half} << 16;
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return flushed(value);
  }
  [[nodiscard]] int byte_at(int tile, std::size_t row, std::size_t column) const {
    return static_cast<std::int8_t>(tiles_[static_cast<std::size_t>(tile)][row][column]);
  }

  std::array<Tile, 8> tiles_{};
};

}  // namespace ridgepoint::host
