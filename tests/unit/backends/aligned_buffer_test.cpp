#include "backends/aligned_buffer.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <gtest/gtest.h>

namespace ridgepoint {
namespace {

bool all_zero(const AlignedBuffer& buffer) {
  return std::ranges::all_of(buffer.bytes(), [](std::byte each) { return each == std::byte{0}; });
}

std::uintptr_t address(const AlignedBuffer& buffer) {
  return reinterpret_cast<std::uintptr_t>(buffer.data());
}

TEST(AlignedBuffer, BeginsOnALargePageWhereItFillsOne) {
  const AlignedBuffer small(AlignedBuffer::kLargePageBytes - 1);
  const AlignedBuffer large(AlignedBuffer::kLargePageBytes), more(5'000'001);
  EXPECT_EQ(address(small) % AlignedBuffer::kAlignment, 0U);
  EXPECT_EQ(address(large) % AlignedBuffer::kLargePageBytes, 0U);
  EXPECT_EQ(address(more) % AlignedBuffer::kLargePageBytes, 0U);
  EXPECT_TRUE(all_zero(small) && all_zero(large) && all_zero(more));
}

TEST(AlignedBuffer, GrowsFromSmallToLargeAndMoves) {
  AlignedBuffer buffer(10);
  buffer.data()[3] = std::byte{1};
  buffer.reserve(9);
  EXPECT_EQ(buffer.size(), 10U);
  EXPECT_EQ(buffer.data()[3], std::byte{1});
  buffer.reserve(2 * AlignedBuffer::kLargePageBytes);
  EXPECT_EQ(buffer.size(), 2 * AlignedBuffer::kLargePageBytes);
  EXPECT_TRUE(all_zero(buffer));
  buffer.data()[3] = std::byte{1};
  const AlignedBuffer other = std::move(buffer);
  EXPECT_EQ(other.size(), 2 * AlignedBuffer::kLargePageBytes);
  EXPECT_EQ(other.data()[3], std::byte{1});
}

}  // namespace
}  // namespace ridgepoint
