#include "backends/cuda/random_words.h"

#include "backends/cuda/kernels/portable.h"

namespace ridgepoint::cuda {

std::uint32_t RandomWords::floats() {
  return bits_of_float(number());
}

std::uint32_t RandomWords::of(TileType type) {
  switch (type) {
    case TileType::f16:
      return f16_of(number()) | static_cast<std::uint32_t>(f16_of(number())) << 16U;
    case TileType::bf16:
      return bf16_of(number()) | static_cast<std::uint32_t>(bf16_of(number())) << 16U;
    case TileType::tf32:
      return bits_of_float(number()) & 0xffffe000U;
    case TileType::int8:
      return static_cast<std::uint32_t>(engine_());
    case TileType::e4m3: {
      // Exponents up to that of 1: no pattern that is not a number.
      std::uint32_t word = 0;
      for (unsigned i = 0; i < 32; i += 8) {
        word |= ((static_cast<std::uint32_t>(engine_()) & 0x80U) |
                 (static_cast<std::uint32_t>(engine_()) % 0x38U))
                << i;
      }
      return word;
    }
  }
  return 0;
}

std::uint32_t RandomWords::of(Packing type) {
  switch (type) {
    case Packing::f16:
      return of(TileType::f16);
    case Packing::bf16:
      return of(TileType::bf16);
    case Packing::e4m3:
      return of(TileType::e4m3);
    case Packing::row_codes:
      return of(TileType::int8);
    case Packing::tf32:
    case Packing::floats:
    case Packing::none:
    case Packing::codes:
      break;
  }
  return floats();
}

}  // namespace ridgepoint::cuda
