#include "workloads/formats/replacing_file.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <vector>

#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"
#include "workloads/formats/load_model.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(ReplacingFile, AppearsOnlyWhenItIsWhole) {
  TemporaryFolder folder;
  const auto path = folder.path() / "file";
  ReplacingFile file(path, 6);
  file.write(3, bytes_of("def"));
  EXPECT_FALSE(std::filesystem::exists(path));
  file.write(0, bytes_of("abc"));
  file.commit();
  EXPECT_EQ(content(path), "abcdef");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(ReplacingFile, LeavesNothingWhenItIsNotCommitted) {
  TemporaryFolder folder;
  const auto path = folder.write("file", std::string_view("old"));
  {
    ReplacingFile file(path, 3);
    file.write(0, bytes_of("new"));
    EXPECT_EQ(files_in(folder.path()), 2U);
  }
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(ReplacingFile, ReplacesWhatWasThere) {
  TemporaryFolder folder;
  const auto path = folder.write("file", std::string_view("something longer"));
  ReplacingFile file(path, 3);
  file.write(0, bytes_of("new"));
  file.commit();
  EXPECT_EQ(content(path), "new");
}

TEST(ReplacingFile, SaysWhatIsWrongWithThePlace) {
  TemporaryFolder folder;
  const auto missing = folder.path() / "none" / "file";
  EXPECT_EQ(error_of([&] { return ReplacingFile(missing, 1), 0; }),
            missing.string() +
                ": cannot be created: No such file or directory; check the folder and "
                "its permissions");
  EXPECT_THAT(error_of([&] { return ReplacingFile(folder.path(), 1), 0; }),
              HasSubstr("is there and is not a regular file"));
  EXPECT_THAT(error_of([&] { return ReplacingFile("/dev/null", 1), 0; }),
              HasSubstr("is there and is not a regular file"));
}

TEST(ReplacingFile, RefusesWhatTheDiskHasNoRoomFor) {
  TemporaryFolder folder;
  EXPECT_THAT(
      error_of([&] { return ReplacingFile(folder.path() / "file", std::uint64_t{1} << 60), 0; }),
      HasSubstr("needs 1152921504.607 GB"));
  EXPECT_EQ(files_in(folder.path()), 0U);
}

// With a limit on the size of files, the disk is full at that byte. It holds for a whole process,
// so these run in one of their own, which exits with 2 when all is as it should be.

void limit_file_size(rlim_t bytes) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

[[noreturn]] void exit_after(const std::filesystem::path& folder,
                             const std::function<void()>& work) {
  int code = 0;
  try {
    work();
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    code = files_in(folder) == 0 ? 2 : 3;
  }
  std::filesystem::remove_all(folder);  // this process leaves without destructors
  std::_Exit(code);
}

class ReplacingFileDeathTest : public ::testing::Test {
 protected:
  ReplacingFileDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
  TemporaryFolder folder;
};

TEST_F(ReplacingFileDeathTest, RoomThatCannotBeReservedIsOneLineAndLeavesNothingBehind) {
  EXPECT_EXIT(exit_after(folder.path(),
                         [&] {
                           limit_file_size(1 << 20);
                           write_synthetic_gguf("tiny", Type::f32, 1, 2,
                                                folder.path() / "tiny.gguf");
                         }),
              ::testing::ExitedWithCode(2),
              "tiny.gguf: [0-9]+ bytes cannot be reserved: File too large; make room or choose");
}

TEST_F(ReplacingFileDeathTest, ADiskThatFillsUpMidwayIsOneLineAndLeavesNothingBehind) {
  EXPECT_EXIT(exit_after(folder.path(),
                         [&] {
                           ReplacingFile file(folder.path() / "file", 1 << 20);
                           limit_file_size(1 << 16);
                           const std::vector<std::byte> bytes(1 << 12);
                           for (std::uint64_t at = 0; at < (1 << 20); at += bytes.size()) {
                             file.write(at, bytes);
                           }
                         }),
              ::testing::ExitedWithCode(2),
              "file: byte 65536 could not be written: File too large; make room or choose");
}

}  // namespace
}  // namespace ridgepoint
