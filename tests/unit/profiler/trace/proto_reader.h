// A second, independent reading of the wire form of protocol buffers, so that what the writer gets
// wrong is not read wrong in the same way. Field numbers are written out where they are used.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint::testing {

/// One message: the values of each field number in order, as numbers or as bytes.
struct ProtoMessage {
  std::map<std::uint32_t, std::vector<std::uint64_t>> numbers;
  std::map<std::uint32_t, std::vector<std::string_view>> bytes;

  [[nodiscard]] std::uint64_t number(std::uint32_t field, std::uint64_t otherwise = 0) const {
    const auto found = numbers.find(field);
    return found == numbers.end() ? otherwise : found->second.back();
  }
  [[nodiscard]] std::string_view text(std::uint32_t field) const {
    const auto found = bytes.find(field);
    return found == bytes.end() ? std::string_view() : found->second.back();
  }
};

/// Calls `number(field, value)` and `bytes(field, text)` for what a message holds, in order.
template <class OnNumber, class OnBytes>
void walk_proto(std::string_view text, OnNumber&& number, OnBytes&& bytes) {
  std::size_t at = 0;
  const auto varint = [&] {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at >= text.size()) throw std::runtime_error("a number is cut");
      const auto byte = static_cast<unsigned char>(text[at++]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw std::runtime_error("a number is too long");
  };
  while (at < text.size()) {
    const std::uint64_t tag = varint();
    const auto field = static_cast<std::uint32_t>(tag >> 3);
    if ((tag & 7) == 0) {
      number(field, varint());
    } else if ((tag & 7) == 1) {
      if (text.size() - at < 8) throw std::runtime_error("eight bytes are cut");
      std::uint64_t value = 0;
      for (std::size_t i = 8; i-- > 0;) {
        value = (value << 8) | static_cast<unsigned char>(text[at + i]);
      }
      at += 8;
      number(field, value);
    } else if ((tag & 7) == 2) {
      const std::uint64_t size = varint();
      if (size > text.size() - at) throw std::runtime_error("bytes are cut");
      bytes(field, text.substr(at, size));
      at += size;
    } else {
      throw std::runtime_error("a wire type that nobody wrote");
    }
  }
}

inline ProtoMessage read_proto(std::string_view text) {
  ProtoMessage message;
  walk_proto(
      text,
      [&](std::uint32_t field, std::uint64_t value) { message.numbers[field].push_back(value); },
      [&](std::uint32_t field, std::string_view part) { message.bytes[field].push_back(part); });
  return message;
}

// The same without keeping, for long traces.

template <class OnPacket>
void for_each_packet(std::string_view trace, OnPacket&& on_packet) {
  walk_proto(
      trace, [](std::uint32_t, std::uint64_t) {},
      [&](std::uint32_t field, std::string_view packet) {
        if (field == 1) on_packet(packet);
      });
}

/// The last of a field; empty when there is none.
inline std::string_view find_bytes(std::string_view message, std::uint32_t wanted) {
  std::string_view found;
  walk_proto(
      message, [](std::uint32_t, std::uint64_t) {},
      [&](std::uint32_t field, std::string_view part) {
        if (field == wanted) found = part;
      });
  return found;
}

inline std::uint64_t find_number(std::string_view message, std::uint32_t wanted) {
  std::uint64_t found = 0;
  walk_proto(
      message,
      [&](std::uint32_t field, std::uint64_t value) {
        if (field == wanted) found = value;
      },
      [](std::uint32_t, std::string_view) {});
  return found;
}

}  // namespace ridgepoint::testing
