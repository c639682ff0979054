// The documents name what the code declares; here is where they would drift apart.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "results/contamination.h"
#include "results/exchange/json_export.h"
#include "results/metric.h"
#include "results/quality_metrics.h"
#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

std::string document(const std::string& name) {
  std::ifstream file(std::string(RIDGEPOINT_SOURCE_DIR) + "/docs/" + name);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string metric_table() {
  std::string text = "| metric | unit | better | heading | definition |\n|---|---|---|---|---|\n";
  for (const MetricSpec& spec : metrics()) {
    std::string definition;
    for (const char c : spec.definition) {
      if (c == '|') definition += '\\';
      definition += c;
    }
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", spec.name, spec.unit,
                        name_of(spec.better), spec.short_name, definition);
  }
  return text;
}

TEST(MetricsDocument, HoldsTheTableOfAllMetrics) {
  const std::string text = document("metrics.md");
  const std::string begin = "<!-- metrics: keep equal to results/metric.cpp -->\n";
  const std::size_t from = text.find(begin);
  const std::size_t to = text.find("<!-- end of metrics -->");
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  const std::size_t table = from + begin.size();
  EXPECT_EQ(text.substr(table, to - table), metric_table())
      << "replace the lines between the two comments by:\n"
      << metric_table();
}

TEST(MetricsDocument, HoldsTheTableOfBatchSeries) {
  std::string table = "| series | unit | definition |\n|---|---|---|\n";
  for (const BatchSeriesSpec& spec : batch_series()) {
    table += fmt::format("| `{}` | {} | {} |\n", spec.name, spec.unit, spec.definition);
  }
  EXPECT_THAT(
      document("metrics.md"),
      HasSubstr("<!-- batch series: keep equal to results/contamination.cpp -->\n" + table));
}

TEST(MetricsDocument, HoldsTheTableOfQualitySeries) {
  std::string table = "| series | unit | definition |\n|---|---|---|\n";
  for (const QualitySeriesSpec& spec : quality_series()) {
    table += fmt::format("| `{}` | {} | {} |\n", spec.name, spec.unit, spec.definition);
  }
  EXPECT_THAT(document("metrics.md"),
              HasSubstr("<!-- quality series: keep equal to results/quality_metrics.cpp -->\n" +
                        table + "<!-- end of quality series -->"));
}

TEST(FormatsDocument, NamesEveryTableAndColumn) {
  const std::string text = document("formats.md");
  const TestFolder folder;
  const auto path = folder / "runs.db";
  { const Store store(path, OpenMode::read_write); }
  const SQLite::Database raw(path.string(), SQLite::OPEN_READONLY);
  SQLite::Statement row(
      raw,
      "SELECT t.name, c.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) "
      "AS c WHERE t.type = 'table'");
  int columns = 0;
  std::string section;
  for (; row.executeStep(); ++columns) {
    const std::string table = row.getColumn(0).getString();
    const std::size_t from = text.find(fmt::format("### `{}`", table));
    ASSERT_NE(from, std::string::npos) << "no section for table " << table;
    section = text.substr(from, text.find("\n#", from + 1) - from);
    EXPECT_THAT(section, HasSubstr(fmt::format("`{}`", row.getColumn(1).getString()))) << table;
  }
  EXPECT_GT(columns, 40);
  EXPECT_THAT(text, HasSubstr(fmt::format("{:#x}", kApplicationId)));
}

void collect_keys(const nlohmann::json& json, std::set<std::string>& keys) {
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) keys.insert(key);
    if (value.is_structured()) collect_keys(value, keys);
  }
}

TEST(FormatsDocument, NamesEveryKeyOfTheJsonExport) {
  RunWithRecords data;
  data.run = example_run();
  data.run.environment = data.run.conditions = data.run.options = "";
  Record record = example_record(data.run, 0, example_case());
  record.details = "";
  record.measurement.metrics.clear();
  data.records = {record};
  auto document_json = nlohmann::json::parse(run_to_json(data));
  document_json["records"][0].erase("case");
  document_json["planned"][0].erase("case");
  std::set<std::string> keys = {"case", "value"};
  collect_keys(document_json, keys);
  const std::string text = document("formats.md");
  const std::string section = text.substr(text.find("## JSON export"));
  for (const std::string& key : keys) {
    EXPECT_TRUE(section.find(fmt::format("`{}`", key)) != std::string::npos) << key;
  }
  EXPECT_GT(keys.size(), 30U);
}

TEST(FormatsDocument, NamesEveryOutcome) {
  const std::string text = document("formats.md");
  for (const Outcome outcome : outcomes()) {
    EXPECT_THAT(text, HasSubstr(fmt::format("`{}`", name_of(outcome))));
  }
}

}  // namespace
}  // namespace ridgepoint
