#include "tests/support/emulated_device.h"

#if defined(__x86_64__)

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

// Leaves the stack that it runs on in *from and goes on with the one in `to`.
extern "C" void ridgepoint_change_stack(void** from, void* to);
asm(R"(
.text
.globl ridgepoint_change_stack
.type ridgepoint_change_stack, @function
ridgepoint_change_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size ridgepoint_change_stack, .-ridgepoint_change_stack
)");

namespace ridgepoint::cuda {
namespace {

constexpr int kMostThreads = 1024;
constexpr int kLanes = 32;
constexpr std::size_t kStackBytes = 64 * 1024;

/// Who waits for whom: a new turn begins when all that are left have arrived.
struct Meeting {
  int expected = 0, arrived = 0;
  unsigned turn = 0;
  [[nodiscard]] bool complete() const { return arrived == expected; }
  void next() {
    arrived = 0;
    ++turn;
  }
};

struct Block {
  std::unique_ptr<std::byte[]> stacks = std::make_unique<std::byte[]>(kStackBytes * kMostThreads);
  std::array<void*, kMostThreads> saved{};
  std::array<bool, kMostThreads> ended{};
  std::array<unsigned, kMostThreads> exchanges{};
  std::array<std::array<EmulatedWords, kMostThreads>, 2> slots{};
  std::array<Meeting, kMostThreads / kLanes> warps;
  Meeting all;
  void* caller = nullptr;
  int threads = 0, running = 0, left = 0;
  int idle = 0;  // changes of place since somebody got on
  const std::function<void()>* work = nullptr;
};

Block& block() {
  static Block only;
  return only;
}

/// To the next thread that has not ended; the caller's turn comes again.
void give_way() {
  Block& b = block();
  const int me = b.running;
  int next = me;
  do next = (next + 1) % b.threads;
  while (b.ended[static_cast<std::size_t>(next)]);
  if (++b.idle > 2 * b.threads) {
    std::fputs("emulated device: threads wait for others that never come\n", stderr);
    std::abort();
  }
  if (next == me) return;
  b.running = next;
  ridgepoint_change_stack(&b.saved[static_cast<std::size_t>(me)],
                          b.saved[static_cast<std::size_t>(next)]);
  threadIdx.x = static_cast<unsigned>(me);
}

void meet(Meeting& meeting) {
  Block& b = block();
  ++meeting.arrived;
  const unsigned turn = meeting.turn;
  if (meeting.complete()) {
    meeting.next();
    b.idle = 0;
    return;
  }
  while (meeting.turn == turn) give_way();
  b.idle = 0;
}

void leave(Meeting& meeting) {
  --meeting.expected;
  if (meeting.expected > 0 && meeting.complete()) meeting.next();
}

void run_thread() {
  Block& b = block();
  threadIdx.x = static_cast<unsigned>(b.running);
  (*b.work)();
  const auto me = static_cast<std::size_t>(b.running);
  b.ended[me] = true;
  b.idle = 0;
  leave(b.warps[me / kLanes]);
  leave(b.all);
  void* nowhere = nullptr;
  if (--b.left == 0) ridgepoint_change_stack(&nowhere, b.caller);
  int next = b.running;
  do next = (next + 1) % b.threads;
  while (b.ended[static_cast<std::size_t>(next)]);
  b.running = next;
  ridgepoint_change_stack(&nowhere, b.saved[static_cast<std::size_t>(next)]);
  std::abort();
}

}  // namespace

void emulated_block_wait() {
  meet(block().all);
}

std::uint64_t nanoseconds_now() {
  static std::uint64_t now = 0;
  return now += 32;
}

const EmulatedWords* emulated_gather(const EmulatedWords& words) {
  Block& b = block();
  const auto me = static_cast<std::size_t>(b.running);
  // Nobody is two exchanges ahead of another lane, so two rooms in turn are enough.
  auto& slots = b.slots[b.exchanges[me]++ % 2];
  slots[me] = words;
  meet(b.warps[me / kLanes]);
  return &slots[me / kLanes * kLanes];
}

std::uint32_t emulated_exchange(std::uint32_t bits, int apart) {
  const EmulatedWords* const lanes = emulated_gather({bits});
  const auto lane = static_cast<std::size_t>(threadIdx.x % kLanes);
  return static_cast<std::uint32_t>(lanes[lane ^ static_cast<std::size_t>(apart)][0]);
}

void emulated_block(int threads, const std::function<void()>& thread) {
  Block& b = block();
  b.threads = b.left = threads;
  b.work = &thread;
  b.all = {.expected = threads};
  blockDim = {static_cast<unsigned>(threads), 1, 1};
  for (int t = 0; t < threads; ++t) {
    const auto at = static_cast<std::size_t>(t);
    b.ended[at] = false;
    b.exchanges[at] = 0;
    if (t % kLanes == 0) b.warps[at / kLanes] = {};
    ++b.warps[at / kLanes].expected;
    // As if the thread had changed places at its beginning: six registers, then where to go on. A
    // function begins with its stack eight bytes past a multiple of sixteen.
    void** top = reinterpret_cast<void**>(b.stacks.get() + (at + 1) * kStackBytes) - 2;
    top[0] = reinterpret_cast<void*>(&run_thread);
    top[1] = nullptr;
    for (int i = 1; i <= 6; ++i) top[-i] = nullptr;
    b.saved[at] = top - 6;
  }
  b.running = 0;
  b.idle = 0;
  ridgepoint_change_stack(&b.caller, b.saved[0]);
}

}  // namespace ridgepoint::cuda

#endif
