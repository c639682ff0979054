// What the kernels compute is what their names say: a loop that skips half of its work would be a
// fine ceiling, and wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "profiler/ceilings/bandwidth_kernels.h"
#include "profiler/ceilings/chase.h"
#include "profiler/ceilings/compute_kernels.h"
#include "profiler/ceilings/isa_here.h"
#include "profiler/ceilings/memory_block.h"

namespace ridgepoint::ceilings {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kLines = 8 * 5;
constexpr std::size_t kDoubles = kLines * 8;

/// Three arrays side by side, each with a line behind it that nobody may touch.
class Arrays {
 public:
  Arrays() : block_(3 * kStride * sizeof(double)) {
    for (std::size_t i = 0; i < 3 * kStride; ++i) a()[i] = static_cast<double>(i % 97) + 0.5;
  }
  double* a() { return reinterpret_cast<double*>(block_.data()); }
  double* b() { return a() + kStride; }
  double* c() { return b() + kStride; }
  BandwidthPass pass(double factor) {
    return {.a = a(), .b = b(), .c = c(), .lines = kLines, .factor = factor};
  }
  std::vector<double> all() { return {a(), a() + 3 * kStride}; }

  static constexpr std::size_t kStride = kDoubles + 8;

 private:
  MemoryBlock block_;
};

double run_kernel(const BandwidthTable& table, BandwidthKernel kernel, bool many,
                  const BandwidthPass& pass, std::int64_t passes = 1) {
  const auto at = static_cast<std::size_t>(kernel);
  return (many ? table.many_streams : table.one_stream)[at](pass, passes);
}

/// What array a should be, by the kernel's meaning.
double meant(BandwidthKernel kernel, double a, double b, double c, double factor) {
  switch (kernel) {
    case BandwidthKernel::load:
      return a;
    case BandwidthKernel::copy:
    case BandwidthKernel::copy_nontemporal:
      return b;
    case BandwidthKernel::update:
      return factor * a;
    case BandwidthKernel::triad:
    case BandwidthKernel::triad_nontemporal:
      return b + factor * c;
    case BandwidthKernel::store:
    case BandwidthKernel::store_nontemporal:
      return factor;
  }
  return 0;
}

TEST(BandwidthKernels, ComputeWhatTheySayOnEveryInstructionSet) {
  for (const BandwidthTable* table : bandwidth_tables()) {
    for (const auto& facts : bandwidth_kernels()) {
      for (const bool many : {false, true}) {
        SCOPED_TRACE(std::string(table->isa) + " " + std::string(facts.name) +
                     (many ? ", many streams" : ", one stream"));
        Arrays arrays;
        const auto before = arrays.all();
        const double result = run_kernel(*table, facts.kernel, many, arrays.pass(3));
        const auto after = arrays.all();
        double sum = 0;
        for (std::size_t i = 0; i < before.size(); ++i) {
          if (i < kDoubles) {
            const double b = before[i + Arrays::kStride], c = before[i + 2 * Arrays::kStride];
            ASSERT_EQ(after[i], meant(facts.kernel, before[i], b, c, 3)) << i;
            sum += before[i];
          } else {
            ASSERT_EQ(after[i], before[i]) << "touched what is not its own, " << i;
          }
        }
        EXPECT_EQ(result, facts.kernel == BandwidthKernel::load ? sum : 0);
      }
    }
  }
}

TEST(BandwidthKernels, MakeAsManyPassesAsAskedFor) {
  for (const BandwidthTable* table : bandwidth_tables()) {
    for (const bool many : {false, true}) {
      SCOPED_TRACE(std::string(table->isa) + (many ? ", many streams" : ", one stream"));
      Arrays arrays;
      const double first = arrays.a()[0];
      const double once = run_kernel(*table, BandwidthKernel::load, many, arrays.pass(1));
      EXPECT_EQ(run_kernel(*table, BandwidthKernel::load, many, arrays.pass(1), 3), 3 * once);
      run_kernel(*table, BandwidthKernel::update, many, arrays.pass(2), 5);
      EXPECT_EQ(arrays.a()[0], 32 * first);
    }
  }
}

TEST(BandwidthKernels, CountUsefulAndAllocatedBytes) {
  EXPECT_EQ(bandwidth_kernels().size(), kBandwidthKernels);
  EXPECT_EQ(facts_of(BandwidthKernel::copy_nontemporal).allocated, 0);
  EXPECT_EQ(facts_of(BandwidthKernel::triad_nontemporal).allocated, 0);
  const auto& triad = facts_of(BandwidthKernel::triad);
  EXPECT_EQ(triad.reads + triad.writes, 3);
  EXPECT_EQ(triad.allocated, 1);
  EXPECT_EQ(facts_of(BandwidthKernel::store_nontemporal).allocated, 0);
  for (const auto& facts : bandwidth_kernels()) EXPECT_EQ(&facts_of(facts.kernel), &facts);
}

TEST(BandwidthKernels, LinesAreEightTimesAnOddNumberAndFit) {
  for (const std::int64_t bytes : {4096, 5000, 65536, 1 << 20, 1 << 30}) {
    for (const int arrays : {1, 2, 3}) {
      for (const int threads : {1, 2, 7}) {
        const auto lines = lines_for(bytes * threads, threads, arrays);
        EXPECT_EQ(lines % 16, 8U);
        const auto total = static_cast<std::int64_t>(lines) * 64 * arrays;
        EXPECT_TRUE(total <= bytes || lines == 8) << bytes << " " << arrays;
        EXPECT_GT(total, bytes / 4) << bytes << " " << arrays;
      }
    }
  }
}

TEST(ComputeKernels, RunOrSayWhyNot) {
  const ComputeData data = make_compute_data(1);
  std::set<std::string> names;
  for (const ComputeEntry& entry : compute_kernels()) {
    SCOPED_TRACE(std::string(entry.name));
    EXPECT_TRUE(names.emplace(entry.name).second);
    EXPECT_THAT(std::string(entry.unit), ::testing::AnyOf("FLOP/s", "OP/s"));
    ASSERT_NE(entry.kernel == nullptr, entry.why_not.empty());
    if (entry.kernel == nullptr) continue;
    EXPECT_GT(entry.kernel->operations, 0);
    const double once = entry.kernel->run(1, data), often = entry.kernel->run(1000, data);
    EXPECT_TRUE(std::isfinite(once) && std::isfinite(often)) << once << " " << often;
    EXPECT_NE(once, often) << "the rounds were left out";
    EXPECT_EQ(entry.kernel->run(1000, data), often);
  }
  EXPECT_TRUE(names.contains("scalar f32 mul+add"));
}

TEST(ComputeKernels, ChainsOfFloatsEndWhereTheirFixedPointLies) {
  const ComputeData data = make_compute_data(2);
  for (const ComputeEntry& entry : compute_kernels()) {
    if (entry.kernel == nullptr || entry.name != "scalar f64 mul+add") continue;
    // x = factor x + summand settles at summand / (1 - factor), in each of twelve chains.
    const double fixed = data.f64[1] / (1 - data.f64[0]);
    EXPECT_NEAR(entry.kernel->run(100'000, data) / (12 * fixed), 1, 1e-9);
  }
}

TEST(ComputeKernels, ProductsOfBytesAreSummedRoundByRound) {
  const ComputeData data = make_compute_data(3);
  double round = 0;  // unsigned times signed, over 64 pairs
  for (std::size_t i = 0; i < 64; ++i) {
    round += static_cast<double>(static_cast<std::uint8_t>(data.i8[i]) * data.i8[64 + i]);
  }
  for (const ComputeEntry& entry : compute_kernels()) {
    if (entry.kernel == nullptr || entry.name != "avx512 int8 vpdpbusd") continue;
    // Sixteen chains begin with 0 to 15 in each of sixteen lanes.
    EXPECT_EQ(entry.kernel->run(10, data), 16 * (10 * round) + 16 * 120);
  }
}

TEST(ComputeKernels, AnInstructionSetIsThereOnlyWithWhatItStandsOn) {
  const IsaHere& isa = isa_here();
  if (!isa.avx2.empty()) {
    EXPECT_FALSE(isa.avx512.empty());
  }
  for (const auto why : {isa.avx512_vnni, isa.avx512_bf16, isa.avx512_fp16}) {
    if (!isa.avx512.empty()) {
      EXPECT_EQ(why, isa.avx512);
    }
  }
#if defined(__x86_64__)
  EXPECT_EQ(isa.avx2.empty(), __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  EXPECT_EQ(isa.avx512_vnni.empty(), __builtin_cpu_supports("avx512vnni") != 0);
#endif
}

TEST(Chase, VisitsEveryLineOnceARound) {
  constexpr std::size_t kRing = 1000;
  MemoryBlock block(kRing * kLineBytes);
  ASSERT_NE(block.data(), nullptr);
  build_chase({block.data(), kRing * kLineBytes}, 7);
  std::set<const void*> seen;
  const void* at = block.data();
  for (std::size_t i = 0; i < kRing; ++i) {
    const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(at) - block.data());
    ASSERT_LT(offset, kRing * kLineBytes);
    ASSERT_EQ(offset % kLineBytes, 0U);
    ASSERT_TRUE(seen.insert(at).second) << "came back after " << i;
    at = follow_chase(at, 1);
  }
  EXPECT_EQ(at, block.data());
  EXPECT_EQ(follow_chase(at, kRing), at);
}

TEST(Chase, SeldomGoesToANeighbour) {
  constexpr std::size_t kRing = 4096;
  MemoryBlock block(kRing * kLineBytes);
  build_chase({block.data(), kRing * kLineBytes}, 8);
  int neighbours = 0;
  const void* at = block.data();
  for (std::size_t i = 0; i < kRing; ++i) {
    const void* next = follow_chase(at, 1);
    const auto distance = static_cast<const std::byte*>(next) - static_cast<const std::byte*>(at);
    if (std::abs(distance) <= 2 * static_cast<std::ptrdiff_t>(kLineBytes)) ++neighbours;
    at = next;
  }
  EXPECT_LT(neighbours, 20);  // 4 expected
}

TEST(Chase, OfNothingTouchesNothing) {
  build_chase({}, 1);
  int here = 0;
  EXPECT_EQ(follow_chase(&here, 0), &here);
}

TEST(MemoryBlock, LiesOnHugePagesBoundariesAndCountsItsOwn) {
  constexpr std::size_t kHuge = std::size_t{2} << 20;
  const MemoryBlock block(3 * kHuge + 1);
  ASSERT_NE(block.data(), nullptr);
  EXPECT_EQ(block.size(), 4 * kHuge);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.data()) % kHuge, 0U);
  std::memset(block.data(), 1, block.size());
  const auto huge = block.huge_bytes();
  ASSERT_TRUE(huge.has_value()) << huge.why();
  EXPECT_GE(huge.value(), 0);
  EXPECT_LE(huge.value(), static_cast<std::int64_t>(block.size()));
}

TEST(MemoryBlock, MoreThanThereCanBeIsNotGiven) {
  const MemoryBlock block(std::size_t{1} << 60);
  EXPECT_EQ(block.data(), nullptr);
  EXPECT_THAT(block.huge_bytes().why(), HasSubstr("not given"));
}

TEST(MemoryBlock, CountsHugePagesOfItsMappingsOnly) {
  constexpr std::string_view kSmaps =
      "1000-2000 rw-p 00000000 00:00 0 \nSize: 4 kB\nAnonHugePages:      2048 kB\n"
      "2000-3000 rw-p 00000000 00:00 0   [heap]\nAnonHugePages:      4096 kB\n"
      "abcdef00-abcdff00 r--p 00000000 08:01 1 /lib/x\nAnonHugePages:      8192 kB\n";
  EXPECT_EQ(parse_huge_bytes(kSmaps, 0x1000, 0x2000).value(), 2048 * 1024);
  EXPECT_EQ(parse_huge_bytes(kSmaps, 0x1000, 0x3000).value(), 6144 * 1024);
  EXPECT_THAT(parse_huge_bytes(kSmaps, 0x5000, 0x6000).why(), HasSubstr("no AnonHugePages"));
  EXPECT_THAT(parse_huge_bytes("1000-2000 rw-p 0 0:0 0 \nAnonHugePages: 3 MB\n", 0, 0x2000).why(),
              HasSubstr("not in kB"));
}

TEST(RandomDoubles, AreFiniteOrdinaryAndOfEitherSign) {
  alignas(64) std::byte bytes[8 * 4096];
  fill_with_random_doubles(bytes, sizeof bytes, 3);
  std::set<double> values;
  int negative = 0;
  for (std::size_t i = 0; i < 4096; ++i) {
    double value = 0;
    std::memcpy(&value, bytes + i * sizeof value, sizeof value);
    ASSERT_TRUE(std::abs(value) >= 0.5 && std::abs(value) < 1) << value;
    values.insert(value);
    if (value < 0) ++negative;
  }
  EXPECT_EQ(values.size(), 4096U);
  EXPECT_NEAR(negative, 2048, 160);  // 5 standard deviations
}

}  // namespace
}  // namespace ridgepoint::ceilings
