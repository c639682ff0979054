#include "workloads/suites/suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "tests/support/error_of.h"
#include "workloads/graph/op_graph.h"
#include "workloads/tensor/type.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Suite parse(std::string_view text) {
  return parse_suite(text, "mine", "mine.toml");
}

std::string parse_error(std::string_view text) {
  return error_of([&] { static_cast<void>(parse(text)); });
}
std::string expand_error(std::string_view text,
                         const std::map<std::string, std::vector<std::string>>& overrides = {}) {
  const Suite suite = parse(text);
  return error_of([&] { static_cast<void>(expand(suite, overrides)); });
}

std::vector<std::string> labels(const std::vector<Case>& cases) {
  std::vector<std::string> result;
  for (const Case& value : cases) result.push_back(label(value));
  return result;
}

TEST(Suite, MayAskForTheQualityOfVariants) {
  const auto cases = expand(parse("[[group]]\nworkload = \"quality\"\nkv = [\"f32\", \"f16\"]\n"
                                  "context = 256\nbaseline = \"null\"\n"),
                            {});
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[0].workload, "quality");
  EXPECT_EQ(cases[0].context, 256);
  EXPECT_EQ(cases[1].kv, "f16");
  EXPECT_THAT(parse_error("[[group]]\nworkload = \"quality\"\nprompt = 3\n"),
              HasSubstr("'prompt' means nothing"));
}

TEST(Suite, HandsOnTheOptionsThatItAsksFor) {
  const auto suite = parse_suite(
      "[options]\nprocesses = 5\ncase_budget_seconds = 2.5\nremeasure_noisy = false\n"
      "[[group]]\nprompt = 3\n",
      "mine", "mine.toml");
  std::vector<std::string> options;
  for (const SuiteOption& option : suite.options) {
    options.push_back(option.where + " " + option.name + " " + option.value);
  }
  EXPECT_THAT(options,
              ElementsAre("mine.toml:2:1 processes 5", "mine.toml:3:1 case_budget_seconds 2.5",
                          "mine.toml:4:1 remeasure_noisy false"));
  EXPECT_THAT(parse_error("options = 3\n[[group]]\nprompt = 3\n"), HasSubstr("[options]"));
  EXPECT_THAT(parse_error("[options]\nlabel = \"x\"\n[[group]]\nprompt = 3\n"),
              HasSubstr("label: a text where a number"));
}

TEST(Suite, MultipliesAxesInTheOrderOfTheText) {
  const Suite suite = parse(
      "description = \"what for\"\n[[group]]\nprompt = [64, 8]\nbatch = [4, 1]\n"
      "[[group]]\nprompt = 0\ngenerate = 16\n");
  EXPECT_EQ(suite.name, "mine");
  EXPECT_EQ(suite.description, "what for");
  EXPECT_THAT(labels(expand(suite, {})),
              ElementsAre("llm byte-llama-6m pp64 d0 b4", "llm byte-llama-6m pp64 d0 b1",
                          "llm byte-llama-6m pp8 d0 b4", "llm byte-llama-6m pp8 d0 b1",
                          "llm byte-llama-6m tg16 d0 b1"));
}

TEST(Suite, NamesFileLineColumnAndTheNearestKey) {
  EXPECT_THAT(parse_error("# a comment\n[[group]]\n  promt = 1\n"),
              StartsWith("mine.toml:3:3: unknown key 'promt' (did you mean 'prompt'?)"));
  EXPECT_THAT(parse_error("[[groups]]\nprompt = 1\n"),
              AllOf(StartsWith("mine.toml:1:"), HasSubstr("(did you mean 'group'?)")));
  EXPECT_THAT(parse_error("[[group]]\nzebra = 1\n"),
              AllOf(HasSubstr("2:1: unknown key 'zebra'; known are workload"),
                    Not(HasSubstr("did you mean"))));
  EXPECT_THAT(parse_error("[[group]]\n\"a\\nb\" = 1\n"), HasSubstr("unknown key 'a?b'"));
}

TEST(Suite, RefusesValuesThatNoCaseCanHave) {
  EXPECT_THAT(parse_error("[[group]]\nprompt = [1, 2.5]\n"),
              StartsWith("mine.toml:2:14: prompt: a number with a fraction where a whole number"));
  EXPECT_THAT(parse_error("[[group]]\nprompt = \"1\"\n"), HasSubstr("2:10: prompt: a text where"));
  EXPECT_THAT(parse_error("[[group]]\nmodel = true\n"), HasSubstr("true or false where a text"));
  EXPECT_THAT(parse_error("[[group]]\nmodel = 1979-05-27\n"), HasSubstr("a date or time where"));
  EXPECT_THAT(parse_error("[[group]]\nprompt = [[1]]\n"), HasSubstr("a list where"));
  EXPECT_THAT(parse_error("[[group]]\nprompt = []\n"), HasSubstr("2:10: prompt: empty list"));
  EXPECT_THAT(parse_error("[[group]]\nbatch = 0\n"), HasSubstr("batch: 0 is out of range"));
  EXPECT_THAT(parse_error("[[group]]\nkv = \"f8\"\n"), HasSubstr("kv: unknown value 'f8'"));
  EXPECT_THAT(parse_error("[[group]]\nworkload = \"op\"\n"), HasSubstr("without the key 'op'"));
  EXPECT_THAT(parse_error("[[group]]\nworkload = \"op\"\nop = \"atention\"\n"),
              HasSubstr("3:6: op: unknown operator 'atention' (did you mean 'attention'?)"));
  EXPECT_THAT(parse_error("[[group]]\nheads = 4\n"),
              HasSubstr("2:1: key 'heads' means nothing for any case of this group"));
}

TEST(Suite, CannotAskForWhatWasMeasuredElsewhere) {
  EXPECT_THAT(parse_error("[[group]]\nworkload = \"imported\"\n"),
              AllOf(StartsWith("mine.toml:2:12: workload: "), HasSubstr("measured elsewhere")));
  EXPECT_THAT(parse_error("[[group]]\nname = \"x\"\n"), HasSubstr("unknown key 'name'"));
}

TEST(Suite, RefusesTextThatIsNoSuite) {
  EXPECT_THAT(parse_error(""), HasSubstr("mine.toml: no [[group]]"));
  EXPECT_THAT(parse_error("description = \"x\"\n"), HasSubstr("no [[group]]"));
  EXPECT_THAT(parse_error("description = 1\n"), HasSubstr("description: a whole number where"));
  EXPECT_THAT(parse_error("group = 1\n"), HasSubstr("write [[group]]"));
  EXPECT_THAT(parse_error("[group]\nprompt = 1\n"), HasSubstr("write [[group]]"));
  EXPECT_THAT(parse_error("group = []\n"), HasSubstr("write [[group]]"));
  EXPECT_THAT(parse_error("[[group]\n"), StartsWith("mine.toml:1:"));
  EXPECT_THAT(parse_error("[[group]]\nprompt = 1\nprompt = 2\n"), StartsWith("mine.toml:3:"));
}

TEST(Suite, SaysOfTextThatIsNoTomlWhereWhatAndWhatToDo) {
  const auto line = [](const char* text, const char* place, const char* what) {
    EXPECT_THAT(parse_error(text),
                AllOf(StartsWith(place), HasSubstr(what), HasSubstr("; mend the line: "),
                      Not(HasSubstr("\n")), Not(HasSubstr("..."))));
  };
  line("[[group]]\nbatch = [1,,2]\n", "mine.toml:2:12: not TOML: array: expected value",
       "or closing ']', saw comma");
  line("[[group]]\nop = \"x\n", "mine.toml:2:8: not TOML: string: ", "control characters");
  line("[[group]]\nbatch = \n", "mine.toml:2:9: not TOML: key-value pair: ", "expected value");
  line("[[group\n", "mine.toml:1:8: not TOML: table header: ", "expected ']'");
  line("[[group]]\nbatch = 1\nbatch = 2\n", "mine.toml:3:9: not TOML: ", "cannot redefine");
}

TEST(Suite, RefusesAnEmptyEntryOfAList) {
  EXPECT_THAT(parse_error("[[group]]\nmodel = [\"byte-llama-6m\", \"\"]\n"),
              StartsWith("mine.toml:2:27: model: empty text; give a value"));
}

TEST(Suite, RemovesDuplicatesAndKeepsTheFirst) {
  const Suite suite = parse(
      "[[group]]\nprompt = [8, 8, 16]\n[[group]]\nprompt = [16, 4]\n"
      "[[group]]\nworkload = \"op\"\nop = [\"rms_norm\", \"matrix_product\"]\nout = [64, 128]\n");
  EXPECT_THAT(labels(expand(suite, {})),
              ElementsAre("llm byte-llama-6m pp8 d0 b1", "llm byte-llama-6m pp16 d0 b1",
                          "llm byte-llama-6m pp4 d0 b1", "rms_norm r1 2048",
                          "matrix_product r1 2048x64", "matrix_product r1 2048x128"));
}

constexpr std::string_view kMixed =
    "[[group]]\nprompt = [8, 16]\n"
    "[[group]]\nworkload = \"op\"\nop = [\"rms_norm\", \"matrix_product\"]\n"
    "[[group]]\nworkload = \"op\"\nop = \"add\"\n";

TEST(Suite, OverridesAnAxisWhereItMeansSomething) {
  EXPECT_THAT(labels(expand(parse(kMixed), {{"prompt", {"32"}}})),
              ElementsAre("llm byte-llama-6m pp32 d0 b1", "rms_norm r1 2048",
                          "matrix_product r1 2048x2048", "add r1 2048"));
  EXPECT_THAT(labels(expand(parse(kMixed), {{"type", {"q8_0", "q4_0"}}})),
              ElementsAre("llm byte-llama-6m pp8 d0 b1", "llm byte-llama-6m pp16 d0 b1",
                          "rms_norm r1 2048", "matrix_product q8_0 r1 2048x2048",
                          "matrix_product q4_0 r1 2048x2048", "add r1 2048"));
  EXPECT_THAT(labels(expand(parse("[[group]]\nprompt = 8\n"),
                            {{"model", {"m.gguf", "tinyllama-1.1b"}}, {"type", {"q4_0"}}})),
              ElementsAre("llm m.gguf pp8 d0 b1", "llm tinyllama-1.1b q4_0 pp8 d0 b1"));
}

TEST(Suite, SelectsByWorkloadAndOperator) {
  EXPECT_THAT(labels(expand(parse(kMixed), {{"workload", {"llm"}}})),
              ElementsAre("llm byte-llama-6m pp8 d0 b1", "llm byte-llama-6m pp16 d0 b1"));
  EXPECT_THAT(labels(expand(parse(kMixed), {{"op", {"add", "rms_norm"}}, {"rows", {"4"}}})),
              ElementsAre("rms_norm r4 2048", "add r4 2048"));
  EXPECT_THAT(expand_error(kMixed, {{"op", {"gelu"}}}),
              HasSubstr("op: no group of the suite has gelu"));
}

TEST(Suite, RefusesOverridesThatMeanNothing) {
  EXPECT_THAT(expand_error("[[group]]\nprompt = 8\n", {{"rows", {"4"}}}),
              HasSubstr("rows: means nothing for any case asked for"));
  EXPECT_THAT(expand_error("[[group]]\nprompt = 8\n", {{"type", {"q8_0"}}}),
              HasSubstr("type: means nothing"));
  EXPECT_THAT(expand_error(kMixed, {{"promt", {"4"}}}),
              HasSubstr("unknown axis 'promt' (did you mean 'prompt'?)"));
  EXPECT_THAT(expand_error(kMixed, {{"prompt", {"many"}}}),
              HasSubstr("prompt: 'many' is not a whole number"));
  EXPECT_THAT(expand_error(kMixed, {{"prompt", {}}}), HasSubstr("prompt: no value given"));
  EXPECT_THAT(expand_error(kMixed, {{"prompt", {"0"}}}),
              AllOf(StartsWith("suite mine: prompt and generate are both 0"), HasSubstr("(llm ")));
}

TEST(Suite, RefusesAnAbsurdProductBeforeMakingIt) {
  std::ostringstream list;
  for (int i = 0; i < 400; ++i) list << (i == 0 ? "" : ", ") << i + 1;
  const std::string text = "[[group]]\nprompt = [" + list.str() + "]\ndepth = [" + list.str() +
                           "]\nbatch = [" + list.str() + "]\nseed = [" + list.str() + "]\n";
  EXPECT_THAT(expand_error(text), HasSubstr("more than 100000 cases; shorten the lists"));
  const Suite fine = parse("[[group]]\nprompt = [" + list.str() + "]\nbatch = [" + list.str() +
                           "]\n"
                           "generate = 1\n");
  EXPECT_THAT(error_of([&] { static_cast<void>(expand(fine, {})); }), HasSubstr("100000"));
  EXPECT_EQ(expand(fine, {{"batch", {"1"}}}).size(), 400u);
}

Suite bundled(const std::string& name) {
  const std::filesystem::path path =
      std::filesystem::path(RIDGEPOINT_SOURCE_DIR) / "workloads/suites" / (name + ".toml");
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return parse_suite(text.str(), name, path.string());
}

TEST(BundledSuites, AllParseSayWhatTheyAreForAndExpand) {
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(RIDGEPOINT_SOURCE_DIR) / "workloads/suites")) {
    if (entry.path().extension() != ".toml") continue;
    const Suite suite = bundled(entry.path().stem());
    EXPECT_FALSE(suite.description.empty()) << suite.name;
    EXPECT_FALSE(expand(suite, {}).empty()) << suite.name;
  }
}

TEST(BundledSuites, SmokeIsSmallAndTouchesEveryPart) {
  const std::vector<Case> cases = expand(bundled("smoke"), {});
  EXPECT_LE(cases.size(), 15u);
  std::set<std::string> backends, workloads, ops;
  for (const Case& value : cases) {
    backends.insert(value.backend);
    workloads.insert(value.workload);
    ops.insert(value.op);
    if (value.workload == "llm") {
      EXPECT_EQ(value.model, kBundledModel);
      EXPECT_LE(value.batch * (value.prompt + value.generate), 256) << label(value);
      EXPECT_LE(value.depth + value.prompt + value.generate, 1024) << "beyond the model's context";
    }
  }
  EXPECT_TRUE(backends.contains("reference"));
  EXPECT_TRUE(backends.contains("null"));
  EXPECT_EQ(workloads, (std::set<std::string>{"llm", "op"}));
  EXPECT_TRUE(ops.contains("matrix_product") && ops.contains("attention"));
}

TEST(BundledSuites, LlmCountsPrefillAndDecodeApartAtThreeDepthsAndBatches) {
  const std::vector<Case> cases = expand(bundled("llm"), {});
  EXPECT_EQ(cases.size(), 18u);
  std::set<std::tuple<std::int64_t, std::int64_t, std::int64_t>> prefill, decode;
  for (const Case& value : cases) {
    if (value.generate == 0) {
      prefill.emplace(value.prompt, value.depth, value.batch);
    } else {
      EXPECT_EQ(value.prompt, 0);
      decode.emplace(value.generate, value.depth, value.batch);
    }
  }
  for (const std::int64_t depth : {0, 4096, 16384}) {
    for (const std::int64_t batch : {1, 4, 16}) {
      EXPECT_TRUE(prefill.contains({512, depth, batch})) << depth << ' ' << batch;
      EXPECT_TRUE(decode.contains({128, depth, batch})) << depth << ' ' << batch;
    }
  }
  const std::vector<Case> mine = expand(bundled("llm"), {{"model", {"mine.gguf"}}});
  EXPECT_EQ(mine.size(), 18u);
  EXPECT_EQ(mine[0].model, "mine.gguf");
  EXPECT_EQ(mine[0].type, "") << "a file has its own types";
}

TEST(Suite, HasTransformsAsAnAxis) {
  const auto suite = parse(
      "[[group]]\nmodel = \"m.gguf\"\nprompt = 8\n"
      "transform = [\"none\", \"q8\", \"w4a16+output=f16\"]\n");
  EXPECT_THAT(labels(expand(suite, {})),
              ElementsAre("llm m.gguf pp8 d0 b1", "llm m.gguf q8 pp8 d0 b1",
                          "llm m.gguf w4a16:group=128+output=f16 pp8 d0 b1"));
  EXPECT_THAT(labels(expand(suite, {{"transform", {"fp8", "none"}}})),
              ElementsAre("llm m.gguf fp8 pp8 d0 b1", "llm m.gguf pp8 d0 b1"));
  EXPECT_THAT(expand_error("[[group]]\nmodel = \"m.gguf\"\ntransform = \"q9\"\n", {}),
              HasSubstr("transform: unknown 'q9'"));
}

TEST(BundledSuites, OpsCoversEveryOperatorTypeAndCacheState) {
  std::set<std::string> ops, types_seen, caches;
  for (const Case& value : expand(bundled("ops"), {})) {
    ops.insert(value.op);
    types_seen.insert(value.type);
    caches.insert(value.cache);
  }
  const std::vector<std::string> names = op_names();
  EXPECT_EQ(ops, std::set<std::string>(names.begin(), names.end()));
  EXPECT_EQ(caches, (std::set<std::string>{"warm", "cold-cpu"}));
  for (const TypeInfo& info : types()) {
    if (!info.weight) continue;
    EXPECT_TRUE(types_seen.contains(std::string(info.name))) << info.name;
  }
}

}  // namespace
}  // namespace ridgepoint
