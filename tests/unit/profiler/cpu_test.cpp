#include "profiler/machine/cpu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/profiler/recorded_cpuinfo.h"

namespace ridgepoint {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Cpu, ReadsAnEpyc) {
  const auto cpu = parse_cpuinfo(testing::kEpycCpuinfo);
  EXPECT_EQ(cpu.model.value(), "AMD EPYC 9654 96-Core Processor");
  EXPECT_THAT(cpu.isa.value(),
              ElementsAre("sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512dq",
                          "avx512vl", "avx512_vnni", "avx512vbmi", "avx512_bf16"));
  EXPECT_FALSE(cpu.hypervisor.value());
  EXPECT_THAT(cpu.clocks_khz.value(), ElementsAre(3549862, 1500000));
}

TEST(Cpu, ReadsAnIntelGuestWithMatrixTiles) {
  const auto cpu = parse_cpuinfo(testing::kSapphireRapidsGuestCpuinfo);
  EXPECT_EQ(cpu.model.value(), "Intel(R) Xeon(R) Platinum 8480+");
  EXPECT_THAT(cpu.isa.value(), Contains("amx_int8"));
  EXPECT_THAT(cpu.isa.value(), Contains("avx_vnni"));
  EXPECT_THAT(cpu.isa.value(), Contains("avx512_fp16"));
  EXPECT_TRUE(cpu.hypervisor.value());
}

TEST(Cpu, NamesAnArmThatGivesNumbersOnly) {
  const auto cpu = parse_cpuinfo(testing::kNeoverseCpuinfo);
  EXPECT_EQ(cpu.model.value(), "Arm Neoverse-V2");
  EXPECT_THAT(cpu.isa.value(), Contains("sve2"));
  EXPECT_FALSE(cpu.hypervisor.has_value());
  EXPECT_THAT(cpu.hypervisor.why(), HasSubstr("x86"));
  EXPECT_FALSE(cpu.clocks_khz.has_value());
}

TEST(Cpu, ListsOnlyWhatEveryCpuHas) {
  // The second CPU of the recording lacks bf16.
  EXPECT_THAT(parse_cpuinfo(testing::kNeoverseCpuinfo).isa.value(), Not(Contains("bf16")));
}

TEST(Cpu, GivesTheNumbersOfAnArmThatIsNotKnown) {
  const auto cpu = parse_cpuinfo("CPU implementer\t: 0x77\nCPU part\t: 0x123\n");
  EXPECT_EQ(cpu.model.value(), "Arm implementer 0x77 part 0x123");
}

TEST(Cpu, SaysWhyItKnowsNothingOfAnEmptyText) {
  const auto cpu = parse_cpuinfo("");
  EXPECT_FALSE(cpu.model.has_value());
  EXPECT_FALSE(cpu.model.why().empty());
  EXPECT_FALSE(cpu.isa.has_value());
  EXPECT_FALSE(cpu.isa.why().empty());
}

TEST(Cpu, ReadsThisMachine) {
  const auto cpu = read_cpu();
  EXPECT_TRUE(cpu.model.has_value() || !cpu.model.why().empty());
  ASSERT_TRUE(cpu.isa.has_value()) << cpu.isa.why();
}

}  // namespace
}  // namespace ridgepoint
