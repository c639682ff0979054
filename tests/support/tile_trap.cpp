#include "tests/support/tile_trap.h"

#if defined(__x86_64__)
#include <ucontext.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "backends/host/kernels/emulated_tiles.h"

namespace ridgepoint {
namespace {

struct ThreadTiles {
  host::EmulatedTiles machine;
  bool configured = false;
};
thread_local constinit ThreadTiles thread_tiles;
std::atomic<long> caught_instructions{0};

/// A VEX instruction of three prefix bytes, map 0F38: all that AMX needs.
class Instruction {
 public:
  explicit Instruction(ucontext_t& context) : context_(context) {
    std::memcpy(bytes_.data(), pointer(REG_RIP), bytes_.size());
  }

  [[nodiscard]] bool is_amx() const {
    return bytes_[0] == 0xc4 && (bytes_[1] & 0x1f) == 2 && (bytes_[2] & 0x84) == 0;
  }
  [[nodiscard]] int opcode() const { return bytes_[3]; }
  [[nodiscard]] int prefix() const { return bytes_[2] & 3; }  // none, 66, F3, F2
  [[nodiscard]] bool names_register() const { return mode() == 3; }
  [[nodiscard]] int reg() const { return bytes_[4] >> 3 & 7; }
  [[nodiscard]] int rm() const { return bytes_[4] & 7; }
  [[nodiscard]] int third() const { return ~(bytes_[2] >> 3) & 7; }
  [[nodiscard]] bool has_sib() const { return !names_register() && rm() == 4; }

  /// Address of the memory operand without its index, and the index as it is scaled.
  [[nodiscard]] std::byte* base() const {
    const int displacement_at = has_sib() ? 6 : 5;
    std::int64_t address = 0;
    const int low = has_sib() ? bytes_[5] & 7 : rm();
    if (mode() == 0 && low == 5) {  // no register: absolute, or counted from the next instruction
      return reinterpret_cast<std::byte*>(displacement(displacement_at, 4) +
                                          (has_sib() ? 0 : value(REG_RIP) + size()));
    }
    address = general(low | ((bytes_[1] & 0x20) == 0 ? 8 : 0));
    if (mode() == 1) address += displacement(displacement_at, 1);
    if (mode() == 2) address += displacement(displacement_at, 4);
    return reinterpret_cast<std::byte*>(address);
  }
  [[nodiscard]] std::int64_t index() const {
    if (!has_sib()) return 0;
    const int number = (bytes_[5] >> 3 & 7) | ((bytes_[1] & 0x40) == 0 ? 8 : 0);
    return number == 4 ? 0 : general(number) << (bytes_[5] >> 6);
  }
  void step_over() { context_.uc_mcontext.gregs[REG_RIP] += size(); }

 private:
  [[nodiscard]] int mode() const { return bytes_[4] >> 6; }
  [[nodiscard]] int size() const {
    if (names_register()) return 5;
    const int low = has_sib() ? bytes_[5] & 7 : rm();
    const bool absolute = mode() == 0 && low == 5;
    return 5 + (has_sib() ? 1 : 0) + (mode() == 1 ? 1 : mode() == 2 || absolute ? 4 : 0);
  }
  [[nodiscard]] std::int64_t displacement(int at, int width) const {
    if (width == 1) return static_cast<std::int8_t>(bytes_[static_cast<std::size_t>(at)]);
    std::int32_t four = 0;
    std::memcpy(&four, bytes_.data() + at, sizeof four);
    return four;
  }
  [[nodiscard]] std::int64_t value(int which) const { return context_.uc_mcontext.gregs[which]; }
  [[nodiscard]] const void* pointer(int which) const {
    return reinterpret_cast<const void*>(value(which));
  }
  [[nodiscard]] std::int64_t general(int number) const {
    constexpr std::array kOrder{REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                REG_R12, REG_R13, REG_R14, REG_R15};
    return value(kOrder[static_cast<std::size_t>(number)]);
  }

  ucontext_t& context_;
  std::array<std::uint8_t, 12> bytes_{};
};

/// The emulated machine knows full tiles only, as the kernels do.
bool is_full_configuration(const std::byte* from) {
  std::array<std::uint8_t, 64> bytes;
  std::memcpy(bytes.data(), from, bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int expected = i == 0                  ? 1
                         : i >= 16 && i < 32     ? (i % 2 == 0 ? 64 : 0)
                         : i >= 48 && i < 48 + 8 ? 16
                                                 : 0;
    if (bytes[i] != expected) return false;
  }
  return true;
}

bool emulate(const Instruction& instruction) {
  ThreadTiles& tiles = thread_tiles;
  constexpr int kNone = 0, k66 = 1, kF3 = 2, kF2 = 3;
  const int prefix = instruction.prefix();
  if (instruction.opcode() == 0x49 && prefix == kNone) {
    if (instruction.names_register()) {
      tiles = {};
      return true;
    }
    tiles = {};
    tiles.configured = is_full_configuration(instruction.base() + instruction.index());
    return tiles.configured;
  }
  if (!tiles.configured) return false;
  if (instruction.opcode() == 0x49 && prefix == kF2 && instruction.names_register()) {
    tiles.machine.zero_tile(instruction.reg());
    return true;
  }
  if (instruction.opcode() == 0x4b && instruction.has_sib()) {
    if (prefix == kF2 || prefix == k66) {
      tiles.machine.load_tile(instruction.reg(), instruction.base(), instruction.index());
      return true;
    }
    if (prefix == kF3) {
      tiles.machine.store_tile(instruction.reg(), instruction.base(), instruction.index());
      return true;
    }
  }
  const bool bf16 = instruction.opcode() == 0x5c && prefix == kF3;
  const bool bytes = instruction.opcode() == 0x5e && prefix == kF2;
  if ((bf16 || bytes) && instruction.names_register()) {
    const int sum = instruction.reg(), inputs = instruction.rm(), weights = instruction.third();
    if (sum == inputs || sum == weights || inputs == weights) return false;
    if (bf16) {
      tiles.machine.dot_tiles(sum, inputs, weights);
    } else {
      tiles.machine.dot_byte_tiles(sum, inputs, weights);
    }
    return true;
  }
  return false;
}

void on_illegal_instruction(int, siginfo_t*, void* context) {
  Instruction instruction(*static_cast<ucontext_t*>(context));
  if (instruction.is_amx() && emulate(instruction)) {
    caught_instructions.fetch_add(1, std::memory_order_relaxed);
    instruction.step_over();
    return;
  }
  signal(SIGILL, SIG_DFL);  // and die of it
}

}  // namespace

TileTrap::TileTrap() {
  struct sigaction action {};
  action.sa_sigaction = &on_illegal_instruction;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGILL, &action, &before_) != 0) throw std::runtime_error("TileTrap: sigaction");
}

TileTrap::~TileTrap() {
  sigaction(SIGILL, &before_, nullptr);
}

long TileTrap::caught() {
  return caught_instructions.load();
}

bool TileTrap::configured() {
  return thread_tiles.configured;
}

}  // namespace ridgepoint
#endif
