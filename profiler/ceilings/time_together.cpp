#include "profiler/ceilings/time_together.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <set>
#include <string>
#include <thread>

#include "profiler/clock/clock_estimate.h"
#include "profiler/clock/monotonic_clock.h"
#include "profiler/machine/limits.h"
#include "profiler/machine/pin_thread.h"
#include "profiler/machine/system_file.h"

namespace ridgepoint::ceilings {
namespace {

constexpr const char* kCpuFolder = "/sys/devices/system/cpu/cpu";
constexpr const char* kNodeFolder = "/sys/devices/system/node/";

/// A meeting point that spins, since waking a thread takes longer than what is timed; but gives the
/// core away where the one that is waited for may need it.
class Meeting {
 public:
  explicit Meeting(int parties) : parties_(parties) {}

  void wait() {
    const auto phase = phase_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == parties_) {
      arrived_.store(0, std::memory_order_relaxed);
      phase_.store(phase + 1, std::memory_order_release);
      return;
    }
    for (int spins = 0; phase_.load(std::memory_order_acquire) == phase; ++spins) {
      if (spins > 20'000) std::this_thread::yield();
    }
  }

 private:
  int parties_;
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<std::uint32_t> phase_{0};
};

struct Span {
  std::int64_t begin = 0, end = 0;
};

/// What the threads of one measurement share. Part 0 decides between two meetings; the others read
/// after the second.
class Session {
 public:
  Session(std::span<const int> cpus, const BatchPlan& plan, const std::function<void(int)>& prepare,
          const std::function<void(int, std::int64_t)>& work)
      : cpus_(cpus),
        plan_(plan),
        prepare_(prepare),
        work_(work),
        meeting_(static_cast<int>(cpus.size())),
        spans_(cpus.size()) {}

  void take_part(int part) {
    const int cpu = cpus_[static_cast<std::size_t>(part)];
    if (cpu >= 0 && !pin_this_thread(cpu)) pinned_ = false;
    prepare_(part);
    choose_passes(part);
    const std::int64_t begun = monotonic_ns();
    while (true) {
      const double seconds = time_batch(part);
      if (part == 0) {
        result_.seconds.push_back(seconds);
        if (const auto khz = estimate_clock_khz()) {
          result_.clock_hz.push_back(static_cast<double>(khz.value()) * 1000);
        }
        const int done = static_cast<int>(result_.seconds.size());
        more_ = done < plan_.batches &&
                (done < plan_.least_batches || monotonic_ns() - begun < plan_.budget_ns);
      }
      meeting_.wait();
      if (!more_) return;
    }
  }

  Batches result() {
    result_.passes = passes_;
    result_.pinned = pinned_;
    return std::move(result_);
  }

 private:
  void choose_passes(int part) {
    constexpr std::int64_t kFastestGrowth = 16;
    constexpr std::int64_t kMostPasses = std::int64_t{1} << 40;
    while (true) {
      const double seconds = time_batch(part);
      if (part == 0) {
        const double wanted = static_cast<double>(plan_.batch_ns) * 1e-9;
        more_ = seconds < 0.7 * wanted && passes_ < kMostPasses;
        if (more_) {
          const double growth = std::clamp(wanted / std::max(seconds, 1e-8), 1.1,
                                           static_cast<double>(kFastestGrowth));
          passes_ = static_cast<std::int64_t>(static_cast<double>(passes_) * growth) + 1;
        }
      }
      meeting_.wait();
      if (!more_) return;
    }
  }

  /// Of use to part 0 only.
  double time_batch(int part) {
    meeting_.wait();
    Span& own = spans_[static_cast<std::size_t>(part)].span;
    own.begin = monotonic_ns();
    work_(part, passes_);
    own.end = monotonic_ns();
    meeting_.wait();
    auto begin = std::numeric_limits<std::int64_t>::max(), end = std::int64_t{0};
    for (const auto& slot : spans_) {
      begin = std::min(begin, slot.span.begin);
      end = std::max(end, slot.span.end);
    }
    return static_cast<double>(std::max<std::int64_t>(end - begin, 1)) * 1e-9;
  }

  struct alignas(64) Slot {
    Span span;
  };

  std::span<const int> cpus_;
  const BatchPlan& plan_;
  const std::function<void(int)>& prepare_;
  const std::function<void(int, std::int64_t)>& work_;
  Meeting meeting_;
  std::vector<Slot> spans_;
  std::int64_t passes_ = 1;
  bool more_ = true;
  std::atomic<bool> pinned_{true};
  Batches result_;
};

std::string node_file(int node, const char* name) {
  return kNodeFolder + ("node" + std::to_string(node)) + "/" + name;
}

}  // namespace

Batches time_together(std::span<const int> cpus, const BatchPlan& plan,
                      const std::function<void(int)>& prepare,
                      const std::function<void(int, std::int64_t)>& work) {
  Session session(cpus, plan, prepare, work);
  // The caller's own thread takes no part: pinning it would outlast the measurement.
  // None begins before all are there: one that is missing would be waited for without end.
  enum : int { kNotYet, kGo, kGoHome };
  std::atomic<int> start{kNotYet};
  const auto release = [&start](int how) {
    start = how;
    start.notify_all();
  };
  std::vector<std::jthread> threads;
  threads.reserve(cpus.size());
  try {
    for (int part = 0; part < static_cast<int>(cpus.size()); ++part) {
      threads.emplace_back([&session, &start, part] {
        start.wait(kNotYet);
        if (start == kGo) session.take_part(part);
      });
    }
  } catch (...) {
    release(kGoHome);
    throw;
  }
  release(kGo);
  threads.clear();
  return session.result();
}

std::vector<int> one_cpu_a_core(int node) {
  const auto allowed = read_limits().cpus;
  if (!allowed) return {-1};
  std::set<int> wanted(allowed.value().begin(), allowed.value().end());
  if (node >= 0) {
    const auto text = read_system_file(node_file(node, "cpulist"));
    const auto cpus = text ? parse_cpu_list(text.value()) : std::nullopt;
    std::set<int> of_node;
    if (cpus) of_node.insert(cpus->begin(), cpus->end());
    std::erase_if(wanted, [&](int cpu) { return !of_node.contains(cpu); });
  }
  std::vector<int> chosen;
  std::set<int> taken;
  for (const int cpu : wanted) {
    if (taken.contains(cpu)) continue;
    chosen.push_back(cpu);
    const auto text =
        read_system_file(kCpuFolder + std::to_string(cpu) + "/topology/thread_siblings_list");
    const auto siblings = text ? parse_cpu_list(text.value()) : std::nullopt;
    if (siblings) taken.insert(siblings->begin(), siblings->end());
  }
  return chosen.empty() ? std::vector<int>{-1} : chosen;
}

int count_numa_nodes() {
  const auto text = read_system_file(std::string(kNodeFolder) + "has_memory");
  const auto nodes = text ? parse_cpu_list(text.value()) : std::nullopt;
  if (!nodes) return 1;
  int count = 0;
  for (const int node : *nodes) {
    const auto cpus = read_system_file(node_file(node, "cpulist"));
    if (cpus && !trim(cpus.value()).empty()) ++count;
  }
  return std::max(count, 1);
}

}  // namespace ridgepoint::ceilings
