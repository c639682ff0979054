// A run is measured again from wherever one stands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/command_test.h"

namespace ridgepoint::testing {
namespace {

class RerunElsewhere : public CommandTest {
 protected:
  [[nodiscard]] ProgramResult ridgepoint_in(const std::string& folder,
                                            const std::vector<std::string>& arguments) const {
    std::vector<std::string> words{"sh", "-c", "cd \"$0\" && exec \"$@\"", folder,
                                   ridgepoint_path()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return run_program(words, {"XDG_DATA_HOME=" + folder_.path().string()});
  }

  [[nodiscard]] nlohmann::json latest() const {
    const auto result = ridgepoint({"export", "latest", "--format", "json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }
};

TEST_F(RerunElsewhere, FindsARelativeModelAndKeepsTheSuitesName) {
  const std::string begun = folder_.file("begun"), elsewhere = folder_.file("elsewhere");
  std::filesystem::create_directory(begun);
  std::filesystem::create_directory(elsewhere);
  ASSERT_EQ(
      ridgepoint({"model", "make", "--shape", "tiny", "--type", "q8_0", "-o", begun + "/m.gguf"})
          .exit_code,
      0);
  std::ofstream(begun + "/mine.toml")
      << "[options]\nprocesses = 1\nrepetitions = 1\nstationarity = false\n"
         "remeasure_noisy = false\n[[group]]\nbackend = \"null\"\nmodel = \"m.gguf\"\n"
         "prompt = 8\n";
  const auto run = ridgepoint_in(begun, {"run", "--suite", "mine.toml"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto first = latest();

  const auto again = ridgepoint_in(elsewhere, {"rerun", "latest"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  const auto second = latest();
  EXPECT_NE(second["run"]["id"], first["run"]["id"]);
  EXPECT_EQ(second["run"]["suite"], first["run"]["suite"]);
  EXPECT_EQ(second["records"][0]["case"], first["records"][0]["case"]);
  EXPECT_EQ(second["records"][0]["outcome"], "ok");
}

}  // namespace
}  // namespace ridgepoint::testing
