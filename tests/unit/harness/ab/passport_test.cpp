#include "harness/ab/passport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/error_of.h"
#include "tests/support/stored_passport.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr std::int64_t kNoonUnixNs = 1'700'000'000'000'000'000;

class StoredPassport : public ::testing::Test {
 protected:
  StoredPassport() {
    store_passport_case(store_, "aaaaaaaa", "process", 6, 0.004, kNoonUnixNs - 1);
    store_passport_case(store_, "bbbbbbbb", "process", 30, 0.0015, kNoonUnixNs);
    store_passport_case(store_, "bbbbbbbb", "compute", 5, 0.004, kNoonUnixNs + 1);
    store_passport_case(store_, "bbbbbbbb", "memory", 0, 0.004, kNoonUnixNs + 2);
  }

  /// The line of the table that begins with this word.
  [[nodiscard]] std::string row(const std::string& name) const {
    const std::string text = "\n" + passport_table(read_passport(store_, ""));
    const auto from = text.find("\n" + name + " ") + 1;
    return text.substr(from, text.find('\n', from) - from);
  }

  TemporaryFolder folder_;
  AbStore store_{folder_.file("ab.db"), OpenMode::read_write};
};

TEST_F(StoredPassport, IsTheNewestOneOrTheOneAskedFor) {
  EXPECT_EQ(read_passport(store_, "").id, "bbbbbbbb");
  const Passport older = read_passport(store_, "aaaaaaaa");
  ASSERT_EQ(older.lines.size(), 1U);
  EXPECT_EQ(older.lines[0].pairs, 6U);
  EXPECT_THAT(error_of([&] { read_passport(store_, "cccccccc"); }),
              AllOf(HasSubstr("no passport 'cccccccc'"), HasSubstr("ridgepoint passport")));
}

TEST_F(StoredPassport, SaysWhatCanBeResolvedInHowLong) {
  const Passport passport = read_passport(store_, "");
  ASSERT_EQ(passport.lines.size(), 3U);
  const PassportLine& line = passport.lines[0];
  EXPECT_EQ(line.name, "process") << "in the order measured";
  EXPECT_EQ(line.pair_ns, 200'000'000);
  EXPECT_NEAR(line.noise, 0.0015, 0.0006);
  EXPECT_NEAR(line.steal_share, 0.02, 1e-12);
  ASSERT_EQ(line.resolutions.size(), 5U);
  EXPECT_EQ(line.resolutions[2].tolerance, 0.02);
  ASSERT_TRUE(line.resolutions[2].pairs);
  for (std::size_t i = 0; i < line.resolutions.size(); ++i) {
    const PassportResolution& resolution = line.resolutions[i];
    if (!resolution.pairs) continue;
    EXPECT_EQ(resolution.duration_ns,
              static_cast<std::int64_t>(*resolution.pairs) * std::int64_t{200'000'000});
    if (i > 0 && line.resolutions[i - 1].pairs) {
      EXPECT_LE(*resolution.pairs, *line.resolutions[i - 1].pairs) << "the coarser, the sooner";
    }
  }
}

TEST_F(StoredPassport, PrintsUnitsAndWhatItsSignsMean) {
  const std::string text = passport_table(read_passport(store_, ""));
  EXPECT_THAT(text, StartsWith("passport bbbbbbbb of 2023-11-14 22:13"));
  EXPECT_THAT(text, AllOf(HasSubstr("environment 0123456789ab\n"), HasSubstr("a pair takes"),
                          HasSubstr("0.5 % in"), HasSubstr("10 % in"),
                          HasSubstr("Noise is that of one pair's ratio")));
  EXPECT_THAT(text, HasSubstr("-: not within 2000 pairs"));
  EXPECT_THAT(text, HasSubstr("?: fewer than 8 pairs"));
  for (const PassportCase& entry : passport_cases()) {
    EXPECT_THAT(text, HasSubstr(std::string(entry.purpose) + ": " + std::string(entry.arm)));
  }
  EXPECT_THAT(row("process"), MatchesRegex("process +30 +200 ms +0\\.[0-9]+ % +[+-]0\\.[0-9]+ +"
                                           "2\\.0 % .*[0-9] s.*"));
  EXPECT_THAT(row("compute"), MatchesRegex("compute +5 +200 ms .*\\? +\\? +\\? +\\? +\\?"));
  EXPECT_THAT(row("memory"), MatchesRegex("memory +0 *"));
}

TEST_F(StoredPassport, AsJsonHasTheSameNumbers) {
  const Passport passport = read_passport(store_, "");
  const auto json = nlohmann::json::parse(passport_json(passport));
  EXPECT_EQ(json["format"], "ridgepoint-passport");
  EXPECT_EQ(json["id"], "bbbbbbbb");
  EXPECT_EQ(json["environment_hash"], "0123456789abcdef0123456789abcdef");
  const auto& process = json["cases"][0];
  EXPECT_EQ(process["case"], "process");
  EXPECT_EQ(process["pair_ns"], 200'000'000);
  EXPECT_EQ(process["noise"], passport.lines[0].noise);
  EXPECT_EQ(process["resolutions"][2]["pairs"], *passport.lines[0].resolutions[2].pairs);
  EXPECT_EQ(process["resolutions"][2]["duration_ns"], passport.lines[0].resolutions[2].duration_ns);
  EXPECT_TRUE(json["cases"][1]["resolutions"][0]["pairs"].is_null()) << "too few pairs to say";
  EXPECT_TRUE(json["cases"][2]["noise"].is_null()) << "no pair";
}

}  // namespace
}  // namespace ridgepoint
