#include "harness/wall/antagonist.h"

#include <fmt/format.h>

#include <chrono>

#include "profiler/clock/monotonic_clock.h"
#include "profiler/machine/pin_thread.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kPeriod_ns = 500'000;
constexpr std::size_t kPieceLines = 8 * 513;  // of each array: 8 times an odd number
constexpr std::size_t kDoublesALine = 8;

}  // namespace

Antagonist::Antagonist(std::span<const int> cpus, std::int64_t bytes) {
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    blocks_.push_back(std::make_unique<ceilings::MemoryBlock>(static_cast<std::size_t>(bytes)));
    if (blocks_.back()->data() == nullptr) {
      throw Error(
          fmt::format("antagonist: the system gave no {} bytes; close other programs", bytes));
    }
  }
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    threads_.emplace_back([this, cpu = cpus[i], &block = *blocks_[i]] { work(cpu, block); });
  }
}

Antagonist::~Antagonist() {
  over_ = true;
}

void Antagonist::work(int cpu, const ceilings::MemoryBlock& block) {
  using namespace ceilings;
  static_cast<void>(pin_this_thread(cpu));
  fill_with_random_doubles(block.data(), block.size(), 2);
  std::size_t at = 0;
  while (!over_) {
    const double share = share_;
    if (share <= 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    const BandwidthKernelFacts& facts = facts_of(kernel_);
    const auto run =
        bandwidth_tables().back()->many_streams[static_cast<std::size_t>(facts.kernel)];
    const auto arrays = static_cast<std::size_t>(facts.arrays);
    const std::size_t piece_doubles = kPieceLines * kDoublesALine;
    const std::int64_t begun_ns = monotonic_ns();
    const auto busy_ns = static_cast<std::int64_t>(share * static_cast<double>(kPeriod_ns));
    while (monotonic_ns() - begun_ns < busy_ns && !over_) {
      if (at + arrays * piece_doubles * sizeof(double) > block.size()) at = 0;
      BandwidthPass pass;
      pass.a = reinterpret_cast<double*>(block.data() + at);
      pass.b = pass.a + piece_doubles;
      pass.c = pass.b + piece_doubles;
      pass.lines = kPieceLines;
      [[maybe_unused]] volatile double sum = run(pass, 1);
      at += arrays * piece_doubles * sizeof(double);
    }
    while (monotonic_ns() - begun_ns < kPeriod_ns && !over_) {
    }
  }
}

}  // namespace ridgepoint
