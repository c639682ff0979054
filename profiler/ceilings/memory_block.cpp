#include "profiler/ceilings/memory_block.h"

#include <sys/mman.h>

#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "profiler/machine/system_file.h"

namespace ridgepoint::ceilings {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// Where a mapping begins, if the line is the head of one: "7f00-7f80 rw-p ...".
std::optional<std::uintptr_t> mapping_start(std::string_view line) {
  std::uintptr_t start = 0, end = 0;
  const char* const stop = line.data() + line.size();
  const auto first = std::from_chars(line.data(), stop, start, 16);
  if (first.ec != std::errc{} || first.ptr == stop || *first.ptr != '-') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, stop, end, 16);
  if (second.ec != std::errc{} || second.ptr == stop || *second.ptr != ' ') return std::nullopt;
  return start;
}

}  // namespace

MemoryBlock::MemoryBlock(std::size_t bytes) {
  const std::size_t wanted = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  // Pages nobody may touch on both sides: the kernel then keeps the block as a mapping of its own
  // and counts its huge pages apart.
  const std::size_t mapped = wanted + 2 * kHugePage;
  void* mapping =
      ::mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) return;
  mapping_ = mapping;
  mapped_ = mapped;
  const auto start = reinterpret_cast<std::uintptr_t>(mapping);
  auto aligned = (start + kHugePage - 1) / kHugePage * kHugePage;
  if (aligned == start) aligned += kHugePage;
  void* const inner = reinterpret_cast<void*>(aligned);
  if (::mprotect(inner, wanted, PROT_READ | PROT_WRITE) != 0) return;
  static_cast<void>(::madvise(inner, wanted, MADV_HUGEPAGE));  // huge_bytes() says what came of it
  data_ = static_cast<std::byte*>(inner);
  size_ = wanted;
}

MemoryBlock::~MemoryBlock() {
  if (mapping_ != nullptr) ::munmap(mapping_, mapped_);
}

MemoryBlock::MemoryBlock(MemoryBlock&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)),
      mapped_(other.mapped_),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Reading<std::int64_t> MemoryBlock::huge_bytes() const {
  if (data_ == nullptr) return Reading<std::int64_t>::absent("the memory was not given");
  const auto text = read_system_file("/proc/self/smaps");
  if (!text) return Reading<std::int64_t>::absent(text.why());
  const auto from = reinterpret_cast<std::uintptr_t>(data_);
  return parse_huge_bytes(text.value(), from, from + size_);
}

Reading<std::int64_t> parse_huge_bytes(std::string_view smaps, std::uintptr_t from,
                                       std::uintptr_t to) {
  std::int64_t bytes = 0;
  bool inside = false, found = false;
  for (const auto line : split_lines(smaps)) {
    if (const auto start = mapping_start(line)) {
      inside = *start >= from && *start < to;
      continue;
    }
    if (!inside || !line.starts_with("AnonHugePages:")) continue;
    const auto words = split_words(line);
    const bool in_kib = words.size() == 3 && words[2] == "kB";
    const auto kib = in_kib ? parse_integer(words[1]) : std::nullopt;
    if (!kib) return Reading<std::int64_t>::absent("/proc/self/smaps: AnonHugePages is not in kB");
    bytes += *kib * 1024;
    found = true;
  }
  if (!found) return Reading<std::int64_t>::absent("/proc/self/smaps has no AnonHugePages for it");
  return Reading<std::int64_t>::of(bytes);
}

void fill_with_random_doubles(std::byte* data, std::size_t bytes, std::uint64_t seed) {
  constexpr std::uint64_t kMantissa = (std::uint64_t{1} << 52) - 1;
  constexpr std::uint64_t kHalf = std::uint64_t{0x3fe} << 52, kSign = std::uint64_t{1} << 63;
  std::uint64_t state = seed * 0x9e3779b97f4a7c15U + 0x2545f4914f6cdd1dU;
  for (std::size_t at = 0; at + sizeof state <= bytes; at += sizeof state) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    const std::uint64_t value = kHalf | (state & (kMantissa | kSign));
    std::memcpy(data + at, &value, sizeof value);
  }
}

}  // namespace ridgepoint::ceilings
