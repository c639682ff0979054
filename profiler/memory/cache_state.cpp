#include "profiler/memory/cache_state.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <random>
#include <string_view>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

#include "profiler/clock/monotonic_clock.h"
#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kWindowBytes = std::size_t{256} << 20;     // looked at with one mincore call
constexpr std::size_t kMostMappingBytes = std::size_t{1} << 40;  // larger ones are reservations

std::string system_reason(std::string_view what) {
  return std::string(what) + ": " + std::strerror(errno);
}

#if defined(__x86_64__)
bool has_clflushopt() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & (1u << 23)) != 0;
}

__attribute__((target("clflushopt"))) void flush_optimised(std::uintptr_t first,
                                                           std::uintptr_t end) {
  for (auto line = first; line < end; line += kCacheLineBytes) {
    _mm_clflushopt(reinterpret_cast<void*>(line));
  }
}

void flush_lines(std::uintptr_t first, std::uintptr_t end) {
  static const bool kOptimised = has_clflushopt();
  _mm_mfence();
  if (kOptimised) {
    flush_optimised(first, end);
  } else {
    for (auto line = first; line < end; line += kCacheLineBytes) {
      _mm_clflush(reinterpret_cast<const void*>(line));
    }
  }
  _mm_mfence();
}
constexpr bool kCanFlush = true;
#elif defined(__aarch64__)
void flush_lines(std::uintptr_t first, std::uintptr_t end) {
  // Flushing 64 bytes at a time is right for every line length that is a multiple or a part of it
  // down to 64; shorter lines exist on no 64-bit Arm server.
  asm volatile("dsb sy" ::: "memory");
  for (auto line = first; line < end; line += kCacheLineBytes) {
    asm volatile("dc civac, %0" ::"r"(line) : "memory");
  }
  asm volatile("dsb sy" ::: "memory");
}
constexpr bool kCanFlush = true;
#else
void flush_lines(std::uintptr_t, std::uintptr_t) {}
constexpr bool kCanFlush = false;
#endif

Reading<std::int64_t> cannot_flush() {
  return Reading<std::int64_t>::absent("this architecture has no unprivileged cache flush here");
}

struct Range {
  std::uintptr_t first = 0, end = 0;
};

/// Readable data mappings of this process, from /proc/self/maps.
[[maybe_unused]] Reading<std::vector<Range>> data_mappings() {
  const auto text = read_system_file("/proc/self/maps");
  if (!text) return Reading<std::vector<Range>>::absent(text.why());
  std::vector<Range> ranges;
  for (const auto line : split_lines(text.value())) {
    const auto words = split_words(line);
    if (words.size() < 5) continue;
    const auto dash = words[0].find('-');
    const auto permissions = words[1];
    const std::string_view name = words.size() > 5 ? words[5] : std::string_view{};
    if (dash == std::string_view::npos || permissions.size() < 4 || permissions[0] != 'r' ||
        permissions[2] == 'x' || name.starts_with("/dev/") || name.starts_with("[v")) {
      continue;
    }
    Range range;
    std::from_chars(words[0].data(), words[0].data() + dash, range.first, 16);
    std::from_chars(words[0].data() + dash + 1, words[0].data() + words[0].size(), range.end, 16);
    if (range.end > range.first && range.end - range.first < kMostMappingBytes) {
      ranges.push_back(range);
    }
  }
  return Reading<std::vector<Range>>::of(std::move(ranges));
}

/// Mean nanoseconds of a read of each line, the address of one depending on the value before.
double time_dependent_reads(std::span<const std::byte* const> lines) {
  std::uintptr_t mask = 0;
  asm volatile("" : "+r"(mask));  // zero, but the compiler must not know
  std::uintptr_t carry = 0;
  for (const std::byte* line : lines) carry ^= reinterpret_cast<std::uintptr_t>(line);
  carry &= mask;  // the list itself is cached by now
  asm volatile("" : "+r"(carry)::"memory");
  const std::int64_t start = monotonic_ns();
  for (const std::byte* line : lines) {
    carry = std::to_integer<std::uintptr_t>(*static_cast<const volatile std::byte*>(line + carry)) &
            mask;
    asm volatile("" : "+r"(carry)::"memory");
  }
  const std::int64_t end = monotonic_ns();
  return static_cast<double>(end - start) / static_cast<double>(lines.size());
}

}  // namespace

Reading<std::int64_t> evict_from_cpu_caches(std::span<const std::byte> bytes) {
  if (!kCanFlush) return cannot_flush();
  if (bytes.empty()) return Reading<std::int64_t>::of(0);
  const auto line = static_cast<std::uintptr_t>(kCacheLineBytes);
  const auto first = reinterpret_cast<std::uintptr_t>(bytes.data()) / line * line;
  const auto end = reinterpret_cast<std::uintptr_t>(bytes.data()) + bytes.size();
  flush_lines(first, end);
  return Reading<std::int64_t>::of(static_cast<std::int64_t>((end - first + line - 1) / line));
}

Reading<std::int64_t> evict_process_from_cpu_caches() {
  if (!kCanFlush) return cannot_flush();
#ifdef RIDGEPOINT_SANITIZED
  return Reading<std::int64_t>::absent(
      "built with a sanitizer, whose shadow memory is too large to look through");
#else
  const auto ranges = data_mappings();
  if (!ranges) return Reading<std::int64_t>::absent(ranges.why());
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> resident(kWindowBytes / page);
  std::int64_t lines = 0;
  for (const auto& range : ranges.value()) {
    for (auto start = range.first; start < range.end; start += kWindowBytes) {
      const auto end = std::min(range.end, start + kWindowBytes);
      // A range that was unmapped since is an error here, and never touched.
      if (::mincore(reinterpret_cast<void*>(start), end - start, resident.data()) != 0) continue;
      const auto pages = (end - start) / page;
      for (std::uintptr_t i = 0; i < pages;) {
        if ((resident[i] & 1u) == 0) {
          ++i;
          continue;
        }
        auto last = i;
        while (last < pages && (resident[last] & 1u) != 0) ++last;
        flush_lines(start + i * page, start + last * page);
        lines += static_cast<std::int64_t>((last - i) * page) / kCacheLineBytes;
        i = last;
      }
    }
  }
  return Reading<std::int64_t>::of(lines);
#endif
}

LineProbe::LineProbe(std::span<const std::span<const std::byte>> buffers, std::uint64_t seed,
                     std::size_t most_lines) {
  constexpr auto kLine = static_cast<std::uint64_t>(kCacheLineBytes);
  std::uint64_t lines = 0;
  for (const auto& buffer : buffers) lines += buffer.size() / kLine;
  if (lines == 0) return;
  std::mt19937_64 random(seed);
  const auto wanted = std::min<std::uint64_t>(most_lines, lines);
  for (std::uint64_t i = 0; i < wanted; ++i) {
    // One line out of each of `wanted` equal stretches: all different, and far apart.
    const auto low = i * lines / wanted, high = (i + 1) * lines / wanted;
    auto index = low + random() % (high - low);
    for (const auto& buffer : buffers) {
      const auto here = buffer.size() / kLine;
      if (index < here) {
        lines_.push_back(buffer.data() + index * kLine);
        break;
      }
      index -= here;
    }
  }
  std::shuffle(lines_.begin(), lines_.end(), random);
}

Reading<double> LineProbe::time_reads() const {
  if (lines_.empty()) return Reading<double>::absent("no whole cache line to probe");
  return Reading<double>::of(time_dependent_reads(lines_));
}

void LineProbe::evict() const {
  for (const std::byte* line : lines_) evict_from_cpu_caches({line, 1});
}

Reading<double> page_cache_share(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Reading<double>::absent(system_reason(path));
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    return Reading<double>::absent(path + ": not a regular file");
  }
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes == 0) {
    ::close(fd);
    return Reading<double>::of(0);
  }
  void* const mapping = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  if (mapping == MAP_FAILED) return Reading<double>::absent(system_reason(path + ": mmap"));
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> resident(std::min(bytes, kWindowBytes) / page + 1);
  std::size_t pages = 0, kept = 0;
  std::string why;
  for (std::size_t offset = 0; offset < bytes && why.empty(); offset += kWindowBytes) {
    const auto length = std::min(kWindowBytes, bytes - offset);
    if (::mincore(static_cast<std::byte*>(mapping) + offset, length, resident.data()) != 0) {
      why = system_reason(path + ": mincore");
      break;
    }
    const auto here = (length + page - 1) / page;
    pages += here;
    kept += static_cast<std::size_t>(
        std::count_if(resident.begin(), resident.begin() + static_cast<std::ptrdiff_t>(here),
                      [](unsigned char flags) { return (flags & 1u) != 0; }));
  }
  ::munmap(mapping, bytes);
  if (!why.empty()) return Reading<double>::absent(why);
  return Reading<double>::of(static_cast<double>(kept) / static_cast<double>(pages));
}

Reading<double> drop_from_page_cache(const std::string& path) {
  // Pages that are just being read or written back are skipped, hence a second and a third try.
  auto share = Reading<double>::absent(path + ": not tried");
  for (int attempt = 0; attempt < 3; ++attempt) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return Reading<double>::absent(system_reason(path));
    ::fdatasync(fd);  // refused on file systems that have nothing to write: the proof decides
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    ::close(fd);
    share = page_cache_share(path);
    if (!share || share.value() == 0) break;
  }
  return share;
}

}  // namespace ridgepoint
