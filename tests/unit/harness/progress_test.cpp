#include "harness/run/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <string>

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kSecond = 1'000'000'000;

/// What a sweep of two cases writes.
std::string written(int width) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* const out = ::open_memstream(&text, &size);
  {
    const auto progress = make_progress(out, width);
    Record record;
    record.subject.backend = "null";
    record.duration_ns = 3 * kSecond;
    progress->case_started(0, 2, record.subject);
    progress->case_progress({0.5, "measuring"});
    progress->case_finished(record);
    record.outcome = Outcome::timed_out;
    record.reason = "not finished within 5 s";
    progress->case_started(1, 2, record.subject);
    progress->case_finished(record);
  }
  std::fclose(out);
  std::string result(text, size);
  ::free(text);
  return result;
}

TEST(Progress, IsPlainLinesWhereThereIsNoTerminal) {
  const auto text = written(0);
  EXPECT_THAT(text, HasSubstr("[1/2] llm byte-llama-6m"));
  EXPECT_THAT(text, HasSubstr("[1/2] ok (3 s"));
  EXPECT_THAT(text, HasSubstr("[2/2] timed_out: not finished within 5 s"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST(Progress, RewritesOneLineOnATerminalAndCutsItToTheWidth) {
  const auto text = written(30);
  EXPECT_THAT(text, HasSubstr("\r\x1b[2K[1/2] llm byte"));
  std::size_t longest = 0;
  for (std::size_t at = text.find('\r'); at != std::string::npos; at = text.find('\r', at + 1)) {
    const auto end = std::min(text.find('\r', at + 1), text.find('\n', at + 1));
    const auto line = text.substr(at + 5, end == std::string::npos ? end : end - at - 5);
    if (line.find("ok") == std::string::npos && line.find("timed") == std::string::npos) {
      longest = std::max(longest, line.size());
    }
  }
  EXPECT_LE(longest, 29u);
}

TEST(Progress, KnowsTheTimeRemaining) {
  EXPECT_EQ(remaining_ns(10, 5, 0, 50 * kSecond), 50 * kSecond);
  EXPECT_EQ(remaining_ns(2, 0, 0.5, 10 * kSecond), 30 * kSecond);
  EXPECT_EQ(remaining_ns(1, 1, 0, 10 * kSecond), 0);
  EXPECT_LT(remaining_ns(10, 0, 0.001, kSecond), 0);
}

TEST(Progress, WritesDurationsForPeople) {
  EXPECT_EQ(duration_text(kSecond / 5), "0.2 s");
  EXPECT_EQ(duration_text(8 * kSecond), "8 s");
  EXPECT_EQ(duration_text(200 * kSecond), "3 min 20 s");
  EXPECT_EQ(duration_text(3900 * kSecond), "1 h 05 min");
}

}  // namespace
}  // namespace ridgepoint
