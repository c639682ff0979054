#include "workloads/formats/mapped_file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

TEST(MappedFile, HasTheBytesOfTheFile) {
  TemporaryFolder folder;
  const auto file = MappedFile::open(folder.write("file", std::string_view("abc")));
  ASSERT_EQ(file->bytes().size(), 3U);
  EXPECT_EQ(file->bytes()[2], std::byte{'c'});
  EXPECT_EQ(file->path(), (folder.path() / "file").string());
}

TEST(MappedFile, OfAnEmptyFileHasNoBytes) {
  TemporaryFolder folder;
  EXPECT_TRUE(MappedFile::open(folder.write("file", std::string_view{}))->bytes().empty());
}

TEST(MappedFile, RefusesWhatIsNoFile) {
  TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { return MappedFile::open(folder.path()); }),
              HasSubstr("is a directory where a file is needed"));
  EXPECT_THAT(error_of([] { return MappedFile::open("/dev/zero"); }),
              HasSubstr("/dev/zero: is not a regular file"));
  EXPECT_THAT(error_of([&] { return MappedFile::open(folder.path() / "none"); }),
              HasSubstr("No such file or directory; check the path"));
}

TEST(MappedFile, RefusesWhatMayNotBeRead) {
  TemporaryFolder folder;
  const auto path = folder.write("file", std::string_view("abc"));
  std::filesystem::permissions(path, std::filesystem::perms::none);
  if (::geteuid() == 0) {
    GTEST_SKIP() << "root may read everything";
  }
  EXPECT_THAT(error_of([&] { return MappedFile::open(path); }), HasSubstr("check its permissions"));
}

}  // namespace
}  // namespace ridgepoint
