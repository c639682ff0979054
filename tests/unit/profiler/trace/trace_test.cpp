// Traces as other programs will read them.
#include "profiler/trace/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "profiler/trace/chrome_json.h"
#include "profiler/trace/perfetto.h"
#include "profiler/trace/wire.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/profiler/trace/proto_reader.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ProtoMessage;
using testing::read_proto;

/// One pass: a prefill of two ops and a step of one.
Trace example_trace() {
  Trace trace;
  trace.title = "a \"small\" case";
  trace.sources = {{"prefill", {"embedding", "layer.0.ffn"}}, {"decode", {"layer.0.ffn"}}};
  trace.parts = {{"prefill", 1'000, 3'000, 7}, {"decode", 3'000, 4'500, 7}};
  trace.lines = {{"ops", {{1'001, 1'500, 0, 0}, {1'500, 2'999, 0, 1}, {3'010, 4'400, 1, 0}}, 0}};
  trace.counters = {{"bytes", "bytes/s", {{1'001, 2.5}, {1'500, 0}}}};
  return trace;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class PerfettoTrace : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string path = folder_.file("x.pftrace");
    const auto written = write_perfetto(example_trace(), path);
    ASSERT_TRUE(written.has_value()) << written.why();
    content_ = content_of(path);
    ASSERT_EQ(static_cast<std::int64_t>(content_.size()), written.value());
    const auto trace = read_proto(content_);
    for (const auto& packet : trace.bytes.at(1)) {
      packets_.push_back(read_proto(packet));
      const auto interned = packets_.back().text(12);
      if (interned.empty()) continue;
      const auto data = read_proto(interned);
      for (const auto& name : data.bytes.at(2)) {
        const auto entry = read_proto(name);
        names_[entry.number(1)] = std::string(entry.text(2));
      }
    }
  }

  /// "begin TRACK NAME", "end TRACK", "counter TRACK", with the moment before it.
  [[nodiscard]] std::vector<std::string> events() const {
    std::vector<std::string> all;
    for (const ProtoMessage& packet : packets_) {
      if (packet.text(11).empty()) continue;
      const auto event = read_proto(packet.text(11));
      const auto type = event.number(9);
      const std::string track = std::to_string(event.number(11));
      std::string text = std::to_string(packet.number(8));
      if (type == 1) text += " begin " + track + " " + names_.at(event.number(10));
      if (type == 2) text += " end " + track;
      if (type == 4) text += " counter " + track;
      all.push_back(std::move(text));
    }
    return all;
  }

  TemporaryFolder folder_;
  std::string content_;
  std::vector<ProtoMessage> packets_;
  std::map<std::uint64_t, std::string> names_;
};

TEST_F(PerfettoTrace, HasEverySpanUnderItsOpId) {
  EXPECT_THAT(
      events(),
      ElementsAre("1000 begin 2 prefill", "3000 end 2", "3000 begin 2 decode", "4500 end 2",
                  "1001 begin 3 embedding", "1500 end 3", "1500 begin 3 layer.0.ffn", "2999 end 3",
                  "3010 begin 3 layer.0.ffn", "4400 end 3", "1001 counter 4", "1500 counter 4"));
}

TEST_F(PerfettoTrace, NamesItsTracks) {
  std::map<std::uint64_t, std::string> tracks;
  for (const ProtoMessage& packet : packets_) {
    EXPECT_EQ(packet.number(10), 1U) << "one sequence";
    if (packet.text(60).empty()) continue;
    const auto track = read_proto(packet.text(60));
    tracks[track.number(1)] = std::string(track.text(2));
    if (track.number(1) == 1) {
      EXPECT_EQ(read_proto(track.text(3)).text(6), "a \"small\" case");
    } else {
      EXPECT_EQ(track.number(5), 1U) << "within the process";
    }
    if (track.number(1) == 4) {
      EXPECT_EQ(read_proto(track.text(8)).text(6), "bytes/s");
    }
  }
  EXPECT_EQ(tracks, (std::map<std::uint64_t, std::string>{
                        {1, "a \"small\" case"}, {2, "passes"}, {3, "ops"}, {4, "bytes"}}));
}

TEST_F(PerfettoTrace, BeginsWithAClearedStateAndEventsNeedIt) {
  EXPECT_EQ(packets_.front().number(13), 1U);
  for (std::size_t i = 1; i < packets_.size(); ++i) {
    if (packets_[i].text(11).empty()) continue;
    EXPECT_EQ(packets_[i].number(13), 2U);
  }
}

TEST_F(PerfettoTrace, JoinsThePartsOfAPassByAFlow) {
  std::vector<std::uint64_t> begins, ends;
  for (const ProtoMessage& packet : packets_) {
    if (packet.text(11).empty()) continue;
    const auto event = read_proto(packet.text(11));
    if (event.numbers.contains(47)) begins.push_back(event.number(47));
    if (event.numbers.contains(48)) ends.push_back(event.number(48));
  }
  EXPECT_THAT(begins, ElementsAre(1));
  EXPECT_EQ(begins, ends);
}

TEST(Varint, HasSevenBitsAByte) {
  std::string bytes;
  wire::put_varint(bytes, 300);
  EXPECT_EQ(bytes, "\xac\x02");
  bytes.clear();
  wire::put_varint(bytes, ~std::uint64_t{0});
  EXPECT_EQ(bytes.size(), 10U);
  bytes.clear();
  wire::put_double(bytes, 44, 1.0);
  EXPECT_EQ(std::bit_cast<double>(read_proto(bytes).number(44)), 1.0);
}

TEST(ChromeTrace, IsJsonWithEverySpanToTheNanosecond) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.json");
  ASSERT_TRUE(write_chrome_json(example_trace(), path).has_value());
  const auto json = nlohmann::json::parse(content_of(path));
  std::map<std::string, int> kinds;
  for (const auto& event : json.at("traceEvents")) ++kinds[event.at("ph").get<std::string>()];
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"M", 3}, {"X", 5}, {"s", 1}, {"f", 1}, {"C", 2}}));
  for (const auto& event : json.at("traceEvents")) {
    if (event.at("name") != "embedding") continue;
    EXPECT_DOUBLE_EQ(event.at("ts").get<double>(), 1.001);
    EXPECT_DOUBLE_EQ(event.at("dur").get<double>(), 0.499);
    EXPECT_EQ(event.at("cat"), "op");
  }
}

TEST(TraceOutput, SaysWhyItCannotBeWritten) {
  const auto written = write_perfetto(example_trace(), "/no/such/folder/x.pftrace");
  ASSERT_FALSE(written.has_value());
  EXPECT_THAT(written.why(), HasSubstr("/no/such/folder/x.pftrace"));
}

}  // namespace
}  // namespace ridgepoint
