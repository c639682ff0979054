// Each source of the probes on text and folders as kernels write them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "profiler/energy/rapl_probe.h"
#include "profiler/memory/fault_probe.h"
#include "profiler/memory/pressure_probe.h"
#include "profiler/perf/paranoia.h"
#include "profiler/perf/perf_probe.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

double value_of(const std::vector<ProbeValue>& values, std::string_view name) {
  for (const ProbeValue& value : values) {
    if (value.name == name) return value.value.value_or(-1);
  }
  return -2;
}

TEST(Pressure, IsTheTotalOfItsLine) {
  const std::string text =
      "some avg10=0.00 avg60=1.50 avg300=0.10 total=123456\n"
      "full avg10=0.00 avg60=0.00 avg300=0.00 total=789\n";
  EXPECT_EQ(pressure_total_us(text, "some").value(), 123456);
  EXPECT_EQ(pressure_total_us(text, "full").value(), 789);
  EXPECT_FALSE(pressure_total_us("some avg10=0.00\n", "some").has_value());
  EXPECT_FALSE(pressure_total_us("", "some").has_value());
}

TEST(PressureProbe, IsTheDifferenceInNanoseconds) {
  const TemporaryFolder folder;
  const auto set = [&](int total) {
    for (const char* file : {"cpu", "memory", "io"}) {
      write(folder.path() / file, "some avg10=0 total=" + std::to_string(total) +
                                      "\nfull avg10=0 total=" + std::to_string(2 * total) + "\n");
    }
  };
  set(100);
  PressureProbe probe(folder.path().string());
  probe.start();
  set(150);
  const auto values = probe.stop();
  EXPECT_EQ(value_of(values, "cpu_some"), 50'000);
  EXPECT_EQ(value_of(values, "memory_full"), 100'000);
}

TEST(RaplProbe, AddsPackagesAndCountsOnWhereACounterWraps) {
  const TemporaryFolder folder;
  const auto zone = [&](const std::string& name, const std::string& kind, const std::string& uj) {
    write(folder.path() / name / "name", kind + "\n");
    write(folder.path() / name / "energy_uj", uj + "\n");
    write(folder.path() / name / "max_energy_range_uj", "10000000\n");
  };
  zone("intel-rapl:0", "package-0", "9000000");
  zone("intel-rapl:0:0", "dram", "1000000");
  RaplProbe probe(folder.path().string());
  ASSERT_EQ(probe.why_absent(), "");
  probe.start();
  zone("intel-rapl:0", "package-0", "500000");
  zone("intel-rapl:0:0", "dram", "1250000");
  const auto values = probe.stop();
  EXPECT_NEAR(value_of(values, "package_energy"), 1.5, 1e-9);
  EXPECT_NEAR(value_of(values, "memory_energy"), 0.25, 1e-9);
}

TEST(RaplProbe, SaysThatThereIsNone) {
  const TemporaryFolder folder;
  EXPECT_THAT(RaplProbe(folder.path().string()).why_absent(), HasSubstr("no RAPL package"));
}

TEST(FaultProbe, CountsPagesThatAreTouchedFirst) {
  FaultProbe probe;
  probe.start();
  std::vector<char> pages(64 << 20);
  for (std::size_t at = 0; at < pages.size(); at += 4096) pages[at] = 1;
  EXPECT_GE(value_of(probe.stop(), "minor_faults"), 16) << "at least one for each huge page";
}

TEST(Paranoia, IsExplained) {
  const TemporaryFolder folder;
  write(folder.path() / "paranoid", "2\n");
  EXPECT_EQ(read_paranoia((folder.path() / "paranoid").string()).value(), 2);
  EXPECT_FALSE(read_paranoia("/no/such/file").has_value());
  EXPECT_THAT(explain_paranoia(3), HasSubstr("kernel.perf_event_paranoid=2"));
  EXPECT_THAT(explain_paranoia(2), HasSubstr("own processes, outside of the kernel"));
  EXPECT_THAT(explain_paranoia(-1), HasSubstr("everything"));
}

TEST(Multiplexing, IsScaledAndShown) {
  EXPECT_EQ(scale_multiplexed(100, 1000, 1000).value, 100);
  EXPECT_EQ(scale_multiplexed(100, 1000, 1000).note, "");
  EXPECT_EQ(scale_multiplexed(100, 1000, 250).value, 400);
  EXPECT_EQ(scale_multiplexed(100, 1000, 250).note, "counted for 25 % of the time and scaled");
}

}  // namespace
}  // namespace ridgepoint
