// Numbers of the GGUF file format that its reader and its writer share
// (ggml's docs/gguf.md and gguf.h, version 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ridgepoint {

inline constexpr std::string_view kGgufMagic = "GGUF";
inline constexpr std::uint32_t kGgufVersion = 3;
inline constexpr std::uint64_t kGgufDefaultAlignment = 32;
inline constexpr std::string_view kGgufAlignmentKey = "general.alignment";
inline constexpr std::size_t kGgufLongestTensorName = 64;

enum class GgufValueType : std::uint32_t {
  u8 = 0,
  i8 = 1,
  u16 = 2,
  i16 = 3,
  u32 = 4,
  i32 = 5,
  f32 = 6,
  boolean = 7,
  text = 8,
  array = 9,
  u64 = 10,
  i64 = 11,
  f64 = 12,
};

}  // namespace ridgepoint
