// Which events are chosen of which processor, and that libpfm4 knows their names.
#include "profiler/perf/counted_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

// Before the library is first asked: it then speaks of processors that are not at hand as well.
const int kAsked = setenv("LIBPFM_ENCODE_INACTIVE", "1", 0);

/// A processor that has events whose names begin so.
EventLookUp having(std::vector<std::string> prefixes, std::string lacking = "nothing") {
  return [prefixes, lacking](const std::string& name) {
    const bool has = std::ranges::any_of(
        prefixes, [&](const std::string& prefix) { return name.starts_with(prefix); });
    if (!has || name.find(lacking) != std::string::npos) {
      return Reading<EventCode>::absent("libpfm4: " + name + ": event not found");
    }
    return Reading<EventCode>::of({4, std::hash<std::string>{}(name), 0});
  };
}

const CountedFigure* figure_of(const CountedFigures& chosen, CountedKind kind) {
  for (const CountedFigure& figure : chosen.figures) {
    if (figure.kind == kind) return &figure;
  }
  return nullptr;
}

std::map<std::string, double> factors_of(const CountedFigure& figure) {
  std::map<std::string, double> factors;
  for (const CountedEvent& event : figure.events) factors[event.name] = event.factor;
  return factors;
}

TEST(CountedFigures, OfIntelAreInstructionsTimesTheirLanes) {
  const auto chosen = choose_figures(having({"FP_ARITH", "OCR", "LONGEST"}), "", "");
  const auto* const flops = figure_of(chosen, CountedKind::flops);
  ASSERT_NE(flops, nullptr);
  const auto factors = factors_of(*flops);
  EXPECT_EQ(factors.size(), 12U);
  EXPECT_EQ(factors.at("FP_ARITH_INST_RETIRED:SCALAR_SINGLE"), 1);
  EXPECT_EQ(factors.at("FP_ARITH_INST_RETIRED:256B_PACKED_SINGLE"), 256 / 32);
  EXPECT_EQ(factors.at("FP_ARITH_INST_RETIRED:512B_PACKED_DOUBLE"), 512 / 64);
  EXPECT_EQ(factors.at("FP_ARITH_INST_RETIRED2:512B_PACKED_HALF"), 512 / 16);
  EXPECT_THAT(flops->leaves_out, HasSubstr("VNNI, AMX"));
  const auto* const bytes = figure_of(chosen, CountedKind::bytes);
  ASSERT_NE(bytes, nullptr);
  EXPECT_EQ(bytes->meaning, "core_dram_read_bytes");
  EXPECT_EQ(bytes->events.front().factor, 64);
  EXPECT_TRUE(chosen.why_no_bytes.empty());
  EXPECT_TRUE(chosen.why_no_flops.empty());
}

TEST(CountedFigures, OfACoreWithoutSomeLanesAreThoseThatItHas) {
  const auto chosen = choose_figures(having({"FP_ARITH_INST_RETIRED:", "LONGEST"}, "512B"), "", "");
  EXPECT_EQ(figure_of(chosen, CountedKind::flops)->events.size(), 6U);
  EXPECT_EQ(figure_of(chosen, CountedKind::bytes)->meaning, "llc_miss_bytes");
  EXPECT_THAT(figure_of(chosen, CountedKind::bytes)->leaves_out, HasSubstr("prefetched"));
}

TEST(CountedFigures, OfAmdAreItsOwnSums) {
  const auto chosen = choose_figures(
      having({"RETIRED_SSE_AVX_FLOPS:ANY", "ANY_DATA_CACHE_FILLS_FROM_SYSTEM:DRAM"}), "", "");
  EXPECT_EQ(factors_of(*figure_of(chosen, CountedKind::flops)),
            (std::map<std::string, double>{{"RETIRED_SSE_AVX_FLOPS:ANY", 1}}));
  EXPECT_EQ(figure_of(chosen, CountedKind::bytes)->meaning, "l1_dram_fill_bytes");
  EXPECT_TRUE(is_bytes_read("l1_dram_fill_bytes"));
  EXPECT_FALSE(is_bytes_read("page_faults"));
}

TEST(CountedFigures, AreTheKernelsAloneWhereNothingElseIsThere) {
  const auto without_pmu = choose_figures(having({"FP_ARITH", "OCR"}), "no core PMU", "no library");
  EXPECT_EQ(without_pmu.why_no_bytes, "no core PMU");
  EXPECT_EQ(without_pmu.why_no_flops, "no core PMU");
  ASSERT_EQ(without_pmu.figures.size(), 2U);
  EXPECT_EQ(without_pmu.figures[1].meaning, "page_faults");
  EXPECT_EQ(choose_figures(having({"FP"}), "", "no library").why_no_flops, "no library");
  const auto unknown = choose_figures(having({"FP_ARITH"}), "", "");
  EXPECT_THAT(unknown.why_no_bytes, HasSubstr("LONGEST_LAT_CACHE:MISS"));
  EXPECT_TRUE(unknown.why_no_flops.empty());
}

TEST(CountedFigures, HaveNamesThatTheLibraryKnows) {
  if (const auto why = why_no_pfm(); !why.empty()) GTEST_SKIP() << why;
  for (const std::string& name : known_event_names()) {
    const auto code = look_up_event(name);
    ASSERT_TRUE(code) << code.why();
    EXPECT_NE(code.value().config, 0U) << name;
  }
  // As the vendors number them.
  EXPECT_EQ(look_up_event("icx::FP_ARITH_INST_RETIRED:512B_PACKED_SINGLE").value().config, 0x80c7U);
  EXPECT_EQ(look_up_event("skx::LONGEST_LAT_CACHE:MISS").value().config, 0x412eU);
  EXPECT_EQ(look_up_event("amd64_fam19h_zen4::RETIRED_SSE_AVX_FLOPS:ANY").value().config, 0x1f03U);
  EXPECT_EQ(look_up_event("amd64_fam19h_zen4::ANY_DATA_CACHE_FILLS_FROM_SYSTEM:DRAM_IO_NEAR:"
                          "DRAM_IO_FAR")
                .value()
                .config,
            0x4844U);
}

TEST(CountedFigures, SayThatALibraryIsMissing) {
  EXPECT_EQ(kAsked, 0);
  EXPECT_THAT(why_no_pfm("libno-such.so"), HasSubstr("no libno-such.so"));
  EXPECT_THAT(why_no_pfm("libm.so.6"), HasSubstr("without the functions"));
}

}  // namespace
}  // namespace ridgepoint
