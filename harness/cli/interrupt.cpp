#include "harness/cli/interrupt.h"

#include <signal.h>
#include <time.h>

#include <cerrno>
#include <cstdint>

namespace ridgepoint {
namespace {

constexpr std::int64_t kSameRequest_ns = 500'000'000;

// A signal handler can reach nothing else.
std::atomic<bool> interrupt_requested{false};
std::atomic<std::int64_t> first_signal_ns{0};  // 0: there was none
static_assert(std::atomic<bool>::is_always_lock_free);
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

void set_action(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

/// Calls what POSIX allows in a handler, and nothing else.
void on_signal(int signal) {
  const int error = errno;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t now_ns = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  std::int64_t first_ns = 0;
  if (first_signal_ns.compare_exchange_strong(first_ns, now_ns)) {
    interrupt_requested.store(true);
  } else if (now_ns - first_ns >= kSameRequest_ns) {
    // Pending until the handler returns; then it ends the process.
    set_action(signal, SIG_DFL);
    ::raise(signal);
  }
  errno = error;
}

void install(void (*handler)(int)) {
  set_action(SIGINT, handler);
  set_action(SIGTERM, handler);
}

}  // namespace

Interrupt::Interrupt() {
  interrupt_requested.store(false);
  first_signal_ns.store(0);
  install(on_signal);
}

Interrupt::~Interrupt() {
  install(SIG_DFL);
}

const std::atomic<bool>& Interrupt::requested() const {
  return interrupt_requested;
}

}  // namespace ridgepoint
