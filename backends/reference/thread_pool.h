// A few threads that live as long as the pool and run one job at a time, split the same way every
// time: part p of n gets items [p * count / n, (p + 1) * count / n). No work moves between parts,
// so a job whose items are independent gives the same bits for any number of threads.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace ridgepoint {

class ThreadPool {
 public:
  /// `threads` >= 1 work on a job: the caller and threads - 1 of the pool's own.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls job(part, parts) once for each part of 0 .. threads() - 1, at the same time, part 0 on
  /// the calling thread; returns when all have. Rethrows the first exception. Callers on several
  /// threads take turns; a job must not start another.
  template <typename Job>
  void run(Job&& job) {
    using Plain = std::remove_reference_t<Job>;
    run_parts(
        [](void* context, int part, int parts) { (*static_cast<Plain*>(context))(part, parts); },
        &job);
  }

  /// Calls job(begin, end, part) for the parts of [0, count). Runs on the calling thread alone when
  /// there are fewer than two times `grain` items, since waking a thread costs microseconds.
  template <typename Job>
  void for_range(std::int64_t count, std::int64_t grain, Job&& job) {
    if (threads() == 1 || count < 2 * grain) {
      job(std::int64_t{0}, count, 0);
      return;
    }
    run([&](int part, int parts) {
      const std::int64_t begin = part * count / parts, end = (part + 1) * count / parts;
      if (begin < end) job(begin, end, part);
    });
  }

 private:
  using PartFunction = void (*)(void* context, int part, int parts);

  void run_parts(PartFunction function, const void* context);
  void work(int part);

  std::mutex turn_;  // held for the length of a job
  std::mutex mutex_;
  std::condition_variable start_, done_;
  PartFunction function_ = nullptr;
  void* context_ = nullptr;
  std::uint64_t generation_ = 0;
  int unfinished_ = 0;
  bool stopping_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> workers_;
};

}  // namespace ridgepoint
