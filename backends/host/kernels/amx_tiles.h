// AMX as a machine of tiles (tile_block.h). Never run on a CPU with AMX: see docs/backends.md for
// what has been checked without one.
//
// The instructions are written out, because the compilers' own functions are too loose: those of
// GCC 12 do not say that they read memory, so stores that fill a panel, or the configuration, may
// be moved behind them or dropped.
#pragma once

#include <array>
#include <cstdint>

namespace ridgepoint::host {

/// What LDTILECFG reads: of every tile its bytes a row and its rows.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::array<std::uint8_t, 14> reserved{};
  std::array<std::uint16_t, 16> row_bytes{64, 64, 64, 64, 64, 64, 64, 64};
  std::array<std::uint8_t, 16> rows{16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfiguration) == 64);

/// The calling thread's tiles, all of full size. Released at the end: the thread's state is what it
/// was, and the kernel need not save 8 KiB of it at every switch.
class AmxTiles {
 public:
  AmxTiles() {
    const TileConfiguration configuration;
    asm volatile("ldtilecfg %0" : : "m"(configuration));
  }
  ~AmxTiles() { asm volatile("tilerelease"); }
  AmxTiles(const AmxTiles&) = delete;
  AmxTiles& operator=(const AmxTiles&) = delete;

  template <int tile>
  void zero() {
    asm volatile("tilezero %%tmm%c0" : : "n"(tile));
  }
  template <int tile>
  void load(const void* from, std::int64_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "n"(tile) : "memory");
  }
  /// For what is not needed again soon: it need not push out of the first-level cache what is.
  template <int tile>
  void load_passing(const void* from, std::int64_t stride) {
    asm volatile("tileloaddt1 (%0,%1,1), %%tmm%c2"
                 :
                 : "r"(from), "r"(stride), "n"(tile)
                 : "memory");
  }
  template <int tile>
  void store(void* to, std::int64_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride), "n"(tile) : "memory");
  }
  template <int sum, int inputs, int weights>
  void dot() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "n"(sum), "n"(inputs), "n"(weights));
  }
  template <int sum, int inputs, int weights>
  void dot_bytes() {
    asm volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "n"(sum), "n"(inputs), "n"(weights));
  }
};

}  // namespace ridgepoint::host
