// The command line as a person meets it: each command once the right way, and each mistake once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/command_test.h"

namespace ridgepoint::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CommandLine : public CommandTest {
 protected:
  [[nodiscard]] ProgramResult ridgepoint(std::vector<std::string> arguments,
                                         int interrupt_after_ms = 0) const {
    if (!arguments.empty() && arguments.front() == "run") {
      // One quick process a case, whatever the machine does meanwhile.
      const std::vector<std::string> calm = {"--processes",       "1",  "--stationarity", "off",
                                             "--remeasure-noisy", "off"};
      arguments.insert(arguments.begin() + 1, calm.begin(), calm.end());
    }
    return CommandTest::ridgepoint(std::move(arguments), interrupt_after_ms);
  }

  /// A run of two null cases, stored in the default database; returns its JSON export.
  [[nodiscard]] nlohmann::json run_null_cases() const {
    const auto result =
        ridgepoint({"run", "--backend", "null", "--model", "byte-llama-6m", "--prompt", "8",
                    "--generate", "4", "--batch", "1,2", "--repetitions", "3"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return exported("latest");
  }

  [[nodiscard]] nlohmann::json exported(const std::string& run) const {
    const auto result = ridgepoint({"export", run, "--format", "json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }

  void expect_one_line_refusal(const std::vector<std::string>& arguments,
                               const ::testing::Matcher<std::string>& line) const {
    const auto result = ridgepoint(arguments);
    SCOPED_TRACE(::testing::PrintToString(arguments));
    expect_one_line(result, line);
    EXPECT_EQ(result.out, "");
  }
};

TEST_F(CommandLine, HelpNamesEveryCommand) {
  const auto result = ridgepoint({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  for (const char* command : {"run", "resume", "rerun", "list", "show", "export", "import", "merge",
                              "backup", "model", "doctor"}) {
    EXPECT_THAT(result.out, HasSubstr(command));
  }
  EXPECT_THAT(result.out, Not(HasSubstr("measure  ")));
}

TEST_F(CommandLine, RunStoresEveryCaseAndExportGivesItBack) {
  const auto json = run_null_cases();
  EXPECT_EQ(json["format"], "ridgepoint-run");
  EXPECT_EQ(json["records"].size(), 2U);
  for (const auto& record : json["records"]) EXPECT_EQ(record["outcome"], "ok");
}

TEST_F(CommandLine, EveryCommandTakesAnotherDatabase) {
  const std::string database = folder_.file("other.db");
  const auto result = ridgepoint({"run", "--db", database, "--backend", "null", "--prompt", "8"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(database));
  EXPECT_EQ(ridgepoint({"show", "--db", database}).exit_code, 0);
  EXPECT_EQ(ridgepoint({"list", "runs", "--db", database}).exit_code, 0);
  expect_one_line_refusal({"show"}, HasSubstr("ridgepoint.db"));
}

TEST_F(CommandLine, ShowPrintsARowForEachCase) {
  const auto ignored = run_null_cases();
  const auto result = ridgepoint({"show"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("null"), HasSubstr("byte-llama-6m")));
}

TEST_F(CommandLine, RerunRepeatsAllCasesOrOne) {
  const auto first = run_null_cases();
  const std::string id = first["run"]["id"];
  ASSERT_EQ(ridgepoint({"rerun", id}).exit_code, 0);
  const auto again = exported("latest");
  EXPECT_NE(again["run"]["id"], id);
  EXPECT_EQ(again["records"].size(), 2U);
  EXPECT_EQ(again["records"][0]["case"], first["records"][0]["case"]);

  ASSERT_EQ(ridgepoint({"rerun", id + "/1"}).exit_code, 0);
  const auto one = exported("latest");
  ASSERT_EQ(one["records"].size(), 1U);
  EXPECT_EQ(one["records"][0]["case"], first["records"][1]["case"]);
  expect_one_line_refusal({"rerun", id + "/7"}, HasSubstr("no case"));
}

TEST_F(CommandLine, TheLineInListCasesRerunsTheCase) {
  const auto json = run_null_cases();
  const auto listing = ridgepoint({"list", "cases"});
  EXPECT_EQ(listing.exit_code, 0);
  EXPECT_THAT(listing.out, HasSubstr("--backend null"));
  EXPECT_THAT(listing.out, HasSubstr("--batch 2"));
}

TEST_F(CommandLine, EveryLineInListCasesIsTakenBack) {
  // An operator whose fields have two words in their names, and a case of a model.
  ASSERT_EQ(ridgepoint({"run", "--op", "attention", "--backend", "null", "--",
                        "--benchmark_min_time=0.001"})
                .exit_code,
            0);
  const auto json = run_null_cases();
  std::istringstream listing(ridgepoint({"list", "cases"}).out);
  int lines = 0;
  for (std::string line; std::getline(listing, line);) {
    const auto first = line.find("--workload");
    if (first == std::string::npos) continue;
    std::istringstream words(line.substr(first));
    std::vector<std::string> arguments{"run"};
    for (std::string word; words >> word;) arguments.push_back(word);
    EXPECT_EQ(ridgepoint(arguments).exit_code, 0) << line;
    ++lines;
  }
  EXPECT_EQ(lines, 3);
}

TEST_F(CommandLine, LoadingStoresWhatItMeasured) {
  const std::string file = folder_.file("model.bin");
  std::ofstream(file) << std::string(100'000, 'x');
  const auto result = ridgepoint({"loading", file, "--rounds", "1", "--state", "warm"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("read by every thread"));
  EXPECT_EQ(exported("latest")["records"].size(), 4U);
  expect_one_line_refusal({"loading", folder_.file("none")}, HasSubstr("No such file"));
}

TEST_F(CommandLine, WordsThatNobodyKnowsAreNamedWithThoseThatThereAre) {
  expect_one_line_refusal({"list", "bogus"}, AllOf(HasSubstr("'bogus'"), HasSubstr("runs, ")));
  expect_one_line_refusal({"list"}, HasSubstr("say what: runs, "));
  expect_one_line_refusal({"model", "inf"}, HasSubstr("did you mean 'info'?"));
  expect_one_line_refusal({"run", "--backend", "null,reference"},
                          HasSubstr("--backend A --backend B"));
  expect_one_line_refusal(
      {"run", "--op", "add", "--rows", "1,2", "--backend", "null", "--", "--benchmark_out=x.json"},
      HasSubstr("--processes 1"));
}

TEST_F(CommandLine, StoppingOptionsThatContradictEachOtherAreRefused) {
  const auto refusal = [&](std::vector<std::string> options, const std::string& line) {
    for (const char* command : {"run", "profile"}) {
      std::vector<std::string> arguments{command, "--op", "add", "--backend", "null"};
      arguments.insert(arguments.end(), options.begin(), options.end());
      // Not this fixture's own way, which asks for one process itself.
      expect_one_line(CommandTest::ridgepoint(arguments), HasSubstr(line));
    }
  };
  refusal({"--processes", "8", "--most-processes", "4"}, "--processes 8 and --most-processes 4");
  refusal({"--processes", "1", "--precision-percent", "2"}, "--precision-percent 2");
  refusal({"--case-budget-seconds", "9", "--time-limit-seconds", "5"}, "--time-limit-seconds 5");
  const std::string file = folder_.file("mine.toml");
  std::ofstream(file) << "[options]\nprocesses = 8\n[[group]]\nworkload = \"op\"\nop = \"add\"\n";
  expect_one_line(CommandTest::ridgepoint({"run", "--suite", file, "--most-processes", "4"}),
                  HasSubstr("--processes 8 and --most-processes 4"));
}

TEST_F(CommandLine, AnOptionThatMeansNothingIsRefused) {
  expect_one_line_refusal({"run", "--backend", "null", "--rows", "4"},
                          HasSubstr("rows: means nothing"));
  expect_one_line_refusal({"run", "--backend", "null", "--op", "rope", "--prompt", "3"},
                          HasSubstr("prompt: means nothing"));
  expect_one_line_refusal({"run", "--backend", "null", "--workload", "llm", "--op", "rms_norm"},
                          HasSubstr("op: no group"));
  expect_one_line_refusal(
      {"run", "--backend", "null", "--model",
       std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/models/llama/model.gguf", "--type",
       "q8_0"},
      HasSubstr("type: means nothing"));
}

TEST_F(CommandLine, OutputThatDoesNotArriveIsAnError) {
  const auto json = run_null_cases();
  for (const char* command : {"--help", "list backends", "show", "export latest", "doctor"}) {
    const auto result =
        run_program({"/bin/sh", "-c", ridgepoint_path() + " " + command + " >/dev/full"},
                    {"XDG_DATA_HOME=" + folder_.path().string()});
    SCOPED_TRACE(command);
    expect_one_line(result, HasSubstr("No space left on device"));
  }
}

TEST_F(CommandLine, ListsWhatThereIs) {
  EXPECT_THAT(ridgepoint({"list", "backends"}).out,
              AllOf(HasSubstr("null"), HasSubstr("reference"), HasSubstr("latency_ns")));
  EXPECT_THAT(ridgepoint({"list", "suites"}).out,
              AllOf(HasSubstr("smoke"), HasSubstr("llm"), HasSubstr("ops")));
  EXPECT_THAT(
      ridgepoint({"list", "shapes"}).out,
      AllOf(HasSubstr("tinyllama-1.1b"), HasSubstr("llama-3.1-405b"), HasSubstr("gpt-oss-120b")));
}

TEST_F(CommandLine, MergeIsIdempotent) {
  const auto json = run_null_cases();
  const std::string other = folder_.file("merged.db");
  const std::string own = folder_.file("ridgepoint/ridgepoint.db");
  ASSERT_EQ(ridgepoint({"merge", own, "--db", other}).exit_code, 0);
  const auto again = ridgepoint({"merge", own, "--db", other});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.out,
              HasSubstr("0 runs added, 1 known already; 0 records added, 2 known already"));
}

TEST_F(CommandLine, TagsAndNotesAreWrittenAndShownAndTakenAway) {
  const auto json = run_null_cases();
  EXPECT_THAT(ridgepoint({"tag", "latest", "paper", "best"}).out, HasSubstr("tags best, paper\n"));
  EXPECT_THAT(ridgepoint({"note", "latest", "fan was off"}).out, HasSubstr("noted"));
  EXPECT_THAT(ridgepoint({"list", "runs"}).out,
              AllOf(HasSubstr("best paper"), HasSubstr("fan was off")));
  EXPECT_THAT(ridgepoint({"show", "latest"}).out,
              AllOf(HasSubstr("Tags: best, paper\n"), HasSubstr("Note: fan was off\n")));
  EXPECT_THAT(ridgepoint({"tag", "latest", "best", "--remove"}).out, HasSubstr("tags paper\n"));
  EXPECT_THAT(ridgepoint({"note", "latest", ""}).out, HasSubstr("no note"));
  expect_one_line_refusal({"tag", "latest", "two words"}, HasSubstr("holds a blank or a comma"));
  expect_one_line_refusal({"tag", "latest", "best", "--remove"},
                          HasSubstr("has no tag 'best'; it has paper"));
  expect_one_line_refusal({"tag", "latest"}, HasSubstr("NAME"));
  expect_one_line_refusal({"note", "nobody", "x"}, HasSubstr("no run 'nobody'"));
  const std::string none = folder_.file("none.db");
  expect_one_line_refusal({"tag", "latest", "x", "--db", none}, HasSubstr("no database at"));
  EXPECT_FALSE(std::filesystem::exists(none));
}

TEST_F(CommandLine, BackupIsWholeAndNeverOverwrites) {
  const auto json = run_null_cases();
  const std::string copy = folder_.file("copy.db");
  ASSERT_EQ(ridgepoint({"backup", copy}).exit_code, 0);
  EXPECT_EQ(ridgepoint({"show", "--db", copy}).out, ridgepoint({"show"}).out);
  expect_one_line_refusal({"backup", copy}, HasSubstr("copy.db"));
}

TEST_F(CommandLine, AnExportImportsIntoAnotherDatabaseOnce) {
  const auto json = run_null_cases();
  const std::string file = folder_.file("run.json");
  const std::string other = folder_.file("imported.db");
  ASSERT_EQ(ridgepoint({"export", "latest", "-o", file}).exit_code, 0);
  ASSERT_EQ(ridgepoint({"import", file, "--db", other}).exit_code, 0);
  ASSERT_EQ(ridgepoint({"import", file, "--db", other}).exit_code, 0);
  const auto back = ridgepoint({"export", "latest", "--format", "json", "--db", other});
  EXPECT_EQ(nlohmann::json::parse(back.out), json);
}

TEST_F(CommandLine, ImportsOtherProgramsResultsAndShowsThemThroughALens) {
  const std::string golden = RIDGEPOINT_SOURCE_DIR "/tests/golden/imports/";
  for (const char* name :
       {"google-benchmark/results.json", "llama-bench/llama_bench.sql", "loadgen-server-tokens",
        "vllm/summary.json", "aiperf", "nvbench/copy.json"}) {
    const auto result = ridgepoint({"import", golden + name});
    EXPECT_EQ(result.exit_code, 0) << name << "\n" << result.err;
    EXPECT_THAT(result.out, ::testing::ContainsRegex("1 record added|(3|4|11) records added"))
        << name;
  }
  const auto detailed = ridgepoint({"import", golden + "vllm/detailed.json", "--format", "vllm"});
  ASSERT_EQ(detailed.exit_code, 0) << detailed.err;
  const std::string id = detailed.out.substr(4, 36);
  const auto seen = ridgepoint({"show", id, "--lens", "guidellm"});
  EXPECT_EQ(seen.exit_code, 0) << seen.err;
  EXPECT_THAT(seen.out, AllOf(HasSubstr("time_per_output_token_ms"), HasSubstr("As guidellm")));
  expect_one_line_refusal({"show", id, "--lens", "gollum"}, HasSubstr("guidellm"));
  const auto runs = ridgepoint({"list", "runs"}).out;
  EXPECT_THAT(runs, HasSubstr("detailed.json")) << "a run without a name has its file's";
  EXPECT_THAT(runs, HasSubstr("vllm bench serve"));
  const auto help = ridgepoint({"import", "--help"});
  EXPECT_THAT(help.out, AllOf(HasSubstr("llama-bench-sql"), HasSubstr("google-benchmark"),
                              HasSubstr("mlperf_log_summary.txt")));
}

TEST_F(CommandLine, ShowsItsOwnRunsThroughALens) {
  const auto ignored = run_null_cases();
  const auto result = ridgepoint({"show", "--lens", "vllm"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("mean_tpot_ms"), HasSubstr("from 3 requests")));
}

TEST_F(CommandLine, RefusesABadFileOfEveryFormatInOneLine) {
  const std::pair<const char*, const char*> bad[] = {
      {"ridgepoint", R"({"format":"ridgepoint-run","version":1)"},
      {"google-benchmark", R"({"context":{},"benchmarks":[{"name":3}]})"},
      {"nvbench", R"({"meta":{"version":{"nvbench":{}}},"benchmarks":[3]})"},
      {"llama-bench-json", R"([{"build_commit":"a","n_gen":1,"n_prompt":"many"}])"},
      {"llama-bench-sql", "CREATE TABLE test (n_gen INTEGER);\nDELETE FROM test;\n"},
      {"loadgen", "MLPerf Results Summary\nSUT name : none\n"},
      {"aiperf", R"({"aiperf_version":"1","request_latency":{"avg":"?"}})"},
      {"vllm",
       R"({"model_id":"m","request_rate":1,"request_throughput":1,"ttfts":[0.1],"itls":[]})"},
  };
  for (const auto& [format, text] : bad) {
    const std::string file = folder_.file(std::string(format) + ".txt");
    std::ofstream(file) << text;
    expect_one_line_refusal({"import", file}, HasSubstr(file));
    expect_one_line_refusal({"import", file, "--format", format}, HasSubstr(file));
  }
  const std::string file = folder_.file("letter.txt");
  std::ofstream(file) << "Dear all,\n";
  expect_one_line_refusal({"import", file}, AllOf(HasSubstr("letter.txt"), HasSubstr("AIPerf")));
  expect_one_line_refusal({"import", file, "--format", "letter"}, HasSubstr("google-benchmark"));
  expect_one_line_refusal({"import", folder_.path().string()}, HasSubstr("mlperf_log_detail.txt"));
}

TEST_F(CommandLine, ExportsCsvAndMarkdown) {
  const auto json = run_null_cases();
  const auto csv = ridgepoint({"export", "latest", "--format", "csv"});
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 3);
  EXPECT_THAT(ridgepoint({"export", "latest", "--format", "markdown"}).out, HasSubstr("|---"));
  expect_one_line_refusal({"export", "latest", "--format", "xml"}, HasSubstr("json"));
}

TEST_F(CommandLine, ModelMakeThenInfoThenRun) {
  const std::string file = folder_.file("model.gguf");
  ASSERT_EQ(ridgepoint({"model", "make", "--shape", "byte-llama-6m", "--type", "q8_0", "-o", file})
                .exit_code,
            0);
  EXPECT_THAT(ridgepoint({"model", "info", file}).out,
              AllOf(HasSubstr("llama"), HasSubstr("q8_0"), HasSubstr("synthetic, seed 1"),
                    HasSubstr("KV a token")));
  const auto result =
      ridgepoint({"run", "--model", file, "--prompt", "8", "--generate", "3", "--backend",
                  "reference", "--repetitions", "2", "--case-budget-seconds", "1"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto json = exported("latest");
  EXPECT_EQ(json["records"][0]["outcome"], "ok") << json["records"][0]["reason"];
  EXPECT_THAT(result.out, HasSubstr("synthetic"));
}

TEST_F(CommandLine, ModelTransformWritesOtherTypes) {
  const std::string file = folder_.file("small.gguf");
  const auto result =
      ridgepoint({"model", "transform", "byte-llama-6m", "--to", "q4_k_m+attn_k=q8_0", "-o", file});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("q4_k"), HasSubstr("relative error")));
  EXPECT_THAT(ridgepoint({"model", "info", file, "--tensors"}).out,
              AllOf(HasSubstr("trained"), HasSubstr("blk.0.attn_k.weight"), HasSubstr("q8_0")));
  const std::string again = folder_.file("again.gguf");
  EXPECT_EQ(
      ridgepoint({"model", "transform", file, "--to", "auto:error=0.3:among=gguf", "-o", again})
          .exit_code,
      0);
  expect_one_line_refusal({"model", "transform", file, "--to", "q8", "-o", again},
                          AllOf(HasSubstr("q8_channel"), HasSubstr("q8_0")));
  expect_one_line_refusal({"model", "transform", file, "--to", "q9", "-o", again},
                          HasSubstr("unknown 'q9'"));
}

TEST_F(CommandLine, TransformIsAnAxisOfARun) {
  const auto result =
      ridgepoint({"run", "--prompt", "8", "--generate", "2", "--backend", "reference",
                  "--repetitions", "2", "--case-budget-seconds", "1", "--transform",
                  "none,q8,w4a16:group=64+ffn_down=f16,fp8:scale=tensor,auto:error=0.01"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  const auto json = exported("latest");
  ASSERT_EQ(json["records"].size(), 5U);
  EXPECT_FALSE(json["planned"][0]["case"].contains("transform"));
  EXPECT_EQ(json["planned"][1]["case"]["transform"], "q8");
  for (const auto& record : json["records"]) EXPECT_EQ(record["outcome"], "ok") << record["reason"];
  expect_one_line_refusal({"run", "--transform", "q9"}, HasSubstr("transform: unknown 'q9'"));
}

TEST_F(CommandLine, BundledModelIsDescribedByName) {
  EXPECT_THAT(ridgepoint({"model", "info", "byte-llama-6m"}).out,
              AllOf(HasSubstr("6426880"), HasSubstr("bf16")));
}

TEST_F(CommandLine, OperatorCasesTakeGoogleBenchmarkFlags) {
  const auto result =
      ridgepoint({"run", "--op", "matrix_product", "--rows", "2", "--in", "64", "--out", "64",
                  "--type", "q8_0", "--", "--benchmark_min_time=0.01"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  expect_one_line_refusal({"run", "--op", "matrix_product", "--", "--benchmark_nonsense=1"},
                          HasSubstr("--benchmark_nonsense"));
}

TEST_F(CommandLine, DoctorFindsNothingBrokenAndSaysWhereThingsAre) {
  const auto result = ridgepoint({"doctor"});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.out, AllOf(HasSubstr("ridgepoint.db"), HasSubstr("CPU"), HasSubstr("CUDA")));
}

TEST_F(CommandLine, ControlCKeepsWhatWasMeasuredAndResumeFinishes) {
  const auto stopped =
      ridgepoint({"run", "--backend", "null:latency_ns=20000000", "--prompt", "8", "--generate",
                  "10", "--batch", "1,2,3,4", "--repetitions", "5", "--label", "stopped"},
                 2500);
  EXPECT_EQ(stopped.exit_code, 130) << stopped.out << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr("resume"));
  const auto before = exported("stopped");
  EXPECT_EQ(before["run"]["status"], "interrupted");

  const auto resumed = ridgepoint({"resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  const auto after = exported("stopped");
  EXPECT_EQ(after["run"]["id"], before["run"]["id"]);
  EXPECT_EQ(after["run"]["status"], "finished");
  EXPECT_EQ(after["records"].size(), 4U);
  for (const auto& record : after["records"]) EXPECT_EQ(record["outcome"], "ok");
}

// --- mistakes: one line, exit code 2, nothing lost ---

TEST_F(CommandLine, RefusesAMissingModel) {
  expect_one_line_refusal({"run", "--model", "nowhere.gguf"},
                          AllOf(HasSubstr("nowhere.gguf"), HasSubstr("list shapes")));
}

TEST_F(CommandLine, RefusesATruncatedModelAndSaysAtWhichByte) {
  const std::string file = folder_.file("short.gguf");
  std::ofstream(file, std::ios::binary) << "GGUF\x03" << std::string(3, '\0') << "\x07";
  expect_one_line_refusal({"model", "info", file},
                          AllOf(HasSubstr("short.gguf"), HasSubstr("byte")));
  expect_one_line_refusal({"run", "--model", file},
                          AllOf(HasSubstr("short.gguf"), HasSubstr("byte")));
}

TEST_F(CommandLine, RefusesAnUnknownBackendShapeTypeSuiteAndOption) {
  expect_one_line_refusal({"run", "--backend", "refrence"},
                          AllOf(HasSubstr("refrence"), HasSubstr("reference")));
  expect_one_line_refusal({"run", "--backend", "null:latency=3"}, HasSubstr("latency_ns"));
  expect_one_line_refusal({"run", "--backend", "./libnone.so"}, HasSubstr("libnone.so"));
  const std::string unnameable = folder_.file("\xff.gguf");
  expect_one_line_refusal({"model", "make", "--shape", "tiny", "-o", unnameable},
                          HasSubstr("not UTF-8"));
  EXPECT_FALSE(std::filesystem::exists(unnameable));
  expect_one_line_refusal({"model", "make", "--shape", "llama-9", "-o", folder_.file("x.gguf")},
                          AllOf(HasSubstr("llama-9"), HasSubstr("tinyllama-1.1b")));
  expect_one_line_refusal(
      {"model", "make", "--shape", "gpt2", "--type", "q9", "-o", folder_.file("x.gguf")},
      AllOf(HasSubstr("q9"), HasSubstr("q8_0")));
  expect_one_line_refusal({"run", "--suite", "smok"}, AllOf(HasSubstr("smok"), HasSubstr("smoke")));
  expect_one_line_refusal({"run", "--promt", "3"}, HasSubstr("promt"));
  expect_one_line_refusal({"run", "--prompt", "many"}, HasSubstr("many"));
  expect_one_line_refusal({"run", "--prompt", "0", "--generate", "0"}, HasSubstr("prompt"));
  expect_one_line_refusal({"run", "--batch", "-1"}, HasSubstr("batch"));
  expect_one_line_refusal({"run", "--op", "matmull"},
                          AllOf(HasSubstr("matmull"), HasSubstr("matrix_product")));
  expect_one_line_refusal({"nonsense"}, HasSubstr("nonsense"));
  expect_one_line_refusal({}, HasSubstr("--help"));
}

TEST_F(CommandLine, SaysWhereInASuiteAnOptionIsWrong) {
  const std::string suite = folder_.file("mine.toml");
  std::ofstream(suite) << "[options]\nprocesses = 0\n[[group]]\nbackend = \"null\"\n";
  expect_one_line_refusal({"run", "--suite", suite},
                          HasSubstr("mine.toml:2:1: processes: 0 is out of range"));
}

TEST_F(CommandLine, RefusesASuiteWithAnUnknownKeyAndSaysWhere) {
  const std::string file = folder_.file("mine.toml");
  std::ofstream(file) << "[[group]]\nworkload = \"llm\"\npromt = [3]\n";
  expect_one_line_refusal({"run", "--suite", file},
                          AllOf(HasSubstr("mine.toml:3"), HasSubstr("prompt")));
}

TEST_F(CommandLine, TakesASuitesOptionsUnlessTheyAreTyped) {
  const std::string file = folder_.file("mine.toml");
  std::ofstream(file) << "[options]\nrepetitions = 2\n[[group]]\nbackend = \"null\"\n"
                         "model = \"byte-llama-6m\"\nprompt = 3\n";
  ASSERT_EQ(ridgepoint({"run", "--suite", file}).exit_code, 0);
  EXPECT_EQ(exported("latest")["run"]["options"]["repetitions"], 2);
  ASSERT_EQ(ridgepoint({"run", "--suite", file, "--repetitions", "4"}).exit_code, 0);
  EXPECT_EQ(exported("latest")["run"]["options"]["repetitions"], 4);
  std::ofstream(file) << "[options]\nrepetition = 2\n[[group]]\nprompt = 3\n";
  expect_one_line_refusal({"run", "--suite", file},
                          AllOf(HasSubstr("repetition'"), HasSubstr("repetitions")));
}

TEST_F(CommandLine, RefusesAnOverrideThatNoGroupOfTheSuiteHas) {
  const std::string file = folder_.file("mine.toml");
  std::ofstream(file) << "[[group]]\nworkload = \"llm\"\nprompt = [3]\n";
  expect_one_line_refusal({"run", "--suite", file, "--rows", "3"}, HasSubstr("rows"));
}

TEST_F(CommandLine, RefusesARunThatIsNotThere) {
  const auto ignored = run_null_cases();
  expect_one_line_refusal({"show", "ffffffff"}, HasSubstr("ffffffff"));
  expect_one_line_refusal({"rerun", "ffffffff"}, HasSubstr("ffffffff"));
  expect_one_line_refusal({"merge", folder_.file("none.db")}, HasSubstr("none.db"));
  expect_one_line_refusal({"import", folder_.file("none.json")}, HasSubstr("none.json"));
}

TEST_F(CommandLine, RefusesListsWithEmptyEntries) {
  expect_one_line_refusal({"run", "--backend", "null", "--batch", "1,,2"},
                          AllOf(HasSubstr("--batch 1,,2: entry 2"), HasSubstr("--batch 1,2")));
  expect_one_line_refusal({"run", "--backend", "null", "--prompt", ",32"}, HasSubstr("entry 1"));
  expect_one_line_refusal({"run", "--backend", "null", "--prompt=32,"}, HasSubstr("entry 2"));
  expect_one_line_refusal({"run", "--backend", "null", "--batch=", "4"}, HasSubstr("no value"));
  expect_one_line_refusal({"run", "--backend", "null:latency_ns=5,", "--prompt", "8"},
                          HasSubstr("nothing after the last comma of 'latency_ns=5,'"));
  expect_one_line_refusal({"wall", "--depth", "0,"}, HasSubstr("--depth 0,: entry 2"));
  expect_one_line_refusal({"compare", "a", "b", "--metric", ","}, HasSubstr("without a value"));
}

TEST_F(CommandLine, RefusesADatabaseWithoutAName) {
  expect_one_line_refusal({"run", "--backend", "null", "--db", ""},
                          HasSubstr("--db: an empty name; give a file"));
  expect_one_line_refusal({"merge", ""}, HasSubstr("an empty name"));
  expect_one_line_refusal({"backup", ""}, HasSubstr("an empty name"));
}

TEST_F(CommandLine, RefusesADatabaseThatIsNotOne) {
  const std::string file = folder_.file("notes.db");
  std::ofstream(file) << std::string(4096, 'x');
  expect_one_line_refusal({"run", "--backend", "null", "--db", file}, HasSubstr("notes.db"));
  expect_one_line_refusal({"show", "--db", file}, HasSubstr("notes.db"));
  expect_one_line_refusal({"merge", file}, HasSubstr("notes.db"));
}

TEST_F(CommandLine, RefusesAFullDisk) {
  // /dev/full takes no byte: the closest thing to a full disk that needs no privileges.
  const auto ignored = run_null_cases();
  expect_one_line_refusal({"export", "latest", "-o", "/dev/full"}, HasSubstr("/dev/full"));
}

}  // namespace
}  // namespace ridgepoint::testing
