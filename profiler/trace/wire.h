// The wire form of protocol buffers, as far as writing traces needs it: tagged numbers and byte
// strings (https://protobuf.dev/programming-guides/encoding). Messages are built inside out.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace ridgepoint::wire {

inline void put_varint(std::string& out, std::uint64_t value) {
  char bytes[10];
  std::size_t size = 0;
  while (value >= 0x80) {
    bytes[size++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  bytes[size++] = static_cast<char>(value);
  out.append(bytes, size);
}

inline void put_number(std::string& out, std::uint32_t field, std::uint64_t value) {
  put_varint(out, std::uint64_t{field} << 3);
  put_varint(out, value);
}

inline void put_fixed64(std::string& out, std::uint32_t field, std::uint64_t value) {
  put_varint(out, (std::uint64_t{field} << 3) | 1);
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(value >> shift);
}

inline void put_double(std::string& out, std::uint32_t field, double value) {
  put_fixed64(out, field, std::bit_cast<std::uint64_t>(value));
}

/// A string, bytes or a message.
inline void put_bytes(std::string& out, std::uint32_t field, std::string_view bytes) {
  put_varint(out, (std::uint64_t{field} << 3) | 2);
  put_varint(out, bytes.size());
  out.append(bytes);
}

}  // namespace ridgepoint::wire
