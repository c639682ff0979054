#include "harness/quality/logit_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TextWindows two_windows() {
  TextWindows text;
  text.windows = {{.inputs = {1, 2}, .targets = {3, 4}, .first = 0, .half = 1},
                  {.inputs = {5}, .targets = {6}, .first = 0, .half = 1}};
  text.hash = "hash";
  return text;
}

LogitFileHeader header_of_two() {
  return {.vocabulary = 3,
          .windows = 2,
          .rows = 3,
          .greedy = 2,
          .windows_hash = "hash",
          .subject = "{\"workload\":\"quality\"}",
          .model = "fingerprint"};
}

class LogitFiles : public ::testing::Test {
 protected:
  LogitFiles() {
    LogitFileWriter writer(path_, header_of_two());
    writer.add_rows(std::vector<float>{1, 2, 3, 4, 5, 6});
    writer.add_greedy(std::vector<std::int32_t>{2, 1});
    writer.add_rows(std::vector<float>{-1, -2, -3});
    writer.add_greedy(std::vector<std::int32_t>{0, 2});
    writer.finish();
  }

  [[nodiscard]] std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "logits.bin";
};

TEST_F(LogitFiles, GiveBackWhatWasWritten) {
  EXPECT_TRUE(is_logit_file(path_));
  LogitFile file(path_);
  EXPECT_EQ(file.header().model, "fingerprint");
  file.require(two_windows(), 3, 1);
  const auto windows = two_windows();
  std::vector<float> rows(3);
  file.begin(windows.windows[0]);
  file.read(1, rows);
  EXPECT_THAT(rows, ElementsAre(1, 2, 3));
  file.read(1, rows);
  EXPECT_THAT(rows, ElementsAre(4, 5, 6));
  EXPECT_THAT(file.greedy(1), ElementsAre(2)) << "fewer than there are";
  file.begin(windows.windows[1]);
  file.read(1, rows);
  EXPECT_THAT(rows, ElementsAre(-1, -2, -3));
  EXPECT_THAT(file.greedy(2), ElementsAre(0, 2));
  EXPECT_THROW(file.read(1, rows), std::logic_error);
}

TEST_F(LogitFiles, ChooseTokensOfTheirVocabulary) {
  for (const std::int32_t token : {3, -1}) {
    std::string altered = bytes();
    std::memcpy(altered.data() + altered.size() - sizeof token, &token, sizeof token);
    LogitFile file(folder_.write("altered.bin", std::string_view(altered)));
    std::vector<float> rows(6);
    file.read(2, rows);
    EXPECT_THAT(file.greedy(1), ElementsAre(2));
    file.read(1, std::span(rows).first(3));
    EXPECT_THAT(error_of([&] { return file.greedy(1); }),
                AllOf(HasSubstr("altered.bin"), HasSubstr("of a vocabulary of 3")));
  }
}

TEST_F(LogitFiles, AreOfOneTextAndOneVocabulary) {
  const LogitFile file(path_);
  EXPECT_THAT(error_of([&] { file.require(two_windows(), 4, 0); }),
              HasSubstr("vocabulary of 3, where the model has 4"));
  EXPECT_THAT(error_of([&] { file.require(two_windows(), 3, 5); }), HasSubstr("2 greedy tokens"));
  auto other = two_windows();
  other.hash = "another";
  EXPECT_THAT(error_of([&] { file.require(other, 3, 0); }), HasSubstr("other windows"));
}

TEST_F(LogitFiles, AreWrittenWholeOrNotAtAll) {
  const auto path = folder_ / "half.bin";
  {
    LogitFileWriter writer(path, header_of_two());
    writer.add_rows(std::vector<float>{1, 2, 3});
    EXPECT_THROW(writer.finish(), std::logic_error);
    EXPECT_THROW(writer.add_rows(std::vector<float>(100)), std::logic_error);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(LogitFiles, ThatAreCutOrAlteredAreOneLine) {
  const std::string whole = bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto cut = folder_.write("cut.bin", std::string_view(whole).substr(0, size));
    EXPECT_THAT(error_of([&] { return LogitFile(cut); }), HasSubstr("cut.bin"));
  }
  const auto longer = folder_.write("long.bin", std::string_view(whole + "x"));
  EXPECT_THAT(error_of([&] { return LogitFile(longer); }), HasSubstr("promises"));
  // Whatever a byte of the header becomes: an error of one line, or a file of the same size.
  for (std::size_t place = 0; place < whole.size() - 52; ++place) {
    for (const int change : {1, 0x80, 0x10}) {
      std::string altered = whole;
      altered[place] = static_cast<char>(altered[place] ^ change);
      const auto path = folder_.write("altered.bin", std::string_view(altered));
      try {
        const LogitFile file(path);
        EXPECT_EQ(file.header().rows * file.header().vocabulary +
                      file.header().windows * file.header().greedy,
                  13);
      } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      }
    }
  }
}

TEST_F(LogitFiles, OfImpossibleSizesAreRefused) {
  const std::string json =
      R"({"case":"","greedy":1099511627776,"model":"","rows":1099511627776,)"
      R"("vocabulary":1099511627776,"windows":1099511627776,"windows_hash":""})";
  std::string text = "RPLOGITS";
  for (const auto number : {std::uint32_t{1}, static_cast<std::uint32_t>(json.size())}) {
    text.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  const auto path = folder_.write("huge.bin", std::string_view(text + json));
  EXPECT_THAT(error_of([&] { return LogitFile(path); }),
              AllOf(HasSubstr("huge.bin"), HasSubstr("promises")));
}

}  // namespace
}  // namespace ridgepoint
