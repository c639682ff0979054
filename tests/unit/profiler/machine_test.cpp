#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "profiler/machine/clocks.h"
#include "profiler/machine/limits.h"
#include "profiler/machine/load.h"
#include "profiler/machine/operating_system.h"
#include "profiler/machine/system_memory.h"
#include "profiler/machine/topology.h"
#include "profiler/machine/virtualisation.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// A folder that stands for a part of sysfs.
class FakeSystem {
 public:
  void write(const std::string& path, const std::string& text) const { root_.write(path, text); }
  [[nodiscard]] std::string root() const { return root_.path().string(); }

 private:
  TemporaryFolder root_;
};

TEST(Clocks, ReadsGovernorAndClockOfEachCpu) {
  const FakeSystem system;
  system.write("online", "0-1\n");
  for (const auto* cpu : {"cpu0", "cpu1"}) {
    system.write(std::string(cpu) + "/cpufreq/scaling_governor", "performance\n");
  }
  system.write("cpu0/cpufreq/scaling_cur_freq", "3500000\n");
  system.write("cpu1/cpufreq/scaling_cur_freq", "1200000\n");
  const auto clocks = read_clocks(system.root());
  EXPECT_EQ(clocks.governor.value(), "performance");
  EXPECT_THAT(clocks.khz.value(), ElementsAre(3500000, 1200000));
}

TEST(Clocks, NamesEveryGovernorWhenTheyDiffer) {
  const FakeSystem system;
  system.write("online", "0-1\n");
  system.write("cpu0/cpufreq/scaling_governor", "powersave\n");
  system.write("cpu1/cpufreq/scaling_governor", "performance\n");
  EXPECT_EQ(read_clocks(system.root()).governor.value(), "performance,powersave");
}

TEST(Clocks, AreAbsentWithAReasonWhereNobodyScalesThem) {
  const FakeSystem system;
  system.write("online", "0\n");
  const auto clocks = read_clocks(system.root());
  EXPECT_FALSE(clocks.governor.has_value());
  EXPECT_THAT(clocks.governor.why(), HasSubstr("scaling_governor"));
  EXPECT_FALSE(clocks.khz.has_value());
  EXPECT_THAT(clocks.khz.why(), HasSubstr("scaling_cur_freq"));
  EXPECT_FALSE(read_clocks(system.root() + "/nowhere").governor.has_value());
}

TEST(Limits, TakesTheTightestCgroupOfVersion2OnTheWayUp) {
  const FakeSystem system;
  system.write("user/job/cpu.max", "max 100000\n");
  system.write("user/cpu.max", "150000 100000\n");
  system.write("user/job/memory.max", "2147483648\n");
  system.write("user/memory.max", "8589934592\n");
  const auto limits = read_cgroup_limits("0::/user/job\n", system.root());
  EXPECT_DOUBLE_EQ(limits.cpus.value(), 1.5);
  EXPECT_EQ(limits.memory_bytes.value(), 2147483648);
}

TEST(Limits, SeesAContainersOwnCgroupAtTheRoot) {
  const FakeSystem system;
  system.write("cpu.max", "400000 100000\n");
  system.write("memory.max", "max\n");
  const auto limits = read_cgroup_limits("0::/\n", system.root());
  EXPECT_DOUBLE_EQ(limits.cpus.value(), 4.0);
  EXPECT_EQ(limits.memory_bytes.why(), "no limit");
}

TEST(Limits, ReadsVersion1Controllers) {
  const FakeSystem system;
  system.write("cpu/box/cpu.cfs_quota_us", "50000\n");
  system.write("cpu/box/cpu.cfs_period_us", "100000\n");
  system.write("memory/box/memory.limit_in_bytes", "1073741824\n");
  system.write("memory/memory.limit_in_bytes", "9223372036854771712\n");
  const auto limits =
      read_cgroup_limits("4:memory:/box\n3:cpu,cpuacct:/box\n0::/\n", system.root());
  EXPECT_DOUBLE_EQ(limits.cpus.value(), 0.5);
  EXPECT_EQ(limits.memory_bytes.value(), 1073741824);
}

TEST(Limits, TakesTheLargestNumberOfVersion1AsNone) {
  const FakeSystem system;
  system.write("memory/memory.limit_in_bytes", "9223372036854771712\n");
  system.write("cpu/cpu.cfs_quota_us", "-1\n");
  system.write("cpu/cpu.cfs_period_us", "100000\n");
  const auto limits = read_cgroup_limits("4:memory:/\n3:cpu:/\n", system.root());
  EXPECT_EQ(limits.cpus.why(), "no limit");
  EXPECT_EQ(limits.memory_bytes.why(), "no limit");
}

TEST(Limits, KnowsTheCpusOfThisProcess) {
  const auto limits = read_limits();
  ASSERT_TRUE(limits.cpus.has_value()) << limits.cpus.why();
  EXPECT_GE(limits.cpus.value().size(), 1u);
}

TEST(Load, ReadsTheAverages) {
  EXPECT_THAT(parse_load_average("2.21 0.93 0.45 2/103 9953\n").value(),
              ElementsAre(2.21, 0.93, 0.45));
  EXPECT_FALSE(parse_load_average("2.21 x").has_value());
  EXPECT_FALSE(parse_load_average("").has_value());
}

TEST(Load, SumsJiffiesWithoutCountingGuestsTwice) {
  const auto time = parse_cpu_time(
      "cpu  100 20 30 1000 50 6 7 8 40 5\ncpu0 100 20 30 1000 50 6 7 8 40 5\nintr 1\n");
  ASSERT_TRUE(time.has_value()) << time.why();
  EXPECT_EQ(time.value().steal, 8);
  EXPECT_EQ(time.value().busy, 163);
  EXPECT_EQ(time.value().total, 1221);
}

TEST(Load, SaysWhenAKernelCountsNoSteal) {
  const auto time = parse_cpu_time("cpu  1 2 3 4\n");
  EXPECT_FALSE(time.has_value());
  EXPECT_THAT(time.why(), HasSubstr("steal"));
}

TEST(SystemMemory, ReadsKibibytes) {
  const auto memory =
      parse_meminfo("MemTotal:  24731712 kB\nMemFree: 1 kB\nMemAvailable: 512 kB\n");
  EXPECT_EQ(memory.total_bytes.value(), 24731712LL * 1024);
  EXPECT_EQ(memory.available_bytes.value(), 512 * 1024);
}

TEST(SystemMemory, IsAbsentOnKernelsThatDoNotSay) {
  const auto memory = parse_meminfo("MemTotal: lots\n");
  EXPECT_FALSE(memory.total_bytes.has_value());
  EXPECT_THAT(memory.available_bytes.why(), HasSubstr("MemAvailable"));
}

TEST(SystemMemory, FindsTheMarkedHugePageChoice) {
  EXPECT_EQ(parse_transparent_huge_pages("always [madvise] never\n").value(), "madvise");
  EXPECT_FALSE(parse_transparent_huge_pages("always madvise never\n").has_value());
}

TEST(OperatingSystem, ReadsThePrettyName) {
  EXPECT_EQ(parse_os_release("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n").value(),
            "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(parse_os_release("PRETTY_NAME=Alpine\n").value(), "Alpine");
  EXPECT_FALSE(parse_os_release("ID=x\n").has_value());
}

TEST(OperatingSystem, KnowsTheKernelItRunsOn) {
  EXPECT_THAT(read_kernel().value(), HasSubstr("Linux "));
}

TEST(Virtualisation, KnowsTheCommonSignatures) {
  EXPECT_EQ(hypervisor_name(std::string_view("KVMKVMKVM\0\0\0", 12)), "kvm");
  EXPECT_EQ(hypervisor_name("Microsoft Hv"), "hyper-v");
  EXPECT_EQ(hypervisor_name("XenVMMXenVMM"), "xen");
  EXPECT_EQ(hypervisor_name("Something\x01"), "Something?");
  EXPECT_EQ(hypervisor_name(std::string_view("\0", 1)), "unknown");
}

TEST(Virtualisation, GivesAVendorOnlyToGuests) {
  const auto virtualisation = read_virtualisation();
  if (virtualisation.hypervisor && !virtualisation.hypervisor.value()) {
    EXPECT_FALSE(virtualisation.vendor.has_value());
  }
  EXPECT_TRUE(virtualisation.product.has_value() || !virtualisation.product.why().empty());
}

TEST(Topology, CountsWhatHwlocRecorded) {
  // One package, one core of two threads, an L2 cache, as `lstopo --of xml` writes it.
  const auto topology = parse_topology_xml(R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE topology SYSTEM "hwloc2.dtd">
<topology version="2.0">
  <object type="Machine" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" allowed_cpuset="0x00000003" nodeset="0x00000001" complete_nodeset="0x00000001" allowed_nodeset="0x00000001" gp_index="1">
    <object type="NUMANode" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" nodeset="0x00000001" complete_nodeset="0x00000001" gp_index="2" local_memory="1073741824"/>
    <object type="Package" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" nodeset="0x00000001" complete_nodeset="0x00000001" gp_index="3">
      <object type="L2Cache" cpuset="0x00000003" complete_cpuset="0x00000003" nodeset="0x00000001" complete_nodeset="0x00000001" gp_index="4" cache_size="2097152" depth="2" cache_linesize="64" cache_associativity="16" cache_type="0">
        <object type="Core" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" nodeset="0x00000001" complete_nodeset="0x00000001" gp_index="5">
          <object type="PU" os_index="0" cpuset="0x00000001" complete_cpuset="0x00000001" nodeset="0x00000001" complete_nodeset="0x00000001" gp_index="6"/>
          <object type="PU" os_index="1" cpuset="0x00000002" complete_cpuset="0x00000002" nodeset="0x00000001" complete_nodeset="0x00000001" gp_index="7"/>
        </object>
      </object>
    </object>
  </object>
</topology>
)");
  ASSERT_TRUE(topology.has_value()) << topology.why();
  EXPECT_EQ(topology.value().sockets, 1);
  EXPECT_EQ(topology.value().cores, 1);
  EXPECT_EQ(topology.value().threads, 2);
  EXPECT_EQ(topology.value().numa_nodes, 1);
  EXPECT_EQ(topology.value().cache_bytes.at("L2"), 2097152);
  EXPECT_EQ(topology.value().cache_count.at("L2"), 1);
}

TEST(Topology, RefusesWhatIsNoXml) {
  const auto topology = parse_topology_xml("not xml");
  EXPECT_FALSE(topology.has_value());
  EXPECT_FALSE(topology.why().empty());
}

TEST(Topology, ReadsThisMachine) {
  const auto topology = read_topology();
  ASSERT_TRUE(topology.has_value()) << topology.why();
  EXPECT_GE(topology.value().threads, 1);
  EXPECT_GE(topology.value().numa_nodes, 1);
}

}  // namespace
}  // namespace ridgepoint
