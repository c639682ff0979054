#include "results/exchange/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "results/exchange/json_export.h"
#include "results/report/table.h"
#include "tests/unit/results/example_data.h"
#include "tests/unit/results/exchange/golden_imports.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kGoldenFiles[] = {
    "llama-bench/llama_bench.json",
    "llama-bench/llama_bench.jsonl",
    "llama-bench/llama_bench.sql",
    "loadgen-server-tokens",
    "loadgen-server-tokens/mlperf_log_detail.txt",
    "loadgen-server-tokens/mlperf_log_summary.txt",
    "loadgen-single-stream",
    "vllm/summary.json",
    "vllm/detailed.json",
    "aiperf",
    "aiperf/profile_export_aiperf.json",
    "nvbench/copy.json",
};

TEST(Import, KnowsEveryGoldenFileByItsText) {
  for (const char* file : kGoldenFiles) {
    const RunWithRecords data = imported(file);
    EXPECT_EQ(data.run.suite, "imported") << file;
    EXPECT_EQ(data.run.status, "finished") << file;
    EXPECT_FALSE(data.records.empty()) << file;
    for (const Record& record : data.records) {
      EXPECT_EQ(record.subject.workload, "imported") << file;
      EXPECT_FALSE(record.measurement.metrics.empty() && record.outcome == Outcome::ok) << file;
    }
  }
}

TEST(Import, GivesTheSameIdsForTheSameText) {
  for (const char* file : kGoldenFiles) {
    const RunWithRecords once = imported(file), again = imported(file);
    EXPECT_EQ(once.run.id, again.run.id) << file;
    EXPECT_EQ(once.records.back().id, again.records.back().id) << file;
    EXPECT_THAT(once.records.back().id, SizeIs(36)) << file;
  }
}

TEST(Import, StoresOnceAndSurvivesExportAndImport) {
  const TestFolder folder;
  Store store(folder / "a.db", OpenMode::read_write);
  for (const char* file : kGoldenFiles) {
    const ImportSource source = read_import_source(golden_import(file));
    const RecordStream stream = import_results(source);
    const MergeReport first = store.merge_run(stream, file), second = store.merge_run(stream, file);
    EXPECT_EQ(first.runs_added, 1) << file;
    EXPECT_EQ(second.runs_added, 0) << file;
    EXPECT_EQ(second.records_added, 0) << file;
    EXPECT_EQ(second.records_known, first.records_added) << file;
    EXPECT_TRUE(second.recognised) << file;
    const RunWithRecords stored = store.whole_run(stream.run.id);
    EXPECT_EQ(run_to_json(run_from_json(run_to_json(stored), file)), run_to_json(stored)) << file;
    EXPECT_THAT(run_table(stored), HasSubstr("Imported benchmarks")) << file;
  }
  EXPECT_EQ(store.check_integrity(), "ok");
}

TEST(Import, SaysWhatItUnderstandsWhenATextIsNoneOfThat) {
  for (const std::string text :
       {"hello", "{}", "[]", "[1,2]", "{\"a\":{\"b\":[]}}", "\x7f\x45LF"}) {
    EXPECT_THAT(error_of([&] { imported_text(text); }),
                AllOf(HasSubstr("file"), HasSubstr("llama-bench"), HasSubstr("LoadGen"),
                      HasSubstr("vllm"), HasSubstr("AIPerf"), HasSubstr("nvbench"),
                      HasSubstr("Google Benchmark"), HasSubstr("--format")))
        << text;
  }
}

TEST(Import, ReadsWhatItIsToldThatATextIs) {
  EXPECT_THAT(error_of([] { imported_text("{}", "llama"); }),
              AllOf(HasSubstr("--format"), HasSubstr("llama-bench-json")));
  for (const ImportFormat& format : import_formats()) {
    EXPECT_THAT(error_of([&] { imported_text("{}", format.name); }), HasSubstr("file"))
        << format.name;
  }
}

TEST(Import, TakesTheFilesDateWhereItsProgramWroteNone) {
  const TestFolder folder;
  constexpr std::int64_t kWritten = 1'700'000'000'000'000'000;
  for (const char* name : {"nvbench/copy.json", "vllm/summary.json"}) {
    SCOPED_TRACE(name);
    ImportSource source = read_import_source(golden_import(name));
    EXPECT_GT(source.modified_unix_ns, 0);
    source.modified_unix_ns = kWritten;
    const RecordStream stream = import_results(source);
    const bool dated = std::string(name) == "vllm/summary.json";
    EXPECT_EQ(stream.run.started_unix_ns == kWritten, !dated);
    EXPECT_EQ(stream.run.finished_unix_ns == kWritten, !dated);
    EXPECT_EQ(stream.run.conditions.find(R"("dated_by":"file")") != std::string::npos, !dated);
    EXPECT_THAT(stream.notes, Contains(HasSubstr("no date")).Times(dated ? 0 : 1));
    for (const Record& record : collect(stream).records) {
      EXPECT_EQ(record.started_unix_ns == kWritten, !dated);
      EXPECT_GT(record.started_unix_ns, 0);
    }
  }
  ImportSource source = read_import_source(golden_import("nvbench/copy.json"));
  source.modified_unix_ns = 0;  // unknown
  EXPECT_EQ(import_results(source).run.started_unix_ns, 0);
  EXPECT_GT(read_import_source(golden_import("aiperf")).modified_unix_ns, 0);
}

TEST(Import, OfCopiesWrittenAtDifferentTimesIsOneRunAndMerges) {
  const TestFolder folder;
  const std::string ours = folder.file("ours.db"), theirs = folder.file("theirs.db");
  ImportSource source = read_import_source(golden_import("nvbench/copy.json"));
  for (const auto& [path, written] :
       {std::pair(ours, 1'700'000'000LL), std::pair(theirs, 1'700'000'001LL)}) {
    source.modified_unix_ns = written * 1'000'000'000;
    Store(path, OpenMode::read_write).merge_run(import_results(source), source.origin);
  }
  Store store(ours, OpenMode::read_write);
  EXPECT_TRUE(store.merge_run(import_results(source), source.origin).recognised);
  const MergeReport report = store.merge_from(theirs);
  EXPECT_EQ(report.runs_known, 1);
  EXPECT_EQ(report.records_known, 3);
  const std::string id = import_results(source).run.id;
  EXPECT_EQ(store.whole_run(id).run.started_unix_ns, 1'700'000'000'000'000'000);
  EXPECT_EQ(store.whole_run(id).run.finished_unix_ns, 1'700'000'000'000'000'000);
}

TEST(Import, ReadsAFolderOnlyWhereAFormatHasFilesInIt) {
  const TestFolder folder;
  EXPECT_THAT(error_of([&] { read_import_source(folder.path().string()); }),
              AllOf(HasSubstr("mlperf_log_detail.txt"), HasSubstr("profile_export_aiperf.json")));
  std::ofstream(folder / "mlperf_log_summary.txt") << "MLPerf Results Summary\n";
  EXPECT_THAT(read_import_source(folder.path().string()).files, SizeIs(1));
  EXPECT_THAT(error_of([&] { read_import_source((folder / "none").string()); }),
              HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace ridgepoint
