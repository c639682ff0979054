#include "results/report/op_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/op_family.h"
#include "results/report/profile_table.h"
#include "results/report/text_layout.h"
#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

OpTime op(std::string phase, std::string op_id, std::string name, std::int64_t time_ns,
          double flops = 0, double bytes = 0) {
  return {.phase = std::move(phase),
          .op_id = std::move(op_id),
          .op = std::move(name),
          .time_ns = time_ns,
          .passes = 7,
          .work_flops = flops,
          .work_bytes = bytes};
}

RunWithRecords run_of(std::vector<OpTime> ops, std::string details = "{}") {
  RunWithRecords data;
  data.run = example_run();
  Record record = example_record(data.run, 0, example_case());
  record.measurement.op_times = std::move(ops);
  record.details = std::move(details);
  data.records = {std::move(record)};
  return data;
}

/// The line that begins with this cell.
std::string line_of(const std::string& text, const std::string& first) {
  const std::size_t from = text.find("\n" + first + " ");
  if (from == std::string::npos) return "";
  return text.substr(from + 1, text.find('\n', from + 1) - from - 1);
}

TEST(OpTable, PutsTheOpsOfAllLayersTogetherLongestFirst) {
  const auto text =
      op_table(run_of({op("decode", "embedding", "embedding", 1000),
                       op("decode", "layer.0.ffn.down", "matrix_product", 30'000, 6e7, 3e5),
                       op("decode", "layer.1.ffn.down", "matrix_product", 50'000, 6e7, 3e5),
                       op("decode", "", std::string(kNotAttributed), 19'000)}),
               10);
  EXPECT_THAT(text, HasSubstr("decode: 100 us a pass (median of 7)"));
  const auto down = line_of(text, "layer.*.ffn.down");
  EXPECT_THAT(down, HasSubstr("matrix_product"));
  EXPECT_THAT(down, HasSubstr("  2  80.0 us  80.0 %  1.50 TFLOP/s  7.50 GB/s")) << text;
  EXPECT_LT(text.find("layer.*.ffn.down"), text.find("embedding "));
  EXPECT_THAT(line_of(text, "(not attributed)"), HasSubstr("19.0 us  19.0 %"));
  EXPECT_THAT(text, Not(HasSubstr("others")));
}

TEST(OpTable, AddsUpWhatItHasNoRoomFor) {
  const auto text =
      op_table(run_of({op("run", "a", "add", 60), op("run", "b", "add", 25),
                       op("run", "c", "add", 10), op("run", "", std::string(kNotAttributed), 5)}),
               1);
  EXPECT_THAT(line_of(text, "a"), HasSubstr("60.0 ns  60.0 %"));
  EXPECT_EQ(line_of(text, "b"), "");
  EXPECT_THAT(line_of(text, "(others: 2)"), HasSubstr("2  35.0 ns  35.0 %"));
  EXPECT_THAT(line_of(text, "(not attributed)"), HasSubstr("5.0 %"));
}

TEST(OpTable, KeepsPhasesApart) {
  auto data = run_of({op("prefill", "a", "add", 60), op("decode", "a", "add", 6)});
  data.records[0].measurement.metrics["trace_overhead"] = 1.0042;
  const auto text = op_table(data, 5);
  EXPECT_THAT(text, HasSubstr("prefill: 60.0 ns a pass"));
  EXPECT_THAT(text, HasSubstr("decode: 6.00 ns a pass"));
  EXPECT_THAT(text, HasSubstr("a traced pass takes 1.004 times an untraced one"));
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = text.find('\n', from);
    EXPECT_LE(text_width(text.substr(from, to - from)), kReportWidth);
    from = to + 1;
  }
}

TEST(OpTable, SaysWhyACaseHasNone) {
  EXPECT_THAT(op_table(run_of({}, R"({"op_times":{"absent":"the plug-in ABI has no spans"}})"), 5),
              HasSubstr("no times of ops: the plug-in ABI has no spans"));
  for (const char* details : {"{}", "", "[]", R"({"op_times":3})", R"({"op_times":{"absent":3}})",
                              R"({"op_times":{"passes":5}})", "{"}) {
    EXPECT_THAT(op_table(run_of({}, details), 5), HasSubstr("no times of ops: not traced"))
        << details;
  }
}

TEST(OpTable, SaysThatAnImportHasNone) {
  auto data = run_of({});
  data.records[0].subject = {};
  data.records[0].subject.workload = "imported";
  data.records[0].subject.name = "BM_Sort/1024";
  EXPECT_THAT(op_table(data, 5), HasSubstr("BM_Sort/1024\nno times of ops: an import has none: "));
  const auto none = [](const Record& record) {
    return Reading<roofline::CaseProfile>::absent(why_no_profile(record));
  };
  EXPECT_THAT(profile_table(data, 5, none), HasSubstr("no profile: an import has none: "));
}

TEST(OpTable, SurvivesTimesOfNothing) {
  const auto text = op_table(run_of({op("run", "a", "add", 0, 1e6, 1e6)}), 0);
  EXPECT_THAT(text, HasSubstr("(others: 1)"));
  EXPECT_THAT(text, Not(HasSubstr("inf")));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace ridgepoint
