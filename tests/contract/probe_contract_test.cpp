// What every probe promises, whether this machine offers what it reads or not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "profiler/difference_probe.h"
#include "profiler/energy/nvml_probe.h"
#include "profiler/energy/rapl_probe.h"
#include "profiler/machine/steal_probe.h"
#include "profiler/memory/pressure_probe.h"
#include "profiler/probe.h"

namespace ridgepoint {
namespace {

struct NamedProbe {
  std::string name;
  std::unique_ptr<Probe> (*make)();
};

template <std::size_t place>
std::unique_ptr<Probe> made() {
  return std::move(make_probes().at(place));
}

/// Those of this machine, and some of a machine that offers nothing.
std::vector<NamedProbe> all_probes() {
  return {{"perf", &made<0>},
          {"perf_software", &made<1>},
          {"faults", &made<2>},
          {"pressure", &made<3>},
          {"steal", &made<4>},
          {"rapl", &made<5>},
          {"clock", &made<6>},
          {"nvml", &made<7>},
          {"absent_pressure",
           [] { return std::unique_ptr<Probe>(new PressureProbe("/no/such/folder")); }},
          {"absent_steal", [] { return std::unique_ptr<Probe>(new StealProbe("/no/such/file")); }},
          {"absent_nvml", [] { return std::unique_ptr<Probe>(new NvmlProbe("libno-such.so")); }},
          {"absent_rapl", [] { return std::unique_ptr<Probe>(new RaplProbe("/no/such/folder")); }}};
}

std::vector<std::string> names_of(const std::vector<ProbeValue>& values) {
  std::vector<std::string> names;
  for (const ProbeValue& value : values) names.push_back(value.name);
  return names;
}

void expect_sound(const ProbeValue& value) {
  EXPECT_FALSE(value.name.empty());
  EXPECT_FALSE(value.unit.empty());
  if (value.value) {
    EXPECT_TRUE(std::isfinite(value.value.value())) << value.name;
    EXPECT_GE(value.value.value(), 0) << value.name;
  } else {
    EXPECT_FALSE(value.value.why().empty()) << value.name;
    EXPECT_EQ(value.value.why().find('\n'), std::string::npos) << value.value.why();
  }
}

/// Something to count.
double work_a_little() {
  std::vector<double> room(1 << 16, 1.0);
  double sum = 0;
  for (const double each : room) sum += std::sqrt(each);
  return sum;
}

class ProbeContract : public ::testing::TestWithParam<NamedProbe> {};

TEST_P(ProbeContract, NamesWhatItMeasuresAndEachNameOnce) {
  const auto probe = GetParam().make();
  EXPECT_FALSE(probe->name().empty());
  probe->start();
  const auto names = names_of(probe->stop());
  EXPECT_FALSE(names.empty());
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
}

TEST_P(ProbeContract, GivesFiguresOrReasons) {
  const auto probe = GetParam().make();
  probe->start();
  EXPECT_GT(work_a_little(), 0);
  for (const ProbeValue& value : probe->stop()) expect_sound(value);
}

TEST_P(ProbeContract, AbsentMeansThatEveryValueIsAbsentForThatReason) {
  const auto probe = GetParam().make();
  const std::string why = probe->why_absent();
  EXPECT_EQ(why.find('\n'), std::string::npos) << why;
  probe->start();
  std::size_t present = 0;
  for (const ProbeValue& value : probe->stop()) {
    present += value.value ? 1 : 0;
    if (why.empty()) continue;
    EXPECT_EQ(value.value.why(), why) << value.name;
  }
  EXPECT_EQ(present > 0, why.empty());
}

TEST_P(ProbeContract, HasNothingToSayWithoutAStart) {
  const auto probe = GetParam().make();
  const auto without = probe->stop();
  for (const ProbeValue& value : without) {
    EXPECT_FALSE(value.value.has_value()) << value.name;
    expect_sound(value);
  }
  probe->start();
  EXPECT_EQ(names_of(probe->stop()), names_of(without));
  for (const ProbeValue& value : probe->stop()) EXPECT_FALSE(value.value.has_value());
}

TEST_P(ProbeContract, BeginsAnew) {
  const auto probe = GetParam().make();
  probe->start();
  EXPECT_GT(work_a_little(), 0);
  probe->start();
  for (const ProbeValue& value : probe->stop()) expect_sound(value);
  probe->start();
  for (const ProbeValue& value : probe->stop()) expect_sound(value);
}

INSTANTIATE_TEST_SUITE_P(Every, ProbeContract, ::testing::ValuesIn(all_probes()),
                         [](const auto& tested) { return tested.param.name; });

TEST(Probes, AreEachThereUnderAName) {
  std::set<std::string> names;
  for (const auto& probe : make_probes()) names.insert(std::string(probe->name()));
  EXPECT_EQ(names, (std::set<std::string>{"clock", "faults", "nvml", "perf", "perf_software",
                                          "pressure", "rapl", "steal"}));
}

}  // namespace
}  // namespace ridgepoint
