#include "profiler/machine/system_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SystemFile, SaysWhyAFileCannotBeRead) {
  const auto text = read_system_file("/proc/no-such-file");
  EXPECT_FALSE(text.has_value());
  EXPECT_THAT(text.why(), HasSubstr("/proc/no-such-file: No such file"));
}

TEST(SystemFile, ReadsCpuLists) {
  EXPECT_THAT(*parse_cpu_list("0-3,8,10-11\n"), ElementsAre(0, 1, 2, 3, 8, 10, 11));
  EXPECT_THAT(*parse_cpu_list("5"), ElementsAre(5));
  EXPECT_THAT(*parse_cpu_list(""), ElementsAre());
}

TEST(SystemFile, RefusesWhatIsNoCpuList) {
  for (const auto* text : {"a", "3-1", "-1", "1,,2", "1-", "0-99999999999", "0-999999999"}) {
    EXPECT_FALSE(parse_cpu_list(text).has_value()) << text;
  }
}

TEST(SystemFile, WritesCpuListsBackAsTheyWere) {
  for (const auto* text : {"0-3,8,10-11", "0", "0,2,4", ""}) {
    EXPECT_EQ(to_cpu_list(*parse_cpu_list(text)), text);
  }
}

TEST(SystemFile, ParsesIntegersWholeOrNotAtAll) {
  EXPECT_EQ(parse_integer(" 42\n"), 42);
  EXPECT_EQ(parse_integer("-7"), -7);
  for (const auto* text : {"", "max", "4 2", "0x10", "99999999999999999999"}) {
    EXPECT_FALSE(parse_integer(text).has_value()) << text;
  }
}

TEST(SystemFile, FindsTheFieldWhoseKeyIsExactlyThat) {
  const std::string_view text = "cpu cores\t: 4\ncpu\t\t: POWER9\n";
  EXPECT_EQ(find_field(text, "cpu"), "POWER9");
  EXPECT_EQ(find_field(text, "cpu cores"), "4");
  EXPECT_FALSE(find_field(text, "cores").has_value());
}

}  // namespace
}  // namespace ridgepoint
