#include "results/exchange/llama_bench.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/results/example_data.h"
#include "tests/unit/results/exchange/golden_imports.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> names(const RunWithRecords& data) {
  std::vector<std::string> found;
  for (const Record& record : data.records) found.push_back(record.subject.name);
  return found;
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// A row as a version of 2026 writes it, with the members given last instead of its own.
std::string row(const std::string& more = "") {
  return one_line(
      R"({"build_commit": "abc", "build_number": 9000, "cpu_info": "CPU", "gpu_info": "",
    "backends": "CPU", "model_filename": "/models/m.gguf", "model_type": "llama 7B Q4_0",
    "model_size": 1, "model_n_params": 2, "n_batch": 2048, "n_ubatch": 512, "n_threads": 8,
    "cpu_mask": "0x0", "cpu_strict": false, "poll": 50, "type_k": "f16", "type_v": "f16",
    "n_gpu_layers": -1, "n_cpu_moe": 0, "split_mode": "layer", "main_gpu": 0,
    "no_kv_offload": false, "flash_attn": 0, "devices": "auto", "tensor_split": "0.00",
    "tensor_buft_overrides": "none", "load_mode": "mmap", "embeddings": false, "no_op_offload": 0,
    "no_host": false, "fit_target": 0, "fit_min_ctx": 0, "n_prompt": 512, "n_gen": 0, "n_depth": 0,
    "test_time": "2026-01-02T03:04:05Z", "avg_ns": 150, "stddev_ns": 50, "avg_ts": 3.5e9,
    "stddev_ts": 1e9, "samples_ns": [ 100, 200, 150 ], "samples_ts": [ 5e9, 2.5e9, 3.4e9 ])" +
      more + "}");
}

TEST(LlamaBenchImport, KeepsSamplesAndWhatWasReported) {
  const RunWithRecords data = imported("llama-bench/llama_bench.json");
  ASSERT_EQ(data.records.size(), 4U);
  EXPECT_EQ(data.run.tool_version, "importing llama-bench b4753 (c392e509)");
  const Record& prompt = data.records[0];
  EXPECT_EQ(prompt.subject.name, "llama-bench byte-llama-6m-q8_0.gguf (llama ?B Q8_0) pp32 t=1");
  const Series* total = prompt.measurement.find("total");
  ASSERT_NE(total, nullptr);
  EXPECT_EQ(total->unit, "ns");
  EXPECT_EQ(total->samples.size(), 5U);
  // llama-bench's own mean of the same samples, cut to whole nanoseconds.
  double sum = 0;
  for (const std::int64_t sample : total->samples) sum += static_cast<double>(sample);
  EXPECT_NEAR(prompt.measurement.metrics.at("llama-bench:avg_ns"), sum / 5, 1);
  EXPECT_EQ(prompt.measurement.metrics.at("repetitions"), 5);
  EXPECT_GT(prompt.measurement.metrics.at("real_time_ns"), 0);
  EXPECT_GT(prompt.started_unix_ns, 0);
}

TEST(LlamaBenchImport, NamesTheSameTestsAlikeFromJsonAndSql) {
  const RunWithRecords json = imported("llama-bench/llama_bench.json");
  const RunWithRecords sql = imported("llama-bench/llama_bench.sql");
  EXPECT_EQ(names(json), names(sql));
  EXPECT_NE(json.run.id, sql.run.id);
  EXPECT_EQ(sql.run.environment_hash, json.run.environment_hash);
  EXPECT_EQ(sql.run.options, json.run.options);
  EXPECT_EQ(sql.records[3].measurement.find("total"), nullptr);
  EXPECT_GT(sql.records[3].measurement.metrics.at("llama-bench:avg_ts"), 0);
}

TEST(LlamaBenchImport, NamesWhatIsNotAtItsDefault) {
  const RunWithRecords lines = imported("llama-bench/llama_bench.jsonl");
  EXPECT_THAT(names(lines),
              ElementsAre("llama-bench byte-llama-6m-q8_0.gguf (llama ?B Q8_0) pp32 t=1",
                          "llama-bench byte-llama-6m-q8_0.gguf (llama ?B Q8_0) tg8 t=1",
                          "llama-bench byte-llama-6m-q8_0.gguf (llama ?B Q8_0) pp32 t=1 ctk=q8_0",
                          "llama-bench byte-llama-6m-q8_0.gguf (llama ?B Q8_0) tg8 t=1 ctk=q8_0"));
  EXPECT_EQ(imported_text(row()).records[0].subject.name,
            "llama-bench m.gguf (llama 7B Q4_0) pp512 t=8");
}

TEST(LlamaBenchImport, KeepsASettingThatItDoesNotKnow) {
  std::string changed = row();
  changed.replace(changed.find("\"n_depth\": 0"), 12, "\"n_depth\": 1024, \"brand_new\": \"on\"");
  const RunWithRecords data = imported_text(changed);
  EXPECT_EQ(data.records[0].subject.name,
            "llama-bench m.gguf (llama 7B Q4_0) pp512 d1024 t=8 brand_new=on");
}

TEST(LlamaBenchImport, KnowsItsColumnsAgainAfterARowOfOtherOnes) {
  // The second row has a name that only the whole parser reads, so it comes from another reader.
  std::string other = row();
  other.replace(other.find("\"n_depth\": 0"), 12, "\"n_d\\u0065pth\": 64");
  other.replace(other.find("\"poll\""), 6, "\"pool\"");
  const RunWithRecords data = imported_text(row() + "\n" + other + "\n" + row() + "\n");
  EXPECT_THAT(names(data), ElementsAre("llama-bench m.gguf (llama 7B Q4_0) pp512 t=8",
                                       "llama-bench m.gguf (llama 7B Q4_0) pp512 d64 t=8 pool=50",
                                       "llama-bench m.gguf (llama 7B Q4_0) pp512 t=8"));
  EXPECT_EQ(data.records[2].details, data.records[0].details);
}

TEST(LlamaBenchImport, SaysOfARowWhereItDiffersFromTheFirst) {
  std::string other = row();
  other.replace(other.find("\"abc\""), 5, "\"def\"");
  other.replace(other.find("\"n_threads\": 8"), 14, "\"n_threads\": 4");
  const RunWithRecords data = imported_text(row() + "\n\n" + other + "\n");
  ASSERT_EQ(data.records.size(), 2U);
  EXPECT_EQ(data.records[0].details,
            R"({"llama_bench":{"model_filename":"/models/m.gguf","model_type":"llama 7B Q4_0",)"
            R"("n_depth":0,"n_gen":0,"n_prompt":512,"test_time":"2026-01-02T03:04:05Z"},)"
            R"("output":"jsonl","source":"llama-bench"})");
  const auto details = nlohmann::json::parse(data.records[1].details)["llama_bench"];
  EXPECT_EQ(details["build_commit"], "def");
  EXPECT_EQ(details["n_threads"], 4);
  EXPECT_FALSE(details.contains("build_number"));
  EXPECT_EQ(nlohmann::json::parse(data.run.options)["llama_bench"]["n_threads"], 8);
  EXPECT_EQ(nlohmann::json::parse(data.run.environment)["llama_bench"]["build_commit"], "abc");
}

TEST(LlamaBenchImport, ReadsWhatSqliteDumps) {
  const std::string dump =
      "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"
      "CREATE TABLE test (model_filename TEXT, n_prompt INTEGER, n_gen INTEGER, avg_ts REAL);\n"
      "INSERT INTO test VALUES('it''s.gguf',0,128,12.5);\n"
      "INSERT INTO \"test\" (n_gen, n_prompt, avg_ts) VALUES ('1', '2', NULL), (3, 4, -1.5e2);\n"
      "-- done\nCOMMIT;\n";
  const RunWithRecords data = imported_text(dump);
  EXPECT_THAT(names(data), ElementsAre("llama-bench it's.gguf tg128", "llama-bench pp2+tg1",
                                       "llama-bench pp4+tg3"));
  EXPECT_EQ(data.records[0].measurement.metrics.at("llama-bench:avg_ts"), 12.5);
  EXPECT_TRUE(data.records[1].measurement.metrics.empty());
  EXPECT_EQ(data.records[2].measurement.metrics.at("llama-bench:avg_ts"), -150);
}

TEST(LlamaBenchImport, NeverExecutesSqlAndRefusesOtherStatements) {
  const std::string table = "CREATE TABLE test (n_prompt INTEGER, n_gen INTEGER);\n";
  for (const std::string statement :
       {"DROP TABLE test;", "ATTACH 'x' AS y;", "INSERT INTO runs (a) VALUES (1);",
        "INSERT INTO test (n_gen) VALUES (load_extension('x'));", "INSERT INTO test VALUES (1",
        "INSERT INTO test VALUES (1, 2, 3);", "INSERT INTO test VALUES (1);",
        "INSERT INTO test (n_gen VALUES (1);", "INSERT INTO test VALUES ('a);",
        "CREATE TABLE other (a);", "CREATE TRIGGER test;", "SELECT 1;", "INSERT INTO test"}) {
    EXPECT_THAT(error_of([&] { imported_text(table + statement, "llama-bench-sql"); }),
                HasSubstr("file"))
        << statement;
  }
  EXPECT_THAT(error_of([&] { imported_text(table + "DROP TABLE test;"); }), HasSubstr("file:2"));
}

TEST(LlamaBenchImport, RefusesRowsThatMakeNoSense) {
  EXPECT_THAT(error_of([] { imported_text("[]", "llama-bench-json"); }), HasSubstr("no row"));
  EXPECT_THAT(error_of([] { imported_text("[{]", "llama-bench-json"); }), HasSubstr("byte"));
  EXPECT_THAT(error_of([] { imported_text("[{\"a\":{}}]", "llama-bench-json"); }),
              HasSubstr("object inside"));
  EXPECT_THAT(error_of([] { imported_text("{\"n_gen\":1}", "llama-bench-json"); }),
              HasSubstr("n_prompt"));
  EXPECT_THAT(error_of([] { imported_text(row(", \"poll\": 1")); }), HasSubstr("twice"));
  std::string negative = row();
  negative.replace(negative.find("[ 100"), 5, "[ -10");
  EXPECT_THAT(error_of([&] { imported_text(negative); }), HasSubstr("below 0"));
  std::string fraction = row();
  fraction.replace(fraction.find("[ 100"), 5, "[ 1.5");
  EXPECT_THAT(error_of([&] { imported_text(fraction); }), HasSubstr("whole"));
  const std::string cut = row() + "\n" + row().substr(0, 90);
  EXPECT_THAT(error_of([&] { imported_text(cut); }), HasSubstr("line 2"));
  EXPECT_THAT(error_of([] { imported_text(std::string(1000, '['), "llama-bench-json"); }),
              HasSubstr("file"));
}

TEST(LlamaBenchImport, StoresNothingOfAFileThatBreaksOffInTheMiddle) {
  const TestFolder folder;
  Store store(folder / "a.db", OpenMode::read_write);
  std::string text;
  for (int i = 0; i < 2000; ++i) text += row() + "\n";
  const ImportSource source{"file", {{"file", text + "{\"n_gen\": "}}};
  EXPECT_THAT(error_of([&] { store.merge_run(import_results(source), "file"); }),
              HasSubstr("line 2001"));
  EXPECT_TRUE(store.list_runs().empty());
  const ImportSource whole{"file", {{"file", text}}};
  EXPECT_EQ(store.merge_run(import_results(whole), "file").records_added, 2000);
  EXPECT_EQ(store.known_cases().size(), 1U);
}

}  // namespace
}  // namespace ridgepoint
