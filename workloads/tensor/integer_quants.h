// Whole-number codes with one scale a group of elements or a row (a channel, the weights of one
// output): what GGUF has no type for. Stored weights are x = scale * code, codes -127..127
// (q8_...), or x = scale * (code - zero), codes and the whole number zero 0..15 (w4_...).
//
//   q8_g64, q8_g128   blocks of 64 or 128 elements: f16 scale, a signed byte an element
//   w4_g32, _g64, _g128   blocks of so many elements: f16 scale, f16 zero, nibbles
//   q8_channel        a row: f32 scale, a signed byte an element
//   w4_channel        a row: f16 scale, f16 zero, nibbles
//
// Nibbles lie as in q4_0: of each 32 elements, byte i < 16 holds element i low and 16 + i high; a
// row of w4_channel is filled up to whole 32s.
//
// Encoding is rounding to nearest. Scales cover the range (of w4 the range with zero in it, so that
// 0 stays 0) and are rounded up where they are f16, so no element is off by more than half a scale.
// A scale that f16 cannot hold (above 65504) is the largest; what is not finite is stored as
// something.
#pragma once

#include <cstddef>
#include <span>

namespace ridgepoint {

/// One block or row: as many bytes as the type asks for, of any alignment.
void q8_group_to_float(const std::byte* block, std::span<float> target);
void w4_group_to_float(const std::byte* block, std::span<float> target);
void q8_channel_to_float(const std::byte* row, std::span<float> target);

void float_to_q8_group(std::span<const float> source, std::byte* block);
void float_to_w4_group(std::span<const float> source, std::byte* block);
void float_to_q8_channel(std::span<const float> source, std::byte* row);

}  // namespace ridgepoint
