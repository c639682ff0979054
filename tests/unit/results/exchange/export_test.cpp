#include "results/exchange/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "results/metric.h"
#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RunWithRecords example_data() {
  RunWithRecords data;
  data.run = example_run();
  data.records = {example_record(data.run, 0, example_case()),
                  example_record(data.run, 1, operator_case())};
  data.records[0].details =
      R"({"stopping":{"asked_percent":1.0,"ended_by":"precision","processes":3}})";
  data.records[1].outcome = Outcome::failed;
  data.records[1].reason = "a \"quoted\", |piped| <b>bold</b>\nsecond line";
  data.records[1].measurement.metrics["counter:hits"] = 12.5;
  data.planned = {{0, example_case()}, {1, operator_case()}, {2, operator_case(4)}};
  return data;
}

TEST(Export, KnowsItsFormatsAndNoOthers) {
  for (const std::string_view format : export_formats()) {
    EXPECT_FALSE(export_run(example_data(), format).empty()) << format;
  }
  EXPECT_THAT(error_of([] { export_run(example_data(), "xml"); }),
              HasSubstr("unknown export format 'xml'; choose one of json, csv, markdown"));
}

// A reader that knows RFC 4180 and nothing else.
std::vector<std::vector<std::string>> parsed_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1);
  std::string field;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else if (c == '"') {
        quoted = false;
      } else {
        field += c;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      rows.back().push_back(std::exchange(field, ""));
    } else if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      rows.back().push_back(std::exchange(field, ""));
      rows.emplace_back();
      ++i;
    } else {
      field += c;
    }
  }
  EXPECT_TRUE(rows.back().empty()) << "ends in CRLF";
  rows.pop_back();
  return rows;
}

TEST(CsvExport, HasAColumnForEveryFieldAndMetricAndSurvivesQuotes) {
  const RunWithRecords data = example_data();
  const auto rows = parsed_csv(export_run(data, "csv"));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].size(), 11 + case_fields().size() + metrics().size() + 1);
  for (const auto& row : rows) EXPECT_EQ(row.size(), rows[0].size());
  const auto cell = [&](std::size_t row, const std::string& column) {
    const auto found = std::ranges::find(rows[0], column);
    return found == rows[0].end() ? "no column " + column
                                  : rows[row].at(static_cast<std::size_t>(found - rows[0].begin()));
  };
  EXPECT_EQ(cell(1, "run_label"), data.run.label);
  EXPECT_EQ(cell(1, "outcome"), "ok");
  EXPECT_EQ(cell(1, "ended_by"), "precision");
  EXPECT_EQ(cell(1, "asked_percent"), "1.0");
  EXPECT_EQ(cell(2, "processes"), "") << "details that do not say";
  EXPECT_EQ(cell(1, "prompt"), "32");
  EXPECT_EQ(cell(1, "ttft_ns"), "30000000");
  EXPECT_EQ(cell(1, "run_ns"), "");
  EXPECT_EQ(cell(1, "op"), "") << "fields that do not apply are empty";
  EXPECT_EQ(cell(2, "reason"), data.records[1].reason);
  EXPECT_EQ(cell(2, "op"), "matrix_product");
  EXPECT_EQ(cell(2, "counter:hits"), "12.5");
}

TEST(MarkdownExport, OpensWithASentenceAndFoldsTheEnvironment) {
  const RunWithRecords data = example_data();
  const std::string text = export_run(data, "markdown");
  EXPECT_EQ(text.find("**1 of 3 cases ok** of suite smoke on Example CPU @ 2.0 GHz, 2 cores: "
                      "Ridgepoint 0.1.0 run `"),
            0U)
      << text;
  EXPECT_THAT(text, HasSubstr("<details><summary>Environment</summary>"));
  EXPECT_THAT(text, HasSubstr("\"kernel\": \"6.1\""));
  EXPECT_THAT(text, HasSubstr("---:|"));
}

TEST(MarkdownExport, LetsNoTextBreakTheTableOrBecomeHtml) {
  const std::string text = export_run(example_data(), "markdown");
  EXPECT_THAT(text, Not(HasSubstr("<b>")));
  EXPECT_THAT(text, HasSubstr(R"(- \#1 failed: a "quoted", \|piped\| &lt;b\>bold)"));
  std::istringstream lines(text);
  std::ptrdiff_t heading = 0, rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| ", 0) != 0) continue;
    const auto bars = std::ranges::count(line, '|');
    if (line.rfind("| \\# ", 0) == 0) {
      heading = bars;
    } else {
      EXPECT_EQ(bars, heading) << line;
      ++rows;
    }
  }
  EXPECT_GE(rows, 3) << text;
}

}  // namespace
}  // namespace ridgepoint
