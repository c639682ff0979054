// Numbers for what is timed on a device: finite, at random and never zeros, which a GPU multiplies
// faster than anything else.
#pragma once

#include <cstdint>
#include <random>

#include "backends/cuda/kernels/launches.h"

namespace ridgepoint::cuda {

class RandomWords {
 public:
  explicit RandomWords(std::uint64_t seed) : engine_(seed) {}

  // Each in 32 bits: as many numbers of a type as these hold.
  std::uint32_t floats();
  std::uint32_t of(TileType type);
  /// Of an operand of products of many rows.
  std::uint32_t of(Packing type);

 private:
  float number() { return std::uniform_real_distribution<float>(-1.0F, 1.0F)(engine_); }
  std::mt19937_64 engine_;
};

}  // namespace ridgepoint::cuda
