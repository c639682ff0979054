// From the spans of traced passes to a trace of the whole, and through the pipe.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/run/base64.h"
#include "harness/run/protocol.h"
#include "harness/run/trace_keeper.h"
#include "results/store/trace_codec.h"
#include "results/store/trace_of.h"
#include "tests/support/error_of.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST(Base64, IsThatOfTheRfc) {
  const std::pair<const char*, const char*> examples[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : examples) {
    EXPECT_EQ(to_base64(bytes_of(plain)), coded);
    EXPECT_EQ(from_base64(coded), bytes_of(plain));
  }
  for (const char* wrong : {"Z", "Zg=", "Zg==Zg==", "Z===", "Zm9\n", "\xff\xff\xff\xff"}) {
    EXPECT_EQ(from_base64(wrong), std::nullopt) << wrong;
  }
}

TEST(TraceEventLine, ComesBack) {
  const auto event = parse_event(to_line(Event(TraceEvent{bytes_of("\x01\xfe trace")})));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(std::get<TraceEvent>(*event).bytes, bytes_of("\x01\xfe trace"));
  EXPECT_FALSE(parse_event(R"({"event":"trace","base64":"?"})").has_value());
}

TEST(TraceKeeper, KeepsWhatThereIsRoomForAndCountsTheRest) {
  SpanRecorder recorder(10);
  const auto source = recorder.add_source({"graph", {"a"}});
  TraceKeeper keeper("case", 3);
  for (std::int64_t pass = 0; pass < 2; ++pass) {
    recorder.clear();
    for (std::int64_t i = 0; i < 2; ++i) {
      recorder.track(kOpsTrack).add({100 * pass + i, 100 * pass + i + 1, source, 0});
    }
    keeper.add_part("decode", pass, 100 * pass, 100 * pass + 50);
    keeper.add_spans(recorder);
  }
  keeper.add_memory(10, {.weights_bytes = 100, .kv_bytes = 20}, 150);
  keeper.add_memory(60, {.weights_bytes = 100, .kv_bytes = 30}, std::nullopt);
  keeper.add_memory(160, {.weights_bytes = 100, .kv_bytes = 30}, 90);
  const Trace trace = decode_trace(std::move(keeper).finish(recorder));
  ASSERT_EQ(trace.counters.size(), 5U);
  using Point = TracedCounter::Point;
  EXPECT_EQ(trace.counters[0].name, "memory: weights");
  EXPECT_EQ(trace.counters[0].points, (std::vector<Point>{{10, 100}}));
  EXPECT_EQ(trace.counters[1].points, (std::vector<Point>{{10, 20}, {60, 30}}));
  EXPECT_EQ(trace.counters[4].points, (std::vector<Point>{{10, 30}, {160, 0}}))
      << "no less than nothing is beyond the ledger";
  EXPECT_EQ(trace.parts.size(), 2U);
  EXPECT_EQ(count_spans(trace), 3);
  EXPECT_EQ(trace.lines.at(0).dropped, 1);
  EXPECT_EQ(trace.sources.at(0).op_ids.at(0), "a");
}

TEST(TraceOfARecord, HasCountersFromTheWorkOfOps) {
  Record record;
  record.measurement.op_times = {
      {.phase = "prefill", .op_id = "a", .op = "add", .work_flops = 8, .work_bytes = 100}};
  Trace kept;
  kept.sources = {{"graph", {"a"}}};
  kept.parts = {{"prefill", 0, 100, 0}};
  // Two pieces of one prompt: half of the work each.
  kept.lines = {{std::string(kOpsTrack), {{10, 20, 0, 0}, {30, 35, 0, 0}}, 0}};
  record.measurement.trace = encode_trace(kept);
  const Trace trace = trace_of(record);
  ASSERT_EQ(trace.counters.size(), 2U);
  using Point = TracedCounter::Point;
  EXPECT_EQ(trace.counters[0].points,
            (std::vector<Point>{{10, 5e9}, {20, 0}, {30, 10e9}, {35, 0}}));
  EXPECT_EQ(trace.counters[1].points[0].value, 4e8);
}

TEST(TraceOfARecord, SaysHowToGetOne) {
  EXPECT_THAT(error_of([] { trace_of(Record{}); }), HasSubstr("ridgepoint profile"));
}

}  // namespace
}  // namespace ridgepoint
