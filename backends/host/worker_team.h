// A team of threads that works through a whole graph together: one call starts all of them, and
// between two steps they meet at a barrier that spins, since waking a thread costs more than most
// steps of a decode take. Where there are fewer cores than threads, waiting gives the core away.
// Who has waited for longer than steps take sleeps: a thread that spins at a real-time priority
// keeps the kernel from bringing the page that another one waits for.
//
// Threads are pinned, each to a core of its own as far as the process may use that many: a thread
// that moves leaves its part of the weights in another core's caches. The caller is thread 0 and is
// pinned only while it works for the team.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace ridgepoint {

class WorkerTeam {
 public:
  /// `threads` >= 1: the caller and threads - 1 of the team's own.
  explicit WorkerTeam(int threads);
  ~WorkerTeam();
  WorkerTeam(const WorkerTeam&) = delete;
  WorkerTeam& operator=(const WorkerTeam&) = delete;

  [[nodiscard]] int threads() const { return threads_; }

  /// Calls job(part) for every part of 0 .. threads() - 1 at once, part 0 on the calling thread;
  /// returns when all have. The job must not throw. Callers on several threads take turns.
  template <typename Job>
  void run(Job&& job) {
    using Plain = std::remove_reference_t<Job>;
    run_parts([](void* context, int part) { (*static_cast<Plain*>(context))(part); }, &job);
  }

  /// Within a job: returns when every part has come here.
  void meet();

  /// Within a job, of work in which every part owns `pieces` of 1 .. 65535 pieces: the number
  /// owner * pieces + index of one that nobody has taken yet, or -1 when none is left. A part
  /// begins with its own, first to last, and then relieves the others of their last ones, so that
  /// it keeps what its caches hold as long as all are equally fast. Every part must ask with the
  /// same `pieces`; between two meetings one such work is handed out.
  [[nodiscard]] int take_piece(int part, int pieces);

 private:
  using PartFunction = void (*)(void* context, int part);

  /// What is taken of one part's pieces: (phase << 32 | from the back << 16 | from the front). What
  /// an earlier phase left counts as nothing taken, so nobody has to clear it.
  struct alignas(64) Taken {
    std::atomic<std::uint64_t> state{0};
  };

  void run_parts(PartFunction function, void* context);
  void work(int part);
  template <typename Number>
  void wait_while(const std::atomic<Number>& number, Number seen) const;

  int threads_;
  bool crowded_;              // fewer cores than threads
  std::vector<int> cores_;    // by part; empty: nobody is pinned
  std::vector<Taken> taken_;  // by part
  std::mutex turn_;
  alignas(64) std::atomic<std::uint32_t> generation_{0};
  alignas(64) std::atomic<int> unfinished_{0};
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<std::uint32_t> phase_{0};
  PartFunction function_ = nullptr;
  void* context_ = nullptr;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> workers_;
};

}  // namespace ridgepoint
