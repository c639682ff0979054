#include "tests/support/emulated_device.h"

#if defined(__x86_64__)

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

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

/// What a thread has started and not waited for, in groups; the last one is still open.
struct Later {
  std::vector<std::vector<std::function<void()>>> groups{};
  void add(std::function<void()> work) {
    if (groups.empty()) groups.emplace_back();
    groups.back().push_back(std::move(work));
  }
  void close() { groups.resize(groups.size() + (groups.empty() ? 2 : 1)); }
  void wait(std::size_t groups_left) {
    std::size_t done = 0;
    for (; done + 1 + groups_left < groups.size(); ++done) {
      for (const auto& work : groups[done]) work();
    }
    groups.erase(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(done));
  }
};

constexpr int kGuardBytes = 1024;
alignas(1024) std::array<std::uint8_t, kMostRoomBytes + kGuardBytes> the_room;
constexpr std::uint8_t kNotWritten = 0xff;  // of floats: what is not a number

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "emulated device: %s\n", what);
  std::abort();
}

struct Block {
  std::array<Later, kMostThreads> copies, products;
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
  int step = 1;  // to the next thread
  const std::function<void()>* work = nullptr;

  [[nodiscard]] int after(int thread) const {
    do thread = (thread + step + threads) % threads;
    while (ended[static_cast<std::size_t>(thread)]);
    return thread;
  }
};

Block& block() {
  static Block only;
  return only;
}

/// To the next thread that has not ended; the caller's turn comes again.
void give_way() {
  Block& b = block();
  const int me = b.running, next = b.after(me);
  if (++b.idle > 2 * b.threads) give_up("threads wait for others that never come");
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
  b.running = b.after(b.running);
  ridgepoint_change_stack(&nowhere, b.saved[static_cast<std::size_t>(b.running)]);
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

void emulated_grid(std::int64_t x, std::int64_t y, std::int64_t z) {
  constexpr std::int64_t kMostX = 0x7fffffff, kMost = 65535;
  if (x < 1 || y < 1 || z < 1 || x > kMostX || y > kMost || z > kMost) {
    give_up("a grid that no device takes");
  }
}

void emulated_order(bool backwards) {
  block().step = backwards ? -1 : 1;
}

bool emulated_backwards() {
  return block().step < 0;
}

std::uint8_t* launch_room() {
  return the_room.data();
}

std::uint32_t shared_address(const void* place) {
  return static_cast<std::uint32_t>(static_cast<const std::uint8_t*>(place) - the_room.data());
}

void emulated_copy(void* to, const void* from, int bytes, bool there) {
  const auto count = static_cast<std::size_t>(bytes);
  if (reinterpret_cast<std::uintptr_t>(to) % count != 0 ||
      (there && reinterpret_cast<std::uintptr_t>(from) % count != 0)) {
    give_up("an asynchronous copy from or to an address that is no multiple of its bytes");
  }
  if (shared_address(to) + count > the_room.size()) give_up("a copy to what is not shared memory");
  std::memset(to, kNotWritten, count);
  Block& b = block();
  b.copies[static_cast<std::size_t>(b.running)].add([=] {
    if (there) {
      std::memcpy(to, from, count);
    } else {
      std::memset(to, 0, count);
    }
  });
}

void commit_copies() {
  Block& b = block();
  b.copies[static_cast<std::size_t>(b.running)].close();
}

void emulated_wait_for_copies(std::size_t groups_left) {
  Block& b = block();
  b.copies[static_cast<std::size_t>(b.running)].wait(groups_left);
}

const std::uint8_t* emulated_operand(std::uint64_t descriptor, int row, int byte) {
  constexpr std::uint64_t kField = 0x3fffU, kMode = 1;
  if (descriptor >> 62U != kMode || (descriptor >> 49U & 7U) != 0) {
    give_up("a matrix descriptor of a mode that is not emulated");
  }
  const std::uint64_t begin = (descriptor & kField) << 4U;
  const std::uint64_t stride = (descriptor >> 32U & kField) << 4U;
  std::uint64_t at = begin + static_cast<std::uint64_t>(row / 8) * stride +
                     static_cast<std::uint64_t>(row % 8 * 128 + byte);
  at ^= (at >> 7U & 7U) << 4U;
  if (at >= static_cast<std::uint64_t>(kMostRoomBytes)) give_up("an operand beyond shared memory");
  return the_room.data() + at;
}

void emulated_later(std::function<void()> work) {
  Block& b = block();
  b.products[static_cast<std::size_t>(b.running)].add(std::move(work));
}

void warpgroup_fence() {}

void warpgroup_commit() {
  Block& b = block();
  b.products[static_cast<std::size_t>(b.running)].close();
}

void emulated_wait_for_warpgroup(std::size_t groups_left) {
  Block& b = block();
  b.products[static_cast<std::size_t>(b.running)].wait(groups_left);
}

void emulated_block(int threads, int room_bytes, const std::function<void()>& thread) {
  Block& b = block();
  if (room_bytes > kMostRoomBytes) give_up("a launch asks for more shared memory than there is");
  std::memset(the_room.data(), kNotWritten, static_cast<std::size_t>(room_bytes + kGuardBytes));
  b.threads = b.left = threads;
  b.work = &thread;
  b.all = {.expected = threads};
  blockDim = {static_cast<unsigned>(threads), 1, 1};
  for (int t = 0; t < threads; ++t) {
    const auto at = static_cast<std::size_t>(t);
    b.ended[at] = false;
    b.exchanges[at] = 0;
    b.copies[at].groups.clear();
    b.products[at].groups.clear();
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
  b.running = b.step > 0 ? 0 : threads - 1;
  b.idle = 0;
  ridgepoint_change_stack(&b.caller, b.saved[static_cast<std::size_t>(b.running)]);
  for (int i = 0; i < kGuardBytes; ++i) {
    if (the_room[static_cast<std::size_t>(room_bytes + i)] != kNotWritten) {
      give_up("shared memory beyond what the launch asked for was written");
    }
  }
}

}  // namespace ridgepoint::cuda

#endif
