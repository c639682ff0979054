#include "harness/run/data_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "tests/support/error_of.h"
#include "tests/unit/harness/support/measuring.h"

namespace ridgepoint {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// $RIDGEPOINT_DATA for the time of a test.
class DataVariable {
 public:
  explicit DataVariable(const std::string& value) { ::setenv("RIDGEPOINT_DATA", value.c_str(), 1); }
  ~DataVariable() { ::unsetenv("RIDGEPOINT_DATA"); }
  DataVariable(const DataVariable&) = delete;
  DataVariable& operator=(const DataVariable&) = delete;
};

TEST(DataFolder, IsTheSourceTreeForAProgramThatIsNotInstalled) {
  EXPECT_EQ(data_folder(), std::filesystem::path(RIDGEPOINT_SOURCE_DIR) / "workloads");
  EXPECT_THAT(bundled_suites(), Contains("smoke"));
  EXPECT_THAT(bundled_models(), Contains("byte-llama-6m"));
}

TEST(DataFolder, IsWhereTheVariableSays) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "suites");
  std::ofstream(folder.path() / "suites" / "mine.toml")
      << "description = \"x\"\n[[group]]\nprompt = 3\n";
  std::ofstream(folder.path() / "suites" / "notes.txt") << "x";
  const DataVariable variable(folder.path().string());
  EXPECT_THAT(bundled_suites(), ElementsAre("mine"));
  EXPECT_EQ(load_suite("mine").groups.size(), 1u);
  EXPECT_TRUE(bundled_models().empty());
}

TEST(DataFolder, SaysWhereItLooked) {
  const DataVariable variable("/no/such/folder");
  EXPECT_TRUE(bundled_suites().empty());
  const auto text = error_of([] { load_suite("smoke"); });
  EXPECT_THAT(text, HasSubstr("/no/such/folder/suites"));
  EXPECT_THAT(text, HasSubstr("RIDGEPOINT_DATA"));
}

TEST(LoadSuite, TakesAFile) {
  const TemporaryFolder folder;
  std::ofstream(folder.file("own.toml")) << "[[group]]\nprompt = 3\n";
  EXPECT_EQ(load_suite(folder.file("own.toml")).name, "own");
  EXPECT_THAT(error_of([&] { load_suite(folder.file("none.toml")); }), HasSubstr("No such file"));
  EXPECT_THAT(error_of([&] { load_suite(folder.path().string()); }), HasSubstr("a folder"));
}

TEST(LoadSuite, SuggestsTheSuiteThatWasMeant) {
  const auto text = error_of([] { load_suite("smok"); });
  EXPECT_THAT(text, HasSubstr("no suite 'smok'"));
  EXPECT_THAT(text, HasSubstr("'smoke'"));
}

TEST(OpenModel, TakesAFileABundledNameOrAShape) {
  EXPECT_EQ(open_model(testing::small_model(), "", 1, 1).config.vocab, 97);
  const auto bundled = open_model("byte-llama-6m", "", 1, 1);
  EXPECT_FALSE(bundled.synthetic);
  EXPECT_FALSE(bundled.files.empty());
}

TEST(OpenModel, SaysWhatThereIs) {
  EXPECT_THAT(error_of([] { open_model("no/such.gguf", "", 1, 1); }),
              HasSubstr("no/such.gguf: no such file"));
  const auto text = error_of([] { open_model("tinylama-1.1b", "", 1, 1); });
  EXPECT_THAT(text, HasSubstr("did you mean 'tinyllama-1.1b'"));
  EXPECT_THAT(text, HasSubstr("byte-llama-6m"));
  EXPECT_THAT(error_of([] { open_model_file("tinyllama-1.1b"); }), HasSubstr("no model"));
}

}  // namespace
}  // namespace ridgepoint
