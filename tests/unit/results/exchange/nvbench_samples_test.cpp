// Files of samples beside nvbench's JSON: read where they are, told of where they are not, refused
// where they are not what the JSON says.
#include "results/exchange/nvbench_samples.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "results/exchange/nvbench.h"
#include "results/statistics/quantile.h"
#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/results/exchange/golden_imports.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string floats(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// A file of one state that names these samples.
std::string json_naming(const std::string& filename, const std::string& size,
                        const std::string& tag = "nv/json/bin:nv/cold/sample_times") {
  return fmt::format(
      R"({{"meta": {{"version": {{"nvbench": {{}}}}}}, "benchmarks": [{{"name": "b", "states": [{{
      "summaries": [{{"tag": "{}", "data": [
        {{"name": "filename", "type": "string", "value": "{}"}},
        {{"name": "size", "type": "int64", "value": "{}"}}]}}]}}]}}]}})",
      tag, filename, size);
}

class NvbenchSamples : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  /// The JSON, imported from the file results/r.json.
  [[nodiscard]] RecordStream import_json(const std::string& json) const {
    write("results/r.json", json);
    return import_results(read_import_source(folder_.file("results/r.json")));
  }

  [[nodiscard]] Record record_of(const std::string& json) const {
    return collect(import_json(json)).records.at(0);
  }

  [[nodiscard]] std::string refusal_of(const std::string& json) const {
    return error_of([&] { static_cast<void>(import_json(json)); });
  }

  TemporaryFolder folder_;
};

TEST(NvbenchGoldenSamples, AreTheSamplesOfTheirStates) {
  const RunWithRecords data = imported("nvbench/jsonbin/reduce.json");
  ASSERT_THAT(data.records, SizeIs(2));
  for (const Record& record : data.records) {
    const auto& metrics = record.measurement.metrics;
    const Series* times = record.measurement.find("total");
    ASSERT_NE(times, nullptr);
    EXPECT_EQ(times->unit, "ns");
    EXPECT_EQ(static_cast<double>(times->samples.size()),
              metrics.at("nvbench:nv/cold/sample_size"));
    // nvbench computes its own figures from the samples before they become float32.
    const double reported_ns = 1e9 * metrics.at("nvbench:nv/cold/time/gpu/median_s");
    EXPECT_NEAR(metrics.at("real_time_ns"), reported_ns, 1);
    EXPECT_EQ(metrics.at("real_time_ns"), median(std::span<const std::int64_t>(times->samples)));
    const Series* clocks = record.measurement.find("nvbench:nv/cold/sample_freqs");
    ASSERT_NE(clocks, nullptr);
    EXPECT_EQ(clocks->unit, "Hz");
    EXPECT_THAT(clocks->samples, SizeIs(times->samples.size()));
    EXPECT_THAT(clocks->samples, ::testing::Each(::testing::AllOf(::testing::Ge(1'950'000'000),
                                                                  ::testing::Le(1'980'000'000))));
    EXPECT_THAT(record.details, HasSubstr("reduce.json-bin/"));
    EXPECT_THAT(metrics,
                ::testing::Not(::testing::Contains(::testing::Key(HasSubstr("json/bin")))));
  }
}

TEST(NvbenchGoldenSamples, ThatAreNotThereAreANote) {
  const ImportSource source = read_import_source(golden_import("nvbench/copy.json"));
  const RecordStream stream = import_results(source);
  ASSERT_THAT(stream.notes, ::testing::Not(IsEmpty()));
  EXPECT_THAT(stream.notes[0],
              AllOf(HasSubstr("2 files of samples not there"), HasSubstr("copy.json-bin/0.bin")));
  const Record record = collect(stream).records.at(0);
  EXPECT_THAT(record.measurement.series, IsEmpty());
  EXPECT_THAT(record.details, HasSubstr("not beside the JSON"));
}

TEST_F(NvbenchSamples, AreReadFromTheFolderOfTheJson) {
  write("results/r.json-bin/0.bin", floats({1e-6F, 2e-6F, 4e-6F}));
  const Record record = record_of(json_naming("r.json-bin/0.bin", "3"));
  ASSERT_THAT(record.measurement.series, SizeIs(1));
  EXPECT_THAT(record.measurement.series[0].samples, ElementsAre(1000, 2000, 4000));
  EXPECT_EQ(record.measurement.metrics.at("real_time_ns"), 2000);
}

TEST_F(NvbenchSamples, OfOlderVersionsAreFoundBesideTheJsonWhateverTheirPath) {
  write("results/r.json-bin/0.bin", floats({1e-6F}));
  for (const char* const name :
       {"results/r.json-bin/0.bin", "/elsewhere/r.json-bin/0.bin", "../results/r.json-bin/0.bin",
        R"(C:\\bench\\r.json-bin\\0.bin)", "./r.json-bin/0.bin"}) {
    EXPECT_THAT(record_of(json_naming(name, "1")).measurement.series, SizeIs(1)) << name;
  }
}

TEST_F(NvbenchSamples, ChangeTheIdOfTheRun) {
  const std::string json = json_naming("r.json-bin/0.bin", "1");
  const std::string without = import_json(json).run.id;
  write("results/r.json-bin/0.bin", floats({1e-6F}));
  const std::string with = import_json(json).run.id;
  EXPECT_NE(with, without);
  EXPECT_EQ(import_json(json).run.id, with);
}

TEST_F(NvbenchSamples, OutsideOfTheFolderAreRefused) {
  write("secret.bin", floats({1e-6F}));
  for (const std::string& name :
       {folder_.file("secret.bin"), std::string("../secret.bin"), std::string("a/../../secret.bin"),
        std::string("/etc/passwd"), std::string("..")}) {
    EXPECT_THAT(refusal_of(json_naming(name, "1")), HasSubstr("lies outside of its folder"))
        << name;
  }
  EXPECT_THAT(refusal_of(json_naming(R"(../\nline)", "1")), HasSubstr(R"(\n)"));
}

TEST_F(NvbenchSamples, BehindALinkOutOfTheFolderAreRefused) {
  write("elsewhere/0.bin", floats({1e-6F}));
  std::filesystem::create_directories(folder_ / "results");
  std::filesystem::create_directory_symlink(folder_ / "elsewhere", folder_ / "results/r.json-bin");
  EXPECT_THAT(refusal_of(json_naming("r.json-bin/0.bin", "1")), HasSubstr("by a link"));
}

TEST_F(NvbenchSamples, AreARegularFile) {
  std::filesystem::create_directories(folder_ / "results/r.json-bin/0.bin");
  EXPECT_THAT(refusal_of(json_naming("r.json-bin/0.bin", "1")), HasSubstr("no regular file"));
}

TEST_F(NvbenchSamples, OfAnotherSizeAreRefused) {
  write("results/r.json-bin/0.bin", floats({1e-6F, 2e-6F}));
  for (const char* const size : {"1", "3", "8", "-1", "two", "1e0", "99999999999999999999"}) {
    EXPECT_THAT(refusal_of(json_naming("r.json-bin/0.bin", size)), HasSubstr("has 8 bytes"))
        << size;
  }
  write("results/r.json-bin/0.bin", "12345");
  EXPECT_THAT(refusal_of(json_naming("r.json-bin/0.bin", "1")), HasSubstr("has 5 bytes"));
}

TEST_F(NvbenchSamples, ThatAreNoTimesAreRefused) {
  for (const float wrong : {std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity(), -1e-6F, 1e30F}) {
    write("results/r.json-bin/0.bin", floats({1e-6F, wrong}));
    EXPECT_THAT(refusal_of(json_naming("r.json-bin/0.bin", "2")), HasSubstr("sample 1"));
  }
}

TEST_F(NvbenchSamples, OfFrequenciesAreLeftOutWhereTheyAreNotFinite) {
  write("results/r.json-freqs-bin/0.bin", floats({1e9F, std::numeric_limits<float>::infinity()}));
  const RecordStream stream = import_json(
      json_naming("r.json-freqs-bin/0.bin", "2", "nv/json/freqs-bin:nv/cold/sample_freqs"));
  EXPECT_THAT(stream.notes, ::testing::Contains(HasSubstr("not finite")));
  EXPECT_THAT(collect(stream).records.at(0).measurement.series, IsEmpty());
}

TEST_F(NvbenchSamples, ThatNvbenchCouldNotWriteLeaveAReason) {
  std::string json = json_naming("", "0");
  EXPECT_THAT(record_of(json).details, HasSubstr("nvbench could not write"));
}

TEST_F(NvbenchSamples, BelongToOneStateOnly) {
  write("results/r.json-bin/0.bin", floats({1e-6F}));
  std::string json = json_naming("r.json-bin/0.bin", "1");
  const std::size_t states = json.find("[{\n      \"summaries\"") + 1;
  const std::string state = json.substr(states, json.rfind("]}]}") - states);
  json.insert(states, state + ",");
  EXPECT_THAT(refusal_of(json), HasSubstr("twice"));
}

}  // namespace
}  // namespace ridgepoint
