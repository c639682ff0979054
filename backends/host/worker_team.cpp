#include "backends/host/worker_team.h"

#include <sched.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "profiler/machine/pin_thread.h"

namespace ridgepoint {
namespace {

constexpr int kSpins = 20'000;     // some hundred microseconds, then sleep
constexpr int kIdleSpins = 4'000;  // between two runs: tens of microseconds, then sleep

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

std::vector<int> allowed_cores() {
  std::vector<int> cores;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

/// The calling thread on one core for a while.
class Pinned {
 public:
  explicit Pinned(int core) : valid_(sched_getaffinity(0, sizeof before_, &before_) == 0) {
    if (valid_) static_cast<void>(pin_this_thread(core));
  }
  ~Pinned() {
    if (valid_) static_cast<void>(sched_setaffinity(0, sizeof before_, &before_));
  }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

 private:
  cpu_set_t before_{};
  bool valid_;
};

}  // namespace

WorkerTeam::WorkerTeam(int threads) : threads_(threads), taken_(static_cast<std::size_t>(threads)) {
  const std::vector<int> cores = allowed_cores();
  crowded_ = cores.size() < static_cast<std::size_t>(threads);
  if (!crowded_ && threads > 1) cores_.assign(cores.begin(), cores.begin() + threads);
  workers_.reserve(static_cast<std::size_t>(threads - 1));
  try {
    for (int part = 1; part < threads; ++part) workers_.emplace_back([this, part] { work(part); });
  } catch (...) {
    stopping_ = true;
    generation_.fetch_add(1);
    generation_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    throw;
  }
}

WorkerTeam::~WorkerTeam() {
  stopping_ = true;
  generation_.fetch_add(1);
  generation_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void WorkerTeam::meet() {
  if (threads_ == 1) return;
  const std::uint32_t phase = phase_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
    arrived_.store(0, std::memory_order_relaxed);
    phase_.store(phase + 1, std::memory_order_release);
    phase_.notify_all();
    return;
  }
  wait_while(phase_, phase);
}

template <typename Number>
void WorkerTeam::wait_while(const std::atomic<Number>& number, Number seen) const {
  for (int spins = 0; spins < kSpins; ++spins) {
    if (number.load(std::memory_order_acquire) != seen) return;
    if (crowded_) {
      std::this_thread::yield();
    } else {
      relax();
    }
  }
  number.wait(seen, std::memory_order_acquire);
}

int WorkerTeam::take_piece(int part, int pieces) {
  constexpr std::uint64_t kFront = 1, kBack = 1U << 16U, kCount = 0xFFFF;
  const auto phase = std::uint64_t{phase_.load(std::memory_order_relaxed)} << 32U;
  for (int i = 0; i < threads_; ++i) {
    const int owner = (part + i) % threads_;
    auto& state = taken_[static_cast<std::size_t>(owner)].state;
    // A piece's inputs and results are handed over by the meetings before and after.
    std::uint64_t seen = state.load(std::memory_order_relaxed);
    while (true) {
      const std::uint64_t now = seen >> 32U == phase >> 32U ? seen : phase;
      const auto front = static_cast<int>(now & kCount),
                 back = static_cast<int>(now >> 16U & kCount);
      if (front + back >= pieces) break;
      if (!state.compare_exchange_weak(seen, now + (i == 0 ? kFront : kBack),
                                       std::memory_order_relaxed)) {
        continue;
      }
      return owner * pieces + (i == 0 ? front : pieces - 1 - back);
    }
  }
  return -1;
}

void WorkerTeam::run_parts(PartFunction function, void* context) {
  const std::lock_guard turn(turn_);
  if (threads_ == 1) {
    function(context, 0);
    return;
  }
  function_ = function;
  context_ = context;
  unfinished_.store(threads_ - 1, std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  if (cores_.empty()) {
    function(context, 0);
  } else {
    const Pinned here(cores_[0]);
    function(context, 0);
  }
  while (const int left = unfinished_.load(std::memory_order_acquire)) {
    wait_while(unfinished_, left);
  }
}

void WorkerTeam::work(int part) {
  // Where pinning is not allowed the thread stays where the system puts it.
  if (!cores_.empty()) static_cast<void>(pin_this_thread(cores_[static_cast<std::size_t>(part)]));
  std::uint32_t seen = 0;
  while (true) {
    for (int spins = 0;
         !crowded_ && spins < kIdleSpins && generation_.load(std::memory_order_acquire) == seen;
         ++spins) {
      relax();
    }
    generation_.wait(seen, std::memory_order_acquire);
    seen = generation_.load(std::memory_order_acquire);
    if (stopping_) return;
    function_(context_, part);
    if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_one();
  }
}

}  // namespace ridgepoint
