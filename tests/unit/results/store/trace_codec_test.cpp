#include "results/store/trace_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/store/trace_packer.h"
#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

Trace example_trace(std::size_t spans = 1000) {
  Trace trace;
  trace.title = "a case";
  trace.sources = {{"decode", {"a", "b"}}};
  trace.parts = {{"decode", 5, 1'000'000, 3}};
  trace.lines = {{"ops", {}, 12}, {"nothing", {}, 0}};
  trace.counters = {{"memory: weights", "bytes", {{5, 1e9}, {70, 0.5}}}};
  for (std::size_t i = 0; i < spans; ++i) {
    const auto begin_ns = static_cast<std::int64_t>(10 * i);
    trace.lines[0].spans.push_back({begin_ns, begin_ns + 7, 0, static_cast<std::uint32_t>(i % 2)});
  }
  return trace;
}

void expect_equal_traces(const Trace& a, const Trace& b) {
  EXPECT_EQ(a.title, b.title);
  EXPECT_EQ(a.parts, b.parts);
  EXPECT_EQ(a.lines, b.lines);
  EXPECT_EQ(a.counters, b.counters);
  ASSERT_EQ(a.sources.size(), b.sources.size());
  for (std::size_t i = 0; i < a.sources.size(); ++i) {
    EXPECT_EQ(a.sources[i].name, b.sources[i].name);
    EXPECT_EQ(a.sources[i].op_ids, b.sources[i].op_ids);
  }
}

TEST(TraceCodec, GivesBackWhatItTook) {
  const Trace trace = example_trace();
  const auto blob = encode_trace(trace);
  EXPECT_LT(blob.size(), 2000U) << "regular spans pack to a few bits each";
  expect_equal_traces(decode_trace(blob), trace);
  EXPECT_EQ(count_spans(trace), 1000);
  expect_equal_traces(decode_trace(encode_trace({})), {});
}

TEST(TraceCodec, RefusesWhatWasCutOrAltered) {
  const auto blob = encode_trace(example_trace());
  for (std::size_t size = 0; size < blob.size(); size += 7) {
    EXPECT_THAT(error_of([&] { decode_trace(std::span(blob).first(size)); }), HasSubstr("trace"))
        << size;
  }
  for (std::size_t at = 0; at < blob.size(); at += 11) {
    auto altered = blob;
    altered[at] ^= std::byte{0x41};
    try {
      static_cast<void>(decode_trace(altered));  // a letter of a name may change unnoticed
    } catch (const Error&) {
      // That is what most do.
    }
  }
  auto newer = blob;
  newer[3] = std::byte{'3'};
  EXPECT_THAT(error_of([&] { decode_trace(newer); }), HasSubstr("newer"));
}

TEST(TraceCodec, CountsWhatItReadsThroughAndKeepsNone) {
  const auto blob = encode_trace(example_trace());
  EXPECT_EQ(check_trace(blob), 1000);
  EXPECT_THAT(error_of([&] { check_trace(std::span(blob).first(blob.size() - 9)); }),
              HasSubstr("too early"));
}

TEST(TraceCodec, ReadsPartsThatStandInTheHeadAsTheyOnceDid) {
  const std::string head =
      R"({"title":"old","sources":[],"parts":[["decode",5,1000000,3]],"lines":[]})";
  const std::string text =
      std::string("RPT1") + static_cast<char>(head.size()) + std::string(3, '\0') + head;
  const Trace trace = decode_trace(std::as_bytes(std::span(text)));
  EXPECT_EQ(trace.title, "old");
  EXPECT_EQ(trace.parts, (std::vector<TracedPart>{{"decode", 5, 1'000'000, 3}}));
}

TEST(TracePacker, PacksWhatComesInPiecesLikeWhatComesAtOnce) {
  const Trace trace = example_trace(150'000);
  TracePacker packer(trace.title);
  packer.add_spans("ops", {}, 5);
  packer.add_spans("nothing", {}, 0);
  const std::span<const Span> spans = trace.lines[0].spans;
  for (std::size_t at = 0; at < spans.size(); at += 999) {
    packer.add_spans("ops", spans.subspan(at, std::min<std::size_t>(999, spans.size() - at)), 0);
  }
  packer.add_spans("ops", {}, 7);
  for (const TracedPart& part : trace.parts) packer.add_part(part);
  const auto blob = std::move(packer).finish(trace.sources, trace.counters);
  EXPECT_EQ(blob, encode_trace(trace));
  EXPECT_LT(blob.size(), 150'000U) << "less than a byte each";
  expect_equal_traces(decode_trace(blob), trace);
}

TEST(StoredTrace, ComesBackWithItsRecordAlone) {
  const TestFolder folder;
  Store store(folder.file("traces.db"), OpenMode::read_write);
  const StoredRun run = example_run();
  store.begin_run(run, {example_case()});
  Record record = example_record(run, 0, example_case());
  record.measurement.trace = encode_trace(example_trace());
  store.add_record(record);
  EXPECT_TRUE(store.records(run.id).front().measurement.trace.empty());
  EXPECT_EQ(store.record(run.id, 0).measurement.trace, record.measurement.trace);
  EXPECT_EQ(store.check_integrity(), "ok");

  Store other(folder.file("other.db"), OpenMode::read_write);
  other.merge_from(folder.file("traces.db"));
  EXPECT_EQ(other.record(run.id, 0).measurement.trace, record.measurement.trace);
  EXPECT_EQ(other.merge_from(folder.file("traces.db")).records_known, 1);
}

}  // namespace
}  // namespace ridgepoint
