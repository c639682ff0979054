// Loading files in every way, on a small file whose bytes are known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <utility>

#include "harness/loading/disk_rates.h"
#include "harness/loading/load_way.h"
#include "harness/loading/measure_loading.h"
#include "harness/loading/packed_copy.h"
#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

const std::atomic<bool> kNeverStop{false};

class LoadingTest : public ::testing::Test {
 protected:
  /// More than two pieces, and no whole number of pages or words.
  static constexpr std::int64_t kBytes = 2 * kLoadPieceBytes + 12'345;

  LoadingTest() : path_(folder_.file("model.bin")) {
    std::mt19937_64 random(20261121);
    std::string text;
    while (std::cmp_less(text.size(), kBytes)) {
      const std::uint64_t word = random() & 0x0f0f0f0f0f0f0f0fULL;  // so that it packs
      text.append(reinterpret_cast<const char*>(&word), sizeof word);
    }
    text.resize(kBytes);
    std::ofstream(path_, std::ios::binary) << text;
    std::string padded = text + std::string(8 - kBytes % 8, '\0');
    for (std::size_t i = 0; i < padded.size(); i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, padded.data() + i, 8);
      parity_ ^= word;
    }
  }

  TemporaryFolder folder_;
  std::string path_;
  std::uint64_t parity_ = 0;
};

TEST_F(LoadingTest, BringsTheSameBytesInEveryWayThatCopies) {
  const auto packed = pack_file(path_, kBytes, folder_.file("model.zst"), kNeverStop);
  EXPECT_LT(packed.bytes(), kBytes);
  for (const LoadWay way : load_ways()) {
    if (way == LoadWay::mapped) continue;
    for (const int threads : {1, 3}) {
      SCOPED_TRACE(std::string(name_of(way)) + " " + std::to_string(threads));
      const auto pass =
          load_once(way == LoadWay::packed ? packed.path : path_, way, kBytes, threads);
      if (way == LoadWay::direct && !pass && pass.why() == "the file system has no O_DIRECT")
        continue;
      ASSERT_TRUE(pass) << pass.why();
      EXPECT_EQ(pass.value().bytes, kBytes);
      EXPECT_GT(pass.value().duration_ns, 0);
      EXPECT_EQ(pass.value().parity, parity_);
    }
  }
  EXPECT_TRUE(load_once(path_, LoadWay::mapped, kBytes, 2));
}

TEST_F(LoadingTest, FindsTheFramesOfAPackedCopyByThemselves) {
  const auto packed = pack_file(path_, kBytes, folder_.file("model.zst"), kNeverStop);
  EXPECT_EQ(packed.offsets.size(), 4U);
  EXPECT_EQ(frame_offsets(packed.path), packed.offsets);
  EXPECT_THAT(error_of([&] { frame_offsets(path_); }), HasSubstr("byte 0: no zstd frame"));
}

TEST_F(LoadingTest, SaysWhatDoesNotUnpack) {
  const auto pass = load_once(path_, LoadWay::packed, kBytes, 2);
  ASSERT_FALSE(pass);
  EXPECT_THAT(pass.why(), HasSubstr("no zstd frame"));
  const auto packed = pack_file(path_, kBytes, folder_.file("model.zst"), kNeverStop);
  const auto longer = load_once(packed.path, LoadWay::packed, kBytes + kLoadPieceBytes, 2);
  ASSERT_FALSE(longer);
}

TEST_F(LoadingTest, SaysWhenTheFileIsShorterThanItWas) {
  const auto pass = load_once(path_, LoadWay::parallel, kBytes + 1, 2);
  ASSERT_FALSE(pass);
  EXPECT_THAT(pass.why(), HasSubstr("became shorter"));
}

TEST_F(LoadingTest, MeasuresEachWayColdAndWarmAndStoresIt) {
  LoadingOptions options;
  options.rounds = 2;
  options.folder = folder_.path();
  const auto loading = measure_loading(
      path_, options, [](const std::string&) {}, kNeverStop);
  EXPECT_EQ(loading.bytes, kBytes);
  ASSERT_EQ(loading.figures.size(), 9U) << "five cold, and warm all but direct";
  for (const auto& figure : loading.figures) {
    SCOPED_TRACE(std::string(name_of(figure.way)) + (figure.cold ? " cold" : " warm"));
    if (figure.way == LoadWay::direct && !figure.absent.empty()) continue;
    EXPECT_EQ(figure.absent, "");
    EXPECT_EQ(figure.samples_ns.size(), 2U);
    EXPECT_GT(loading.bytes_per_second(figure), 0);
    if (figure.way == LoadWay::packed) {
      EXPECT_LT(figure.disk_bytes, kBytes);
    }
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1)
      << "the packed copy is gone";

  Store store(folder_.file("runs.db"), OpenMode::read_write);
  const auto id = store_loading(store, loading, "label", "ridgepoint loading");
  const auto records = store.records(id);
  ASSERT_EQ(records.size(), 9U);
  EXPECT_EQ(records[0].subject.name, "loading, model.bin, cold, mapped");
  EXPECT_EQ(records[0].measurement.find("load")->samples, loading.figures[0].samples_ns);
  EXPECT_THAT(loading_text(loading), HasSubstr("zstd frames"));
}

TEST_F(LoadingTest, LoadsTheFrontOfAFileThatIsTooLarge) {
  LoadingOptions options;
  options.rounds = 1;
  options.folder = folder_.path();
  options.most_bytes = 2 * kLoadPieceBytes + 5;
  const auto loading = measure_loading(
      path_, options, [](const std::string&) {}, kNeverStop);
  EXPECT_EQ(loading.bytes, 2 * kLoadPieceBytes) << "whole pieces";
  EXPECT_EQ(loading.file_bytes, kBytes);
  for (const auto& figure : loading.figures) {
    SCOPED_TRACE(std::string(name_of(figure.way)) + (figure.cold ? " cold" : " warm"));
    if (figure.way == LoadWay::direct && !figure.absent.empty()) continue;
    EXPECT_EQ(figure.absent, "") << "the same bytes in every way";
    EXPECT_EQ(figure.samples_ns.size(), 1U);
  }
  EXPECT_THAT(loading_text(loading), HasSubstr("the front of"));
}

TEST_F(LoadingTest, RefusesWhatCannotBeLoaded) {
  LoadingOptions options;
  options.folder = folder_.path();
  const auto refusal = [&](const std::string& path) {
    return error_of([&] {
      measure_loading(
          path, options, [](const std::string&) {}, kNeverStop);
    });
  };
  EXPECT_THAT(refusal(folder_.file("none")), HasSubstr("No such file"));
  EXPECT_THAT(refusal(folder_.path().string()), HasSubstr("give a file"));
  std::ofstream(folder_.file("empty"));
  EXPECT_THAT(refusal(folder_.file("empty")), HasSubstr("is empty"));
}

TEST_F(LoadingTest, SaysWhereThePackedCopyCannotBeMade) {
  const std::string place = folder_.file("nowhere/model.zst");
  EXPECT_THAT(error_of([&] { pack_file(path_, kBytes, place, kNeverStop); }),
              ::testing::AllOf(HasSubstr(place), HasSubstr("No such file"), HasSubstr("--folder"),
                               ::testing::Not(HasSubstr("full"))));
}

TEST_F(LoadingTest, FindsNoDiskWhereTheFileSystemIsMemory) {
  const std::string path = "/dev/shm/ridgepoint-loading-test." + std::to_string(::getpid());
  std::error_code problem;
  std::filesystem::copy_file(path_, path, problem);
  if (problem) GTEST_SKIP() << "/dev/shm: " << problem.message();
  const std::string why = why_no_disk(path);
  LoadingOptions options;
  options.rounds = 1;
  options.folder = folder_.path();
  const Loading loading = measure_loading(
      path, options, [](const std::string&) {}, kNeverStop);
  const auto direct = measure_direct_rate(path, kBytes);
  std::filesystem::remove(path);
  EXPECT_THAT(why, HasSubstr("is memory"));
  EXPECT_EQ(loading.disk_bytes_per_second, 0);
  EXPECT_THAT(loading_text(loading), HasSubstr("the disk's own: absent: " + path));
  ASSERT_FALSE(direct);
  EXPECT_EQ(direct.why(), why);
}

TEST_F(LoadingTest, LoadsNoMoreThanAskedFor) {
  LoadingOptions options;
  options.rounds = 1;
  options.warm = false;
  options.most_bytes = std::int64_t{3} << 20;
  options.folder = folder_.path();
  const Loading loading = measure_loading(
      path_, options, [](const std::string&) {}, kNeverStop);
  EXPECT_EQ(loading.bytes, std::int64_t{3} << 20);
  for (const LoadingFigure& figure : loading.figures) {
    EXPECT_EQ(figure.absent.empty() ? 1U : 0U, figure.samples_ns.size()) << figure.absent;
  }
  EXPECT_THAT(loading_text(loading), HasSubstr("are little"));
}

TEST(LoadingText, CautionsWhereTheDiskIsSlowerThanItsOwnFile) {
  Loading loading;
  loading.path = "model.bin";
  loading.bytes = loading.file_bytes = std::int64_t{1} << 30;
  loading.disk_bytes_per_second = 1e9;
  LoadingFigure& figure = loading.figures.emplace_back();
  figure.cold = true;
  figure.samples_ns = {100'000'000};
  EXPECT_THAT(loading_text(loading), HasSubstr("cold, mapped: faster than direct reads"));
  EXPECT_THAT(loading_text(loading), ::testing::Not(HasSubstr("are little")));
  figure.samples_ns = {1'000'000'000};
  EXPECT_THAT(loading_text(loading), ::testing::Not(HasSubstr("faster than direct reads")));
}

}  // namespace
}  // namespace ridgepoint
