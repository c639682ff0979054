#include "harness/streaming/cold_pages.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kColdPageBytes = 4096;

/// The whole pages within, as [first, last).
std::pair<std::int64_t, std::int64_t> whole_pages(std::int64_t offset, std::int64_t bytes) {
  const std::int64_t first = (offset + kColdPageBytes - 1) / kColdPageBytes * kColdPageBytes;
  return {first, std::max(first, (offset + bytes) / kColdPageBytes * kColdPageBytes)};
}

}  // namespace

void forget_pages(std::span<const std::byte> mapped) {
  const auto [first, last] = whole_pages(reinterpret_cast<std::intptr_t>(mapped.data()),
                                         static_cast<std::int64_t>(mapped.size()));
  if (last == first) return;
  // A refusal shows in what the page cache still holds.
  static_cast<void>(::madvise(reinterpret_cast<void*>(first),
                              static_cast<std::size_t>(last - first), MADV_DONTNEED));
}

void forget_cached(int descriptor, std::int64_t offset, std::int64_t bytes) {
  const auto [first, last] = whole_pages(offset, bytes);
  if (last == first) return;
  static_cast<void>(::posix_fadvise(descriptor, first, last - first, POSIX_FADV_DONTNEED));
}

void forget_cached(const std::string& file, std::int64_t offset, std::int64_t bytes) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fdatasync(descriptor);  // what was not written yet would stay; refused where nothing is written
  forget_cached(descriptor, offset, bytes);
  ::close(descriptor);
}

Reading<double> cached_share_of(const std::string& file, std::int64_t offset, std::int64_t bytes) {
  const auto [first, last] = whole_pages(offset, bytes);
  if (last == first) return Reading<double>::of(0);
  const auto absent = [&](const char* what) {
    return Reading<double>::absent(file + ": " + what + ": " +
                                   std::generic_category().message(errno));
  };
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return absent("open");
  const auto size = static_cast<std::size_t>(last - first);
  void* const mapping = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, first);
  ::close(descriptor);
  if (mapping == MAP_FAILED) return absent("mmap");
  std::vector<unsigned char> flags(size / static_cast<std::size_t>(kColdPageBytes));
  const bool known = ::mincore(mapping, size, flags.data()) == 0;
  auto result =
      known ? Reading<double>::of(static_cast<double>(std::ranges::count_if(
                                      flags, [](unsigned char flag) { return (flag & 1U) != 0; })) /
                                  static_cast<double>(flags.size()))
            : absent("mincore");
  ::munmap(mapping, size);
  return result;
}

Reading<std::int64_t> bytes_from_storage() {
  const auto text = read_system_file("/proc/self/io");
  if (!text) return Reading<std::int64_t>::absent(text.why());
  constexpr std::string_view kKey = "read_bytes: ";
  for (const auto line : split_lines(text.value())) {
    if (!line.starts_with(kKey)) continue;
    std::int64_t bytes = 0;
    const auto digits = line.substr(kKey.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
    return Reading<std::int64_t>::of(bytes);
  }
  return Reading<std::int64_t>::absent("/proc/self/io: has no read_bytes");
}

}  // namespace ridgepoint
