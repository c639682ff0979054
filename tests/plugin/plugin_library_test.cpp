// Loading: every way in which a library can be the wrong one is one line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "backends/plugin/plugin_backend.h"
#include "backends/registry.h"
#include "tests/plugin/plugin_paths.h"
#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::plugin_path;
using ::testing::StartsWith;

std::string refusal(const std::filesystem::path& path, std::string_view options = {}) {
  return error_of([&] { static_cast<void>(open_plugin(path, options)); });
}

/// A folder of the test's own.
class PluginFile : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, std::string_view content) const {
    return folder_.write(name, content);
  }
  static std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

TEST(PluginLibrary, DescribesTheEngineByItsPathAndVersion) {
  const auto backend = open_backend(plugin_path("example_engine"));
  const BackendDescription description = backend->describe();
  EXPECT_EQ(description.name, plugin_path("example_engine"));
  EXPECT_EQ(description.version, "1.0");
  EXPECT_THAT(description.summary, StartsWith("example: a small engine"));
  EXPECT_TRUE(backend->computes());
}

TEST(PluginLibrary, NamesBothVersionsWhenTheyDoNotFit) {
  EXPECT_THAT(refusal(plugin_path("example_engine_abi99")),
              AllOf(HasSubstr("built for plug-in ABI version 99"), HasSubstr("speaks version 1")));
}

TEST(PluginLibrary, RefusesTablesWithHoles) {
  EXPECT_THAT(refusal(plugin_path("faulty_no_entry")),
              HasSubstr("no function ridgepoint_plugin_entry"));
  EXPECT_THAT(refusal(plugin_path("faulty_null_table")),
              HasSubstr("refused plug-in ABI version 1 without a reason"));
  EXPECT_THAT(refusal(plugin_path("faulty_small_table")), HasSubstr("its table has 40 bytes"));
  EXPECT_THAT(refusal(plugin_path("faulty_no_forward")), HasSubstr("its table has no forward"));
  EXPECT_THAT(refusal(plugin_path("faulty_no_name")), HasSubstr("its table has no name"));
}

TEST_F(PluginFile, RefusesWhatIsNoLibrary) {
  EXPECT_THAT(refusal(folder() / "absent.so"), HasSubstr("absent.so': no such file"));
  EXPECT_THAT(refusal(folder()), HasSubstr("not a file"));
  EXPECT_THAT(refusal(write("text.so", "int main() { return 0; }\n")),
              HasSubstr("not a 64-bit shared library"));
  EXPECT_THAT(refusal(write("empty.so", "")), HasSubstr("not a 64-bit shared library"));
  EXPECT_THAT(error_of([] { static_cast<void>(open_backend("./absent.so:mode=ok")); }),
              HasSubstr("plug-in './absent.so': no such file"));
}

TEST_F(PluginFile, SaysWhereALibraryWasCutOff) {
  const std::string whole = content_of(plugin_path("example_engine"));
  ASSERT_GT(whole.size(), 4096u);
  for (const std::size_t size :
       {std::size_t{20}, std::size_t{64}, std::size_t{200}, whole.size() / 2}) {
    EXPECT_THAT(refusal(write("cut.so", std::string_view(whole).substr(0, size))),
                ::testing::AnyOf(HasSubstr("cut off at byte " + std::to_string(size)),
                                 HasSubstr("not a 64-bit shared library")))
        << size;
  }
}

TEST_F(PluginFile, PassesOnWhatTheLoaderSays) {
  std::string broken = content_of(plugin_path("example_engine"));
  broken[0x12] = static_cast<char>(0xf3);  // e_machine: RISC-V
  EXPECT_THAT(refusal(write("foreign.so", broken)), HasSubstr("foreign.so': cannot be loaded: "));
}

TEST(PluginLibrary, GivesOptionsToTheEngineAndReportsItsRefusal) {
  EXPECT_NO_THROW(static_cast<void>(open_plugin(plugin_path("example_engine"), "mode=ok,after=3")));
  EXPECT_THAT(
      refusal(plugin_path("example_engine"), "speed=11"),
      HasSubstr("engine_open: unknown option 'speed'; known are mode, after, delay_ms, percent"));
  EXPECT_THAT(refusal(plugin_path("example_engine"), "mode=elegant"),
              HasSubstr("option mode: bad value 'elegant'"));
  EXPECT_THAT(refusal(plugin_path("example_engine"), "mode"), HasSubstr("write key=value"));
  EXPECT_THAT(refusal(plugin_path("faulty_minimal"), "mode=ok"), HasSubstr("no option 'mode'"));
}

TEST(PluginLibrary, CanBeOpenedTwice) {
  const auto first = open_plugin(plugin_path("example_engine"), "mode=slow");
  const auto second = open_plugin(plugin_path("example_engine"), "");
  EXPECT_EQ(first->describe().version, second->describe().version);
}

}  // namespace
}  // namespace ridgepoint
