#include "harness/loading/disk_rates.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

#include "harness/loading/load_way.h"
#include "profiler/ceilings/memory_block.h"
#include "profiler/clock/monotonic_clock.h"
#include "profiler/memory/cache_state.h"
#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kProbePieceBytes = std::int64_t{4} << 20;
constexpr std::int64_t kProbeBlockBytes = 4096;
constexpr double kMostProbeCachedShare = 0.01;

/// Whole blocks of the file, no more than `most`; 0 when there is no such file.
std::int64_t whole_blocks(const std::string& file, std::int64_t most) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return 0;
  return std::min<std::int64_t>(status.st_size, most) / kProbeBlockBytes * kProbeBlockBytes;
}

/// Seconds that `readers` take for all of it together; 0 when a read fails.
double read_all(int descriptor, std::int64_t bytes, int readers) {
  // Large pages, as the feed's buffers have: a device takes fewer and larger requests for them.
  // Touched before the clock runs: a page that is new costs more than a disk takes to fill it.
  std::vector<ceilings::MemoryBlock> buffers;
  for (int i = 0; i < readers; ++i) {
    const auto& buffer = buffers.emplace_back(static_cast<std::size_t>(kProbePieceBytes));
    if (buffer.data() == nullptr) return 0;
    std::memset(buffer.data(), 1, buffer.size());
  }
  std::atomic<std::int64_t> next{0};
  std::atomic<bool> failed{false};
  const auto work = [&](const ceilings::MemoryBlock& buffer) {
    for (;;) {
      const std::int64_t first = next.fetch_add(kProbePieceBytes);
      if (first >= bytes) return;
      const auto count = static_cast<std::size_t>(std::min(kProbePieceBytes, bytes - first));
      if (::pread(descriptor, buffer.data(), count, first) <= 0) failed = true;
    }
  };
  const std::int64_t start_ns = monotonic_ns();
  {
    std::vector<std::jthread> threads;
    for (const auto& buffer : buffers) threads.emplace_back([&] { work(buffer); });
  }
  return failed ? 0 : static_cast<double>(monotonic_ns() - start_ns) * 1e-9;
}

/// A file system without a disk behind it, where newer kernels grant O_DIRECT all the same.
bool is_memory(int descriptor) {
  struct statfs system {};
  return ::fstatfs(descriptor, &system) == 0 &&
         (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

}  // namespace

std::string why_no_disk(const std::string& file) {
  const int ordinary = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (ordinary < 0) return file + ": " + std::generic_category().message(errno);
  const bool in_memory = is_memory(ordinary);
  ::close(ordinary);
  if (in_memory) return file + ": its file system is memory (tmpfs), not on a disk";
  const int direct = ::open(file.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  if (direct < 0) {
    return file + ": " +
           (errno == EINVAL ? "its file system has no O_DIRECT"
                            : std::generic_category().message(errno));
  }
  ::close(direct);
  return whole_blocks(file, kProbeBlockBytes) > 0 ? std::string()
                                                  : file + ": holds no whole block to read";
}

Reading<DirectRate> measure_direct_rate(const std::string& file, std::int64_t most_bytes) {
  if (auto why = why_no_disk(file); !why.empty()) return Reading<DirectRate>::absent(why);
  const std::int64_t bytes = whole_blocks(file, most_bytes);
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  if (descriptor < 0) {
    return Reading<DirectRate>::absent(file + ": " + std::generic_category().message(errno));
  }
  constexpr std::array kReaders{1, 2, 4, 8, 16};
  std::array<std::vector<double>, kReaders.size()> rates;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < kReaders.size(); ++i) {
      const double seconds = read_all(descriptor, bytes, kReaders[i]);
      if (seconds > 0) rates[i].push_back(static_cast<double>(bytes) / seconds);
    }
  }
  DirectRate best;
  for (std::size_t i = 0; i < kReaders.size(); ++i) {
    if (rates[i].empty() || median(rates[i]) <= best.bytes_per_second) continue;
    best = {median(rates[i]), kReaders[i]};
  }
  ::close(descriptor);
  if (best.bytes_per_second <= 0) {
    return Reading<DirectRate>::absent(file + ": none of it could be read");
  }
  return Reading<DirectRate>::of(best);
}

double direct_rate_now(const std::string& file, std::int64_t most_bytes, int readers) {
  const std::int64_t bytes = whole_blocks(file, most_bytes);
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  if (descriptor < 0) return 0;
  const double seconds = read_all(descriptor, bytes, readers);
  ::close(descriptor);
  return seconds > 0 ? static_cast<double>(bytes) / seconds : 0;
}

Reading<double> measure_mapped_rate(const std::string& file, std::int64_t most_bytes, int threads) {
  const std::int64_t bytes = whole_blocks(file, most_bytes);
  std::vector<double> rates;
  for (int pass = 0; pass < 3; ++pass) {
    const auto kept = drop_from_page_cache(file);
    if (!kept) return Reading<double>::absent(kept.why());
    if (kept.value() > kMostProbeCachedShare) {
      return Reading<double>::absent(
          fmt::format("{}: {:.0f} % of it stayed in the page cache", file, 100 * kept.value()));
    }
    const auto loaded = load_once(file, LoadWay::mapped, bytes, threads);
    if (!loaded) return Reading<double>::absent(loaded.why());
    rates.push_back(static_cast<double>(bytes) * 1e9 /
                    static_cast<double>(loaded.value().duration_ns));
  }
  return Reading<double>::of(median(rates));
}

}  // namespace ridgepoint
