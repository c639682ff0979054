#include "harness/loading/load_way.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "harness/loading/packed_copy.h"
#include "profiler/clock/monotonic_clock.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kPageBytes = 4096;

struct Way {
  LoadWay way;
  std::string_view name, words;
};
constexpr std::array<Way, 5> kWays = {{
    {LoadWay::mapped, "mapped", "mapped, each page touched"},
    {LoadWay::read, "read", "read by one thread"},
    {LoadWay::parallel, "parallel", "read by every thread"},
    {LoadWay::direct, "direct", "O_DIRECT, past the page cache"},
    {LoadWay::packed, "packed", "zstd frames, read and unpacked"},
}};

const Way& row_of(LoadWay way) {
  return *std::ranges::find(kWays, way, &Way::way);
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : value_(::open(path.c_str(), flags | O_CLOEXEC)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  [[nodiscard]] int value() const { return value_; }

 private:
  int value_;
};

/// Memory that nobody has touched yet, or a file's pages.
class Mapping {
 public:
  Mapping(std::int64_t bytes, int descriptor, int protection)
      : size_(static_cast<std::size_t>(bytes)),
        data_(::mmap(nullptr, size_, protection,
                     descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE, descriptor, 0)) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (is_there()) ::munmap(data_, size_);
  }
  [[nodiscard]] bool is_there() const { return data_ != MAP_FAILED; }
  [[nodiscard]] std::byte* data() const { return static_cast<std::byte*>(data_); }

 private:
  std::size_t size_;
  void* data_;
};

std::string words_of(int error) {
  return std::generic_category().message(error);
}

/// The first thing that went wrong in any thread.
class Trouble {
 public:
  void say(const std::string& what) {
    const std::scoped_lock lock(mutex_);
    if (what_.empty()) what_ = what;
  }
  [[nodiscard]] const std::string& what() const { return what_; }

 private:
  std::mutex mutex_;
  std::string what_;
};

/// Gives the pieces of [0, bytes) to threads, one after the other.
void for_pieces(std::int64_t bytes, int threads,
                const std::function<void(std::int64_t first, std::int64_t count)>& work) {
  std::atomic<std::int64_t> next{0};
  const auto loop = [&] {
    for (;;) {
      const std::int64_t first = next.fetch_add(kLoadPieceBytes);
      if (first >= bytes) return;
      work(first, std::min(kLoadPieceBytes, bytes - first));
    }
  };
  std::vector<std::jthread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(loop);
  loop();
}

/// Whole, or says why not.
void read_at(int descriptor, std::byte* to, std::int64_t first, std::int64_t count,
             Trouble& trouble) {
  while (count > 0) {
    const ssize_t got = ::pread(descriptor, to, static_cast<std::size_t>(count), first);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      trouble.say(got < 0 ? words_of(errno) : "the file became shorter");
      return;
    }
    to += got;
    first += got;
    count -= got;
  }
}

void unpack_frames(const std::string& path, int descriptor, std::byte* to, std::int64_t bytes,
                   int threads, Trouble& trouble) {
  std::vector<std::int64_t> offsets;
  try {
    offsets = frame_offsets(path);
  } catch (const Error& error) {
    trouble.say(error.what());
    return;
  }
  for_pieces(bytes, threads, [&](std::int64_t first, std::int64_t count) {
    const auto frame = static_cast<std::size_t>(first / kLoadPieceBytes);
    if (frame + 1 >= offsets.size()) return trouble.say("the packed copy has too few frames");
    thread_local std::vector<std::byte> packed;
    const std::int64_t size = offsets[frame + 1] - offsets[frame];
    packed.resize(static_cast<std::size_t>(size));
    read_at(descriptor, packed.data(), offsets[frame], size, trouble);
    const std::size_t got =
        ZSTD_decompress(to + first, static_cast<std::size_t>(count), packed.data(), packed.size());
    if (ZSTD_isError(got) != 0U || std::cmp_not_equal(got, count)) {
      trouble.say("a frame does not unpack to what it should");
    }
  });
}

std::uint64_t parity_of(const std::byte* data, std::int64_t bytes) {
  std::uint64_t parity = 0;
  std::int64_t at = 0;
  for (; at + 8 <= bytes; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + at, sizeof word);
    parity ^= word;
  }
  std::uint64_t last = 0;
  std::memcpy(&last, data + at, static_cast<std::size_t>(bytes - at));
  return parity ^ last;
}

Reading<LoadPass> touch_mapping(const std::string& path, std::int64_t bytes, int threads) {
  const std::int64_t start_ns = monotonic_ns();
  const Descriptor file(path, O_RDONLY);
  if (file.value() < 0) return Reading<LoadPass>::absent(words_of(errno));
  const Mapping mapping(bytes, file.value(), PROT_READ);
  if (!mapping.is_there()) return Reading<LoadPass>::absent(words_of(errno));
  for_pieces(bytes, threads, [&](std::int64_t first, std::int64_t count) {
    const volatile std::byte* page = mapping.data() + first;
    for (std::int64_t at = 0; at < count; at += kPageBytes) static_cast<void>(page[at]);
  });
  return Reading<LoadPass>::of({bytes, monotonic_ns() - start_ns, 0});
}

/// O_DIRECT wants whole blocks; the tail that is none is read the ordinary way.
void read_direct(const std::string& path, int descriptor, std::byte* to, std::int64_t bytes,
                 int threads, Trouble& trouble) {
  const std::int64_t whole = bytes / kPageBytes * kPageBytes;
  for_pieces(whole, threads, [&](std::int64_t first, std::int64_t count) {
    read_at(descriptor, to + first, first, count, trouble);
  });
  if (whole == bytes) return;
  const Descriptor ordinary(path, O_RDONLY);
  read_at(ordinary.value(), to + whole, whole, bytes - whole, trouble);
}

}  // namespace

std::span<const LoadWay> load_ways() {
  static constexpr std::array<LoadWay, 5> kAll = {LoadWay::mapped, LoadWay::read, LoadWay::parallel,
                                                  LoadWay::direct, LoadWay::packed};
  return kAll;
}

std::string_view name_of(LoadWay way) {
  return row_of(way).name;
}

std::string_view words_for(LoadWay way) {
  return row_of(way).words;
}

bool uses_page_cache(LoadWay way) {
  return way != LoadWay::direct;
}

Reading<LoadPass> load_once(const std::string& path, LoadWay way, std::int64_t bytes, int threads) {
  if (way == LoadWay::mapped) return touch_mapping(path, bytes, threads);
  const std::int64_t start_ns = monotonic_ns();
  const Descriptor file(path, O_RDONLY | (way == LoadWay::direct ? O_DIRECT : 0));
  if (file.value() < 0) {
    return Reading<LoadPass>::absent(way == LoadWay::direct && errno == EINVAL
                                         ? "the file system has no O_DIRECT"
                                         : words_of(errno));
  }
  const Mapping memory(bytes, -1, PROT_READ | PROT_WRITE);
  if (!memory.is_there()) return Reading<LoadPass>::absent(words_of(errno));
  Trouble trouble;
  switch (way) {
    case LoadWay::packed:
      unpack_frames(path, file.value(), memory.data(), bytes, threads, trouble);
      break;
    case LoadWay::direct:
      read_direct(path, file.value(), memory.data(), bytes, threads, trouble);
      break;
    default:
      for_pieces(bytes, way == LoadWay::read ? 1 : threads,
                 [&](std::int64_t first, std::int64_t count) {
                   read_at(file.value(), memory.data() + first, first, count, trouble);
                 });
  }
  const std::int64_t duration_ns = monotonic_ns() - start_ns;
  if (!trouble.what().empty()) return Reading<LoadPass>::absent(trouble.what());
  return Reading<LoadPass>::of({bytes, duration_ns, parity_of(memory.data(), bytes)});
}

}  // namespace ridgepoint
