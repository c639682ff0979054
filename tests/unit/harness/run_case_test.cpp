#include "harness/run/run_case.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "tests/unit/harness/support/measuring.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::kNeverStop;
using testing::MemoryAnswers;
using testing::model_case;
using testing::op_case;
using testing::quick_options;
using testing::run_in_child;

std::size_t count_of(const Record& record, std::string_view series) {
  const auto* found = record.measurement.find(series);
  return found == nullptr ? 0 : found->samples.size();
}

nlohmann::json details_of(const Record& record) {
  return nlohmann::json::parse(record.details);
}

bool wait_until(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return condition();
}

/// Fields of /proc/PID/stat after the name: state, parent. Empty when there is no such process.
std::string process_state(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto end = text.rfind(')');
  return end == std::string::npos ? std::string() : text.substr(end + 2);
}

bool is_dead(pid_t pid) {
  const auto state = process_state(pid);
  return state.empty() || state[0] == 'Z' || state[0] == 'X';
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr !=
        name.data() + name.size()) {
      continue;
    }
    const auto state = process_state(pid);
    if (state.size() > 2 && state.substr(2, state.find(' ', 2) - 2) == std::to_string(parent)) {
      children.push_back(pid);
    }
  }
  return children;
}

/// A child that is a shell script, to say things that no honest child says.
MeasureProgram script(const std::string& text) {
  return {"/bin/sh", {"-c", text}};
}

Record run_script(const std::string& text, const RunOptions& options = quick_options()) {
  MemoryAnswers answers;
  return run_in_child(model_case("null"), options, answers, kNeverStop, script(text));
}

// ---- honest children ----

TEST(RunCase, BringsEverythingBackFromTheChild) {
  const auto record = run_in_child(model_case("null"), quick_options());
  EXPECT_EQ(record.outcome, Outcome::ok) << record.reason;
  EXPECT_EQ(record.reason, "");
  EXPECT_EQ(count_of(record, "ttft"), 3u);
  EXPECT_EQ(count_of(record, "inter_token"), 9u);
  EXPECT_TRUE(record.measurement.metrics.contains("ttft_ns"));
  EXPECT_TRUE(record.measurement.metrics.contains("peak_rss_bytes"));
  EXPECT_GT(record.started_unix_ns, 0);
  EXPECT_GT(record.duration_ns, 0);
  const auto details = details_of(record);
  EXPECT_EQ(details.dump(), record.details) << "details are canonical";
  EXPECT_EQ(details["backend"]["name"], "null");
  EXPECT_GT(details["limits"]["memory_bytes"].get<std::int64_t>(), 0);
}

TEST(RunCase, BringsLongSeriesBackWhole) {
  RunOptions options = quick_options();
  options.case_budget_seconds = 2;  // on a machine that does much else, too
  const auto record = run_in_child(op_case("null"), options);
  EXPECT_EQ(record.outcome, Outcome::ok) << record.reason;
  EXPECT_EQ(count_of(record, "run"), details_of(record)["stopping"]["samples"]);
  EXPECT_GT(count_of(record, "run"), 10'000u);
}

TEST(RunCase, BringsTheTimesOfOpsBack) {
  const auto record = run_in_child(model_case("reference"), quick_options());
  EXPECT_EQ(record.outcome, Outcome::ok) << record.reason;
  ASSERT_FALSE(record.measurement.op_times.empty());
  EXPECT_EQ(record.measurement.op_times.front().phase, "prefill");
  EXPECT_EQ(record.measurement.op_times.front().op_id, "embedding");
  EXPECT_TRUE(record.measurement.metrics.contains("trace_overhead"));
}

TEST(RunCase, LendsTheChildItsStoredAnswers) {
  MemoryAnswers answers;
  const auto first = run_in_child(model_case("reference"), quick_options(), answers);
  EXPECT_EQ(first.outcome, Outcome::ok) << first.reason;
  ASSERT_EQ(answers.kept.size(), 1u);
  const auto second = run_in_child(model_case("reference"), quick_options(), answers);
  EXPECT_EQ(details_of(second)["check"]["against"], "stored answer");
}

TEST(RunCase, ReportsProgress) {
  MemoryAnswers answers;
  std::vector<std::string> phases;
  run_case(model_case("null"), quick_options(), answers.store, kNeverStop,
           [&](const CaseProgress& progress) { phases.push_back(progress.phase); });
  EXPECT_THAT(phases, ::testing::Contains("measuring"));
}

TEST(RunCase, TurnsAnErrorIntoAReason) {
  auto subject = model_case("reference");
  subject.model = "no-such.gguf";
  const auto record = run_in_child(subject, quick_options());
  EXPECT_EQ(record.outcome, Outcome::failed);
  EXPECT_THAT(record.reason, HasSubstr("no-such.gguf"));
}

TEST(RunCase, EndsACaseAtItsTimeLimitAndKeepsItsSamples) {
  auto options = quick_options();
  options.repetitions = 1'000'000;
  options.case_budget_seconds = 4;  // of which warming up takes a second at most
  options.time_limit_seconds = 2.5;
  const auto record = run_in_child(model_case("null:latency_ns=1000000"), options);
  EXPECT_EQ(record.outcome, Outcome::timed_out);
  EXPECT_THAT(record.reason, HasSubstr("2.5 s"));
  EXPECT_GE(count_of(record, "ttft"), 10u);
  EXPECT_LT(record.duration_ns, 4'500'000'000);
}

TEST(RunCase, StopsWhenAskedAndKeepsWhatWasMeasured) {
  std::atomic<bool> stop{false};
  auto options = quick_options();
  options.repetitions = 1'000'000;
  options.case_budget_seconds = 1000;
  MemoryAnswers answers;
  // Asked in the middle of measuring, which progress tells.
  int measuring = 0;
  const auto record = run_case(model_case("null:latency_ns=1000000"), options, answers.store, stop,
                               [&](const CaseProgress& progress) {
                                 measuring += progress.phase == "measuring" ? 1 : 0;
                                 if (measuring == 12) stop = true;
                               });
  EXPECT_EQ(record.outcome, Outcome::interrupted);
  EXPECT_GE(count_of(record, "ttft"), 10u);
  EXPECT_GE(count_of(record, "inter_token"), 30u);
  EXPECT_EQ(details_of(record)["stopping"]["ended_by"], "stop");
}

TEST(RunCase, EndsAtTheMemoryLimit) {
#ifdef RIDGEPOINT_SANITIZED
  GTEST_SKIP() << "a sanitizer's shadow memory counts as data, so there is no limit";
#endif
  auto subject = op_case("reference");
  subject.in = 8192;
  subject.out = 8192;  // 256 MiB of weights
  auto options = quick_options();
  options.memory_limit_bytes = 100 << 20;
  const auto record = run_in_child(subject, options);
  EXPECT_EQ(record.outcome, Outcome::out_of_memory) << record.reason;
  EXPECT_FALSE(record.reason.empty());
}

// ---- several processes ----

RunOptions options_for(std::int64_t processes, std::int64_t most) {
  auto options = quick_options();
  options.processes = processes;
  options.most_processes = most;
  options.case_budget_seconds = 30;
  options.precision_percent = 1000;  // whatever the machine does meanwhile
  return options;
}

TEST(RunCase, MeasuresByFreshProcessesAndSaysWhichTookWhat) {
  const auto record = run_in_child(model_case("null"), options_for(3, 3));
  EXPECT_EQ(record.outcome, Outcome::ok) << record.reason;
  EXPECT_EQ(record.measurement.find("ttft")->process_counts, (std::vector<std::int64_t>{3, 3, 3}));
  EXPECT_EQ(record.measurement.find("inter_token")->process_counts,
            (std::vector<std::int64_t>{9, 9, 9}));
  EXPECT_EQ(record.measurement.metrics.at("repetitions"), 9);
  EXPECT_TRUE(record.measurement.metrics.contains("precision_percent"));
  const auto details = details_of(record);
  EXPECT_EQ(details["stopping"]["processes"], 3);
  EXPECT_EQ(details["stopping"]["repetitions"], 9);
  EXPECT_EQ(details["stopping"]["ended_by"], "precision");
  EXPECT_EQ(details["processes"].size(), 3U);
  EXPECT_EQ(details.dump(), record.details) << "details are canonical";
}

TEST(RunCase, GoesOnUntilTheMostProcessesWhereThePrecisionIsOutOfReach) {
  auto options = options_for(2, 4);
  options.precision_percent = 0.001;
  const auto record = run_in_child(model_case("reference"), options);
  EXPECT_EQ(details_of(record)["stopping"]["ended_by"], "processes");
  EXPECT_EQ(details_of(record)["stopping"]["processes"], 4);
}

TEST(RunCase, ChecksAnswersOnceAndHoldsTheOtherProcessesToTheSameTokens) {
  MemoryAnswers answers;
  const auto record = run_in_child(model_case("reference"), options_for(3, 3), answers);
  EXPECT_EQ(record.outcome, Outcome::ok) << record.reason;
  EXPECT_EQ(answers.kept.size(), 1U);
  const auto details = details_of(record);
  EXPECT_TRUE(details["check"]["compared"]);
  EXPECT_TRUE(details["tokens"].is_string());
}

TEST(RunCase, SeesThatAProcessChoseOtherTokens) {
  const TemporaryFolder folder;
  const std::string marker = folder.file("marker");
  MemoryAnswers answers;
  const auto record = run_in_child(
      model_case("null"), options_for(3, 3), answers, kNeverStop,
      script("t=a; [ -e " + marker + " ] && t=b; touch " + marker +
             "; echo '{\"event\":\"detail\",\"key\":\"tokens\",\"json\":\"\\\"'$t'\\\"\"}' >&4;"
             "echo '{\"event\":\"done\",\"outcome\":\"ok\",\"reason\":\"\"}' >&4"));
  EXPECT_EQ(record.outcome, Outcome::wrong);
  EXPECT_THAT(record.reason, HasSubstr("process 2 chose other tokens"));
}

TEST(RunCase, EndsAtTheFirstProcessThatFailsAndKeepsWhatTheOthersBrought) {
  const TemporaryFolder folder;
  const std::string marker = folder.file("marker");
  MemoryAnswers answers;
  const auto record =
      run_in_child(model_case("null"), options_for(3, 5), answers, kNeverStop,
                   script("echo '{\"event\":\"samples\",\"series\":\"ttft\",\"values\":[5,6]}' >&4;"
                          "[ -e " +
                          marker + " ] && { echo 'out of luck' >&2; exit 7; }; touch " + marker +
                          "; echo '{\"event\":\"detail\",\"key\":\"stopping\",\"json\":\"7\"}' >&4;"
                          "echo '{\"event\":\"done\",\"outcome\":\"ok\",\"reason\":\"\"}' >&4"));
  EXPECT_EQ(record.outcome, Outcome::failed);
  EXPECT_THAT(record.reason, HasSubstr("process 2: exited with code 7"));
  EXPECT_THAT(details_of(record)["output_tail"].get<std::string>(), HasSubstr("out of luck"));
  EXPECT_EQ(record.measurement.find("ttft")->process_counts, (std::vector<std::int64_t>{2, 2}));
}

TEST(RunCase, MistrustsAMachineThatRunsAThirdAsFastForAWhile) {
  auto options = options_for(2, 2);
  options.stationarity = true;
  MemoryAnswers answers;
  const auto record = run_in_child(
      op_case("null"), options, answers, kNeverStop,
      script("say() { echo '{\"event\":\"samples\",\"series\":\"run\",\"values\":['$1']}' >&4; };"
             "for i in 1 2 3 4; do say 1650000,1651000,1649000,1650500; done;"
             "for i in 1 2 3; do say 5100000,5101000,5099000,5100500; done;"
             "for i in 1 2 3 4; do say 1650000,1651000,1649000,1650500; done;"
             "echo '{\"event\":\"done\",\"outcome\":\"ok\",\"reason\":\"\"}' >&4"));
  EXPECT_EQ(record.outcome, Outcome::mistrusted);
  EXPECT_THAT(record.reason, HasSubstr("flips 4 times between two levels: 1.65 ms (first samples 0 "
                                       "to 15, 73 %) and 5.10 ms (first samples 16 to 27, 27 %)"));
  EXPECT_EQ(record.measurement.find("run")->process_counts, (std::vector<std::int64_t>{44, 44}));
}

TEST(RunCase, GivesACaseOfWhichThreeDoNotFitItsBudgetToOneProcess) {
  auto options = options_for(3, 5);
  options.case_budget_seconds = 0.5;
  const auto record = run_in_child(model_case("null:latency_ns=50000000"), options);
  EXPECT_EQ(record.outcome, Outcome::ok) << record.reason;
  const auto stopping = details_of(record)["stopping"];
  EXPECT_EQ(stopping["ended_by"], "alone");
  EXPECT_TRUE(stopping["reached_percent"].is_null());
  EXPECT_TRUE(record.measurement.find("ttft")->process_counts.empty());
}

TEST(RunCase, MeasuredAgainKeepsEverySampleOfBefore) {
  MemoryAnswers answers;
  const auto options = options_for(2, 2);
  auto earlier = run_in_child(model_case("null"), options, answers);
  earlier.id = "the-earlier-one";
  const auto record = remeasure_case(earlier, options, answers.store, kNeverStop, {});
  EXPECT_EQ(record.outcome, Outcome::ok) << record.reason;
  const auto* ttft = record.measurement.find("ttft");
  EXPECT_EQ(ttft->process_counts, (std::vector<std::int64_t>{3, 3, 3, 3}));
  const auto& before = earlier.measurement.find("ttft")->samples;
  EXPECT_TRUE(std::equal(before.begin(), before.end(), ttft->samples.begin()));
  const auto details = details_of(record);
  EXPECT_EQ(details["remeasured"]["replaces"], "the-earlier-one");
  EXPECT_EQ(details["remeasured"]["processes_before"], 2);
  EXPECT_EQ(details["processes"].size(), 4U);
  EXPECT_EQ(details["stopping"]["repetitions"], 12);
}

// ---- children that break ----

TEST(RunCase, NamesTheSignalOfACrashAndTheLastWords) {
  const auto record =
      run_script("echo first line; echo 'assertion x > 0 failed' >&2; kill -SEGV $$");
  EXPECT_EQ(record.outcome, Outcome::failed);
  EXPECT_THAT(record.reason, HasSubstr("SIGSEGV"));
  EXPECT_THAT(record.reason, HasSubstr("assertion x > 0 failed"));
  EXPECT_THAT(details_of(record)["output_tail"].get<std::string>(), HasSubstr("first line"));
}

TEST(RunCase, TakesAKillThatItDidNotSendForMemory) {
  const auto record = run_script("kill -KILL $$");
  EXPECT_EQ(record.outcome, Outcome::out_of_memory);
  EXPECT_THAT(record.reason, HasSubstr("killed by the kernel"));
}

TEST(RunCase, KnowsAnAllocationThatFailedOnAnotherThread) {
  const auto record = run_script(
      "echo \"terminate called after throwing an instance of 'std::bad_alloc'\" >&2; kill -ABRT "
      "$$");
  EXPECT_EQ(record.outcome, Outcome::out_of_memory);
}

TEST(RunCase, WantsAResultFromAChildThatExits) {
  const auto record = run_script("exit 3");
  EXPECT_EQ(record.outcome, Outcome::failed);
  EXPECT_THAT(record.reason, HasSubstr("exited with code 3 without a result"));
  EXPECT_EQ(run_script("exit 0").outcome, Outcome::failed);
}

TEST(RunCase, SurvivesAChildThatTalksNonsense) {
  const auto record = run_script(
      "echo 'not json' >&4; echo '{\"event\":\"samples\"}' >&4; printf '\\200\\377\\n' >&4;"
      "echo '{\"event\":\"samples\",\"series\":\"ttft\",\"values\":[5,6]}' >&4; printf '{\"ev' "
      ">&4");
  EXPECT_EQ(record.outcome, Outcome::failed);
  EXPECT_EQ(count_of(record, "ttft"), 2u) << "what made sense is kept";
  EXPECT_EQ(details_of(record)["malformed_events"], 3);
}

TEST(RunCase, KeepsTheOpTimesThatMakeSense) {
  const auto record = run_script(
      "echo '{\"event\":\"op_times\",\"ops\":[{\"phase\":\"run\",\"op_id\":\"a\",\"op\":\"add\","
      "\"time_ns\":5,\"passes\":1,\"work_flops\":1,\"work_bytes\":2}]}' >&4;"
      "echo '{\"event\":\"op_times\",\"ops\":[{\"phase\":\"run\",\"time_ns\":-5}]}' >&4;"
      "echo '{\"event\":\"op_times\",\"ops\":3}' >&4");
  ASSERT_EQ(record.measurement.op_times.size(), 1u);
  EXPECT_EQ(record.measurement.op_times[0].op_id, "a");
  EXPECT_EQ(details_of(record)["malformed_events"], 2);
}

TEST(RunCase, KeepsTheResultOfAChildThatTalksNonsenseBesides) {
  const auto record = run_script(
      "echo 'nonsense' >&4; echo '{\"event\":\"done\",\"outcome\":\"ok\",\"reason\":\"\"}' >&4");
  EXPECT_EQ(record.outcome, Outcome::ok);
  EXPECT_EQ(details_of(record)["malformed_events"], 1);
}

TEST(RunCase, NotesADeathAfterTheResult) {
  const auto record = run_script(
      "echo '{\"event\":\"done\",\"outcome\":\"ok\",\"reason\":\"\"}' >&4; kill -SEGV $$");
  EXPECT_EQ(record.outcome, Outcome::ok);
  EXPECT_THAT(details_of(record)["exit"].get<std::string>(), HasSubstr("SIGSEGV"));
}

TEST(RunCase, ReadsAResultThatCameJustBeforeTheEnd) {
  // More than a socket holds at once, then the end.
  const auto record = run_script(
      "i=0; while [ $i -lt 2000 ]; do echo "
      "'{\"event\":\"samples\",\"series\":\"ttft\",\"values\":[1,2,3,4,5,6,7,8,9,10]}' >&4;"
      "i=$((i+1)); done; echo '{\"event\":\"done\",\"outcome\":\"ok\",\"reason\":\"\"}' >&4");
  EXPECT_EQ(record.outcome, Outcome::ok) << record.reason;
  EXPECT_EQ(count_of(record, "ttft"), 20'000u);
}

TEST(RunCase, KillsAChildThatIgnoresTheTimeLimit) {
  auto options = quick_options();
  options.time_limit_seconds = 0.3;
  const auto record = run_script("trap '' TERM; while :; do sleep 0.1; done", options);
  EXPECT_EQ(record.outcome, Outcome::timed_out);
  EXPECT_GE(record.duration_ns, 2'000'000'000);
  EXPECT_LT(record.duration_ns, 6'000'000'000);
}

TEST(RunCase, TakesDescendantsAlong) {
  const auto record = run_script("sleep 1000 & echo $! ; exit 3");
  const auto tail = details_of(record)["output_tail"].get<std::string>();
  const pid_t descendant = std::atoi(tail.c_str());
  ASSERT_GT(descendant, 0) << tail;
  EXPECT_TRUE(wait_until([&] { return is_dead(descendant); }));
}

TEST(RunCase, SurvivesAnAnswerThatNobodyReads) {
  MemoryAnswers answers;
  answers.kept["k"] = std::string(8u << 20, 'x');
  const auto record =
      run_in_child(model_case("null"), quick_options(), answers, kNeverStop,
                   script("echo '{\"event\":\"find\",\"key\":\"k\"}' >&4; sleep 0.3; exit 0"));
  EXPECT_EQ(record.outcome, Outcome::failed);
}

TEST(RunCase, LeavesNoChildBehindWhenTheAnswerStoreFails) {
  AnswerStore answers{[](const std::string&) -> std::string { throw Error("database is locked"); },
                      {}};
  EXPECT_THROW(run_case(model_case("reference"), quick_options(), answers, kNeverStop, {}), Error);
  EXPECT_TRUE(children_of(::getpid()).empty());
}

TEST(RunCase, SaysWhenNothingCanBeStarted) {
  MemoryAnswers answers;
  EXPECT_THROW(run_in_child(model_case("null"), quick_options(), answers, kNeverStop,
                            MeasureProgram{"/no/such/program", {}}),
               Error);
}

TEST(RunCase, LeavesNoOrphanWhenItsOwnProcessIsKilled) {
  const pid_t parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    auto options = quick_options();
    options.repetitions = 1'000'000;
    options.case_budget_seconds = 1000;
    run_in_child(model_case("null:latency_ns=1000000"), options);
    ::_exit(0);
  }
  std::vector<pid_t> children;
  ASSERT_TRUE(wait_until([&] { return !(children = children_of(parent)).empty(); }));
  // Until it measures, its handlers are in place.
  std::this_thread::sleep_for(500ms);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_TRUE(wait_until([&] { return is_dead(children.front()); }));
}

// ---- an engine that somebody else wrote, in its moods ----

class Engine : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto spec = testing::example_engine("ok");
    if (!fs::exists(spec.substr(0, spec.find(':')))) GTEST_SKIP() << "no example engine built";
  }
  static Record run(const std::string& mode, const RunOptions& options = quick_options()) {
    return run_in_child(model_case(testing::example_engine(mode)), options);
  }
};

TEST_F(Engine, ThatIsRightIsOk) {
  const auto record = run("ok");
  EXPECT_EQ(record.outcome, Outcome::ok) << record.reason;
  const auto check = details_of(record)["check"];
  EXPECT_EQ(check["against"], "reference");
  EXPECT_LT(check["error"].get<double>(), 1e-4);
  EXPECT_TRUE(record.measurement.metrics.contains("check_relative_error"));
}

TEST_F(Engine, ThatIsRightInABatchIsOk) {
  auto subject = model_case(testing::example_engine("ok"));
  subject.batch = 3;
  subject.depth = 5;
  const auto record = run_in_child(subject, quick_options());
  EXPECT_EQ(record.outcome, Outcome::ok) << record.reason;
  EXPECT_EQ(details_of(record)["check"]["rows"], 15);
  EXPECT_EQ(details_of(record)["check"]["checked_depth"], 5);
}

TEST_F(Engine, ThatReadsTheOldestTokensWrongIsWrongAtADepthOnly) {
  const auto spec = testing::example_engine("forgetful");
  auto subject = model_case(spec);
  EXPECT_EQ(run_in_child(subject, quick_options()).outcome, Outcome::ok);
  subject.depth = 40;
  const auto record = run_in_child(subject, quick_options());
  EXPECT_EQ(record.outcome, Outcome::wrong) << record.reason;
  EXPECT_EQ(details_of(record)["check"]["checked_depth"], 40);
}

TEST_F(Engine, ThatIsRightHasAllItsChoicesChecked) {
  auto subject = model_case(testing::example_engine("ok"));
  subject.batch = 3;
  subject.depth = 5;
  subject.generate = 40;
  const auto check = details_of(run_in_child(subject, quick_options()))["check"];
  EXPECT_EQ(check["choices_of_each_sequence"], 40);
  EXPECT_EQ(check["choices_checked"], 40);
  EXPECT_EQ(check["choices_of_sequences"], 2);
  EXPECT_EQ(check["choices_the_same"], 80);
  EXPECT_EQ(check["choices_furthest_below_the_best"], 0);
}

TEST_F(Engine, ThatLeavesItsWorkOutOnceNobodyLooksIsWrong) {
  auto subject = model_case(testing::example_engine("lazy"));
  EXPECT_EQ(run_in_child(subject, quick_options()).outcome, Outcome::ok)
      << "it takes no more than 24 tokens";
  subject.generate = 40;
  const auto record = run_in_child(subject, quick_options());
  EXPECT_EQ(record.outcome, Outcome::wrong);
  EXPECT_THAT(record.reason, HasSubstr("generated token"))
      << "the check prompt is too short to show it";
  subject.prompt = 0;
  EXPECT_EQ(run_in_child(subject, quick_options()).outcome, Outcome::wrong)
      << "without a prompt, too";
}

TEST_F(Engine, ThatIsFastAndWrongIsWrong) {
  const auto record = run("wrong");
  EXPECT_EQ(record.outcome, Outcome::wrong);
  EXPECT_THAT(record.reason, HasSubstr("differ from the reference's"));
  EXPECT_EQ(count_of(record, "ttft"), 3u) << "its samples are kept all the same";
}

TEST_F(Engine, ThatGivesNoNumbersIsWrong) {
  const auto record = run("nan");
  EXPECT_EQ(record.outcome, Outcome::wrong);
  EXPECT_THAT(record.reason, HasSubstr("not a number"));
}

TEST_F(Engine, ThatFailsSaysWhy) {
  const auto record = run("error");
  EXPECT_EQ(record.outcome, Outcome::failed);
  EXPECT_FALSE(record.reason.empty());
}

TEST_F(Engine, ThatRefusesIsUnsupported) {
  const auto record = run("refuse");
  EXPECT_EQ(record.outcome, Outcome::unsupported);
  EXPECT_FALSE(record.reason.empty());
}

TEST_F(Engine, ThatCrashesLeavesTheSamplesBefore) {
  auto options = quick_options();
  options.repetitions = 1'000'000;
  options.case_budget_seconds = 100;
  std::size_t kept = 0;
  // How many forwards warming up takes is the machine's to say; four of them are a repetition.
  for (int after = 4000; kept == 0 && after <= 256'000; after *= 4) {
    const auto record = run(fmt::format("crash,after={}", after), options);
    EXPECT_EQ(record.outcome, Outcome::failed) << record.reason;
#ifndef RIDGEPOINT_SANITIZED  // a sanitizer turns the signal into an exit
    EXPECT_THAT(record.reason, HasSubstr("SIGSEGV"));
#endif
    kept = count_of(record, "ttft");
    EXPECT_EQ(count_of(record, "inter_token"), 3 * kept);
  }
  EXPECT_GE(kept, 1u);
}

TEST_F(Engine, ThatHangsIsTimedOut) {
  auto options = quick_options();
  options.time_limit_seconds = 1;
  const auto record = run("hang", options);
  EXPECT_EQ(record.outcome, Outcome::timed_out);
  EXPECT_LT(record.duration_ns, 6'000'000'000);
}

TEST_F(Engine, ThatTakesAllMemoryIsOutOfMemory) {
#ifdef RIDGEPOINT_SANITIZED
  GTEST_SKIP() << "a sanitizer's shadow memory counts as data, so there is no limit";
#endif
  auto options = quick_options();
  options.memory_limit_bytes = 256 << 20;
  EXPECT_EQ(run("leak", options).outcome, Outcome::out_of_memory);
}

TEST_F(Engine, ThatSaysItRanOutOfMemoryIsOutOfMemory) {
  EXPECT_EQ(run("oom").outcome, Outcome::out_of_memory);
}

}  // namespace
}  // namespace ridgepoint
