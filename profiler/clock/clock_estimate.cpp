#include "profiler/clock/clock_estimate.h"

#include <algorithm>
#include <limits>

#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint {
namespace {

#if defined(__x86_64__) || defined(__aarch64__)
constexpr std::int64_t kRounds = 1024, kAddsARound = 16;

/// Register to register: an immediate operand could be folded away before it is executed.
void add_in_a_chain() {
  std::uint64_t sum = 0, one = 1, rounds = kRounds;
#if defined(__x86_64__)
  asm volatile(
      "1:\n\t"
      ".rept 16\n\t"
      "add %[one], %[sum]\n\t"
      ".endr\n\t"
      "dec %[rounds]\n\t"
      "jnz 1b"
      : [sum] "+r"(sum), [rounds] "+r"(rounds)
      : [one] "r"(one)
      : "cc");
#else
  asm volatile(
      "1:\n\t"
      ".rept 16\n\t"
      "add %[sum], %[sum], %[one]\n\t"
      ".endr\n\t"
      "subs %[rounds], %[rounds], #1\n\t"
      "b.ne 1b"
      : [sum] "+r"(sum), [rounds] "+r"(rounds)
      : [one] "r"(one)
      : "cc");
#endif
}
#endif

}  // namespace

Reading<std::int64_t> estimate_clock_khz() {
#if defined(__x86_64__) || defined(__aarch64__)
  auto fastest = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < 3; ++i) {
    const auto start = monotonic_ns();
    add_in_a_chain();
    fastest = std::min(fastest, monotonic_ns() - start);
  }
  if (fastest <= 0) return Reading<std::int64_t>::absent("clock estimate: the clock stood still");
  return Reading<std::int64_t>::of(kRounds * kAddsARound * 1'000'000 / fastest);
#else
  return Reading<std::int64_t>::absent("clock estimate: not written for this architecture");
#endif
}

}  // namespace ridgepoint
