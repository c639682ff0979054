// Numbers in bytes of any alignment, as block formats have them. Little-endian, as every file here.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>

namespace ridgepoint {

static_assert(std::endian::native == std::endian::little, "blocks are read and written in place");

template <typename T>
T load_unaligned(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
void store_unaligned(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

}  // namespace ridgepoint
