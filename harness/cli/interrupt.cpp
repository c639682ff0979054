#include "harness/cli/interrupt.h"

#include <signal.h>

namespace ridgepoint {
namespace {

// A signal handler can reach nothing else.
std::atomic<bool> interrupt_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) {
  interrupt_requested.store(true);
}

void install(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  // The second signal meets the default action again.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
  interrupt_requested.store(false);
  install(on_signal);
}

Interrupt::~Interrupt() {
  install(SIG_DFL);
}

const std::atomic<bool>& Interrupt::requested() const {
  return interrupt_requested;
}

}  // namespace ridgepoint
