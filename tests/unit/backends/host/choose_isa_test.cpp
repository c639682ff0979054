#include "backends/host/choose_isa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "backends/cpu/cpu_backend.h"
#include "backends/registry.h"
#include "tests/support/error_of.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array<IsaEntry, 5> kEverything{{{Isa::scalar, "scalar", true, true, ""},
                                               {Isa::avx2, "avx2", true, true, ""},
                                               {Isa::avx512, "avx512", true, true, ""},
                                               {Isa::avx512bf16, "avx512bf16", true, false, "slow"},
                                               {Isa::amx, "amx", true, true, ""}}};

TEST(ChooseIsa, TakesTheBestThatPasses) {
  const auto passes = [](Isa) { return std::string(); };
  const IsaChoice choice = choose_isa(kEverything, passes);
  EXPECT_EQ(choice.isa, Isa::amx);
  EXPECT_EQ(choice.note, "");
  EXPECT_EQ(take_isa("scalar", passes).isa, Isa::scalar);
}

TEST(ChooseIsa, LeavesOutWhatIsMissingOrOnlyForTheAsking) {
  auto without = kEverything;
  without.back().available = false;
  EXPECT_EQ(choose_isa(without, [](Isa) { return std::string(); }).isa, Isa::avx512);
}

TEST(ChooseIsa, FallsBackFromWrongKernelsAndSaysSo) {
  const IsaChoice choice = choose_isa(kEverything, [](Isa isa) {
    return std::string(isa == Isa::amx ? "product of bf16 weights is wrong" : "");
  });
  EXPECT_EQ(choice.isa, Isa::avx512);
  const BackendDescription description = CpuBackend({.isa = choice}).describe();
  EXPECT_THAT(description.version,
              AllOf(HasSubstr("1.0 avx512 (of scalar"),
                    HasSubstr("not amx: self-check failed, product of bf16 weights is wrong")));
}

TEST(ChooseIsa, RefusesWrongKernelsThatWereAskedForInOneLine) {
  const std::string error = error_of(
      [] { return take_isa("scalar", [](Isa) { return std::string("product is wrong"); }); });
  EXPECT_THAT(error, AllOf(HasSubstr("scalar fails its self-check"), HasSubstr("product is wrong"),
                           Not(HasSubstr("\n"))));
}

TEST(ChooseIsa, NamesTheReasonWhenAskedForWhatThisCpuLacks) {
  for (const IsaEntry& entry : isas()) {
    if (entry.available) continue;
    EXPECT_THAT(error_of([&] { return open_backend("cpu:isa=" + std::string(entry.name)); }),
                AllOf(HasSubstr(entry.name), HasSubstr(entry.why_not), HasSubstr("scalar")));
  }
}

TEST(Amx, NeedsTheCpuTheKernelAndItsPermission) {
  AmxReadings readings{
      .features = 1U << 22 | 1U << 24 | 1U << 25, .saved_state = 0x600e7, .permitted = true};
  EXPECT_EQ(why_no_amx(readings), "");
  readings.permitted = false;
  EXPECT_THAT(why_no_amx(readings), HasSubstr("refuses"));
  readings.saved_state = 0x200e7;
  EXPECT_THAT(why_no_amx(readings), HasSubstr("does not save"));
  readings.features = 1U << 22 | 1U << 24;
  EXPECT_THAT(why_no_amx(readings), HasSubstr("AMX-INT8"));
  readings.features = 1U << 24;
  EXPECT_THAT(why_no_amx(readings), HasSubstr("AMX-BF16"));
  EXPECT_THAT(why_no_amx({}), HasSubstr("AMX-TILE"));
}

}  // namespace
}  // namespace ridgepoint
