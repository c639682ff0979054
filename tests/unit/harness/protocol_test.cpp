#include "harness/run/protocol.h"

#include <gtest/gtest.h>

#include <limits>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

template <class T>
T there_and_back(const T& event) {
  const auto line = to_line(Event(event));
  EXPECT_EQ(line.back(), '\n');
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto parsed = parse_event(line.substr(0, line.size() - 1));
  EXPECT_TRUE(parsed.has_value()) << line;
  return std::get<T>(*parsed);
}

TEST(Protocol, CarriesEveryEvent) {
  const auto samples =
      there_and_back(SamplesEvent{"run",
                                  {0, 1, -5, std::numeric_limits<std::int64_t>::max(),
                                   std::numeric_limits<std::int64_t>::min()}});
  EXPECT_EQ(samples.series, "run");
  EXPECT_EQ(samples.values.size(), 5u);
  EXPECT_EQ(samples.values[3], std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(samples.values[4], std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(there_and_back(MetricEvent{"peak_rss_bytes", 1.5e9}).value, 1.5e9);
  EXPECT_EQ(there_and_back(DetailEvent{"check", R"({"a":[1]})"}).json, R"({"a":[1]})");
  const OpTime op{.phase = "decode",
                  .op_id = "layer.0.ffn.down",
                  .op = "matrix_product",
                  .time_ns = std::numeric_limits<std::int64_t>::max(),
                  .passes = 35,
                  .work_flops = 1.5e12,
                  .work_bytes = 0};
  OpTime known = op;
  known.weight_bytes = 5;
  known.kv_bytes = 6;
  known.activation_bytes = 7;
  known.weight_type = "q8_0";
  known.low_ns = 8;
  known.high_ns = 9;
  EXPECT_EQ(there_and_back(OpTimesEvent{{known}}).ops, std::vector<OpTime>{known});
  const OpTime rest{.phase = "decode", .op_id = "", .op = "(not attributed)", .passes = 1};
  EXPECT_EQ(there_and_back(OpTimesEvent{{op, rest}}).ops, (std::vector<OpTime>{op, rest}));
  EXPECT_TRUE(there_and_back(OpTimesEvent{}).ops.empty());
  EXPECT_EQ(there_and_back(ProgressEvent{0.25, "measuring"}).phase, "measuring");
  EXPECT_EQ(there_and_back(FindAnswerEvent{"logits:1"}).key, "logits:1");
  EXPECT_EQ(there_and_back(PutAnswerEvent{"k", "line\nline"}).value, "line\nline");
  const auto done = there_and_back(DoneEvent{Outcome::wrong, "logits differ"});
  EXPECT_EQ(done.outcome, Outcome::wrong);
  EXPECT_EQ(done.reason, "logits differ");
}

TEST(Protocol, ReplacesBytesThatAreNoText) {
  EXPECT_EQ(there_and_back(DoneEvent{Outcome::failed, "bad \xff byte"}).reason,
            "bad \xef\xbf\xbd byte");
}

TEST(Protocol, TakesNothingForAnEventThatIsNone) {
  for (const auto* line : {"", "garbage", "{", "[]", "3", "{}", R"({"event":"party"})",
                           R"({"event":7})", R"({"event":"samples","series":"run"})",
                           R"({"event":"samples","series":"run","values":[1.5]})",
                           R"({"event":"samples","series":"run","values":[18446744073709551615]})",
                           R"({"event":"samples","series":"run","values":["1"]})",
                           R"({"event":"samples","series":3,"values":[1]})",
                           R"({"event":"metric","name":"x","value":"1"})",
                           R"({"event":"metric","name":"x","value":null})",
                           R"({"event":"detail","key":"x","json":"{"})",
                           R"({"event":"done","outcome":"splendid","reason":""})", "\x80\xff",
                           R"({"event":"done","outcome":"ok"})"}) {
    EXPECT_FALSE(parse_event(line).has_value()) << line;
  }
}

TEST(Protocol, TakesNoOpThatCannotBe) {
  const auto line = [](const std::string& ops) {
    return R"({"event":"op_times","ops":)" + ops + "}";
  };
  const auto op = [](const std::string& time, const std::string& passes, const std::string& work) {
    return R"([{"phase":"run","op_id":"a","op":"add","time_ns":)" + time + R"(,"passes":)" +
           passes + R"(,"work_flops":)" + work + R"(,"work_bytes":0}])";
  };
  EXPECT_TRUE(parse_event(line(op("1", "2", "3.5"))).has_value());
  for (const auto& ops :
       {std::string("{}"), std::string("7"), std::string("null"), std::string("[7]"),
        std::string("[{}]"), std::string(R"([{"phase":"run"}])"), op("-1", "2", "3"),
        op("1.5", "2", "3"), op("18446744073709551615", "2", "3"), op("\"1\"", "2", "3"),
        op("1", "0", "3"), op("1", "2", "-3"), op("1", "2", "null"), op("1", "2", "1e999"),
        op("1", "2", "\"3\"")}) {
    EXPECT_FALSE(parse_event(line(ops)).has_value()) << ops;
  }
  EXPECT_FALSE(parse_event(R"({"event":"op_times"})").has_value());
}

TEST(Protocol, CarriesInstructions) {
  Instructions instructions;
  instructions.subject.prompt = 33;
  instructions.subject.model = "a model with spaces.gguf";
  instructions.options.repetitions = 2;
  instructions.plan = {.index = 4, .processes = 3, .share_ns = 12'345};
  instructions.memory_limit_bytes = 123;
  instructions.parent = 77;
  const auto parsed = parse_instructions(to_line(instructions));
  EXPECT_EQ(parsed.subject, instructions.subject);
  EXPECT_EQ(parsed.options, instructions.options);
  EXPECT_EQ(parsed.plan, instructions.plan);
  EXPECT_EQ(parsed.memory_limit_bytes, 123);
  EXPECT_EQ(parsed.parent, 77);
}

TEST(Protocol, RefusesInstructionsThatAreNone) {
  EXPECT_THROW(parse_instructions("hello"), Error);
  EXPECT_THROW(parse_instructions("{}"), Error);
  EXPECT_THROW(parse_answer("{}"), Error);
  EXPECT_EQ(parse_answer(answer_line("")), "");
  EXPECT_EQ(parse_answer(answer_line("x\ny")), "x\ny");
}

}  // namespace
}  // namespace ridgepoint
