// Memory to measure with: anonymous, on 2 MiB boundaries, asked for in huge pages; whether they
// came is read back from the kernel, since asking is no proof.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "profiler/reading.h"

namespace ridgepoint::ceilings {

class MemoryBlock {
 public:
  /// Untouched: the pages go to the node of the thread that writes them first.
  explicit MemoryBlock(std::size_t bytes);
  ~MemoryBlock();
  MemoryBlock(MemoryBlock&& other) noexcept;
  MemoryBlock& operator=(MemoryBlock&&) = delete;

  /// Null when the system gave none.
  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }  ///< rounded up to whole huge pages
  /// How much of it lies in huge pages now, as /proc/self/smaps says.
  [[nodiscard]] Reading<std::int64_t> huge_bytes() const;

 private:
  void* mapping_ = nullptr;
  std::size_t mapped_ = 0;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// AnonHugePages of the mappings that begin within [from, to), from the text of /proc/PID/smaps.
Reading<std::int64_t> parse_huge_bytes(std::string_view smaps, std::uintptr_t from,
                                       std::uintptr_t to);

/// Doubles of either sign between 0.5 and 1 in absolute value: finite, never denormal, and nothing
/// that a memory or an adder would find easy, as zeros are. The same for the same seed.
void fill_with_random_doubles(std::byte* data, std::size_t bytes, std::uint64_t seed);

}  // namespace ridgepoint::ceilings
