#include "harness/cli/write_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

std::string text_in(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// No file of this process may grow beyond `bytes` while it lives.
class LimitedFiles {
 public:
  explicit LimitedFiles(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  LimitedFiles(const LimitedFiles&) = delete;
  LimitedFiles& operator=(const LimitedFiles&) = delete;
  ~LimitedFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(WriteOutput, PutsTheTextIntoAFileThatIsThereOrNot) {
  const TemporaryFolder folder;
  const auto path = folder.file("out.txt");
  write_output(path, "a longer text");
  EXPECT_EQ(text_in(path), "a longer text");
  write_output(path, "short");
  EXPECT_EQ(text_in(path), "short");
}

TEST(WriteOutput, LeavesWhatWasThereWhereItDoesNotFit) {
  const TemporaryFolder folder;
  const auto path = folder.file("out.txt");
  write_output(path, "kept");
  std::string line;
  {
    const LimitedFiles limit(10);
    line = error_of([&] { write_output(path, std::string(100, 'x')); });
  }
  EXPECT_THAT(line, HasSubstr("File too large; make room or choose another place"));
  EXPECT_EQ(text_in(path), "kept");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(WriteOutput, ToADeviceThatIsFullIsAnError) {
  EXPECT_THAT(error_of([] { write_output("/dev/full", "x"); }),
              HasSubstr("/dev/full: cannot be written"));
}

}  // namespace
}  // namespace ridgepoint
