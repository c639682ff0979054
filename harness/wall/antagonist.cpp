#include "harness/wall/antagonist.h"

#include <fmt/format.h>

#include <chrono>

#include "profiler/ceilings/bandwidth_kernels.h"
#include "profiler/clock/monotonic_clock.h"
#include "profiler/machine/pin_thread.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kPeriod_ns = 500'000;
constexpr std::size_t kPieceLines = 8 * 513;  // a quarter of a MiB, 8 times an odd number

}  // namespace

Antagonist::Antagonist(int cpu, std::int64_t bytes) : block_(static_cast<std::size_t>(bytes)) {
  if (block_.data() == nullptr) {
    throw Error(fmt::format("antagonist: the system gave no {} bytes", bytes));
  }
  thread_ = std::jthread([this, cpu] { work(cpu); });
}

Antagonist::~Antagonist() {
  over_ = true;
}

void Antagonist::work(int cpu) {
  using namespace ceilings;
  static_cast<void>(pin_this_thread(cpu));
  fill_with_random_doubles(block_.data(), block_.size(), 2);
  const auto load =
      bandwidth_tables().back()->many_streams[static_cast<std::size_t>(BandwidthKernel::load)];
  constexpr std::size_t kPieceBytes = kPieceLines * 64;
  std::size_t at = 0;
  while (!over_) {
    const double share = share_;
    if (share <= 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    const std::int64_t begun_ns = monotonic_ns();
    const auto busy_ns = static_cast<std::int64_t>(share * static_cast<double>(kPeriod_ns));
    while (monotonic_ns() - begun_ns < busy_ns && !over_) {
      if (at + kPieceBytes > block_.size()) at = 0;
      BandwidthPass pass;
      pass.a = reinterpret_cast<double*>(block_.data() + at);
      pass.lines = kPieceLines;
      [[maybe_unused]] volatile double sum = load(pass, 1);
      at += kPieceBytes;
    }
    while (monotonic_ns() - begun_ns < kPeriod_ns && !over_) {
    }
  }
}

}  // namespace ridgepoint
