// What stands in cells and lines: brief names, plain directions, whole letters, changes that agree
// with what stands beside them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QStandardItemModel>
#include <map>
#include <set>

#include "dashboard/models/brief_names.h"
#include "dashboard/models/comparison_model.h"
#include "dashboard/models/environments.h"
#include "dashboard/models/output_lines.h"
#include "dashboard/models/text.h"
#include "dashboard/views/table.h"
#include "results/report/comparison_text.h"
#include "tests/unit/dashboard/dashboard_data.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kNames{
    "llm byte-llama-6m pp64 tg32 d0 b1", "llm byte-llama-6m pp8 tg8 d0 b1 backend cpu",
    "llm byte-llama-6m pp8 tg8 d0 b1 backend quantized", "matrix_product f32 r1 512x512"};

TEST(BriefNames, LeaveOutWhatAllOfOneKindShare) {
  const auto brief = brief_names(kNames);
  EXPECT_THAT(brief[0], ElementsAre("llm…pp64 tg32 d0 b1", "llm…pp64 tg32…b1", "llm…pp64 tg32",
                                    "…pp64 tg32", "llm…pp64"));
  EXPECT_TRUE(brief[3].empty()) << "alone of its kind";
}

TEST(BriefNames, AreNoneThatAnotherNameYieldsToo) {
  const auto brief = brief_names({"copy, level 1, 1 stream", "copy, level 2, 1 stream",
                                  "load, level 1, 1 stream", "load, level 2, 1 stream"});
  EXPECT_THAT(brief_names({"load, level 1, 1 thread, 1 stream", "load, level 2, 1 thread, 1 stream",
                           "load, level 2, 2 threads, 1 stream"})[0],
              ::testing::Contains("load,…1,"));
  std::map<std::string, std::size_t> of;
  for (std::size_t i = 0; i < brief.size(); ++i) {
    EXPECT_FALSE(brief[i].empty());
    for (const std::string& form : brief[i]) {
      EXPECT_EQ(of.try_emplace(form, i).first->second, i) << form;
    }
  }
}

TEST(BriefNames, AreToldApartInANarrowColumn) {
  QStandardItemModel model(static_cast<int>(kNames.size()), 1);
  const auto brief = brief_names(kNames);
  for (int row = 0; row < model.rowCount(); ++row) {
    const auto at = static_cast<std::size_t>(row);
    model.setData(model.index(row, 0), qt(kNames[at]));
    model.setData(model.index(row, 0), qt_list(brief[at]), kBriefRole);
  }
  const QFontMetrics metrics{QFont()};
  for (const int width : {150, 200, 300, 2000}) {
    std::set<QString> shown;
    for (int row = 0; row < model.rowCount(); ++row) {
      const QString text = ToneDelegate::text_in(model.index(row, 0), width, metrics);
      EXPECT_TRUE(shown.insert(text).second) << width << ": " << text.toStdString();
      EXPECT_LE(metrics.horizontalAdvance(text), width);
    }
    EXPECT_TRUE(width < 2000 || shown.contains(qt(kNames[0])));
  }
}

TEST(Text, ShowsWhatWouldTurnTheDirectionOfALine) {
  const QString turned = QString("best") + QChar(0x202E) + "gnp.";
  EXPECT_EQ(with_plain_direction(turned), "best\\u202egnp.");
  EXPECT_EQ(shortened(turned, 40), "best\\u202egnp.");
  QStandardItemModel model(1, 1);
  model.setData(model.index(0, 0), turned);
  EXPECT_EQ(ToneDelegate::text_in(model.index(0, 0), 500, QFontMetrics{QFont()}),
            "best\\u202egnp.");
  const QString arabic = QString::fromUtf8("سرعة");
  EXPECT_EQ(with_plain_direction(arabic), arabic) << "letters stay as they are";
}

TEST(OutputLines, WaitForWholeLettersAndWholeLines) {
  OutputLines lines;
  const QByteArray text = QString::fromUtf8("12 µs\nnext ± 1\nlast").toUtf8();
  QString taken;
  for (const char byte : text) {
    const QString some = lines.take(QByteArray(1, byte));
    if (!some.isEmpty()) taken += some + '\n';
  }
  EXPECT_EQ(taken, QString::fromUtf8("12 µs\nnext ± 1\n"));
  EXPECT_EQ(lines.rest(), "last");
  EXPECT_EQ(lines.rest(), "");
}

ComparisonRow judged(double value_b, double ratio) {
  ComparisonRow row;
  row.metric = "tpot_ns";
  row.value_a = 4.36e6;
  row.value_b = value_b;
  row.evidence = RatioEvidence{};
  row.evidence->ratio = ratio;
  row.evidence->interval = {ratio * 0.9, ratio * 1.1};
  return row;
}

TEST(ComparisonText, SaysWhereTheMediansSayOtherwiseThanTheChange) {
  const ComparisonRow other_way = judged(4.20e6, 1.044);
  EXPECT_EQ(change_cell(other_way), "+4.4 % (medians -3.7 %)");
  EXPECT_THAT(row_finding(other_way), HasSubstr("the medians alone differ by -3.7 %"));
  EXPECT_EQ(row_cells(other_way)[4], change_cell(other_way));
  const ComparisonRow far_off = judged(4.36e6 * 1.5, 1.044);
  EXPECT_EQ(medians_text(far_off), "+50.0 %");
  const ComparisonRow agreeing = judged(4.36e6 * 1.05, 1.044);
  EXPECT_EQ(change_cell(agreeing), "+4.4 %");
  EXPECT_THAT(row_finding(agreeing), Not(HasSubstr("medians")));
}

TEST(ComparisonText, GivesNoSignToNothing) {
  EXPECT_EQ(change_text(judged(4.36e6, 0.9998)), "0.0 %");
  EXPECT_EQ(change_text(judged(4.36e6, 0.9989)), "-0.1 %");
  EXPECT_EQ(change_of(0.9998), "0.0 %");
  EXPECT_EQ(change_of(1.0002), "0.0 %");
  EXPECT_EQ(change_of(0.9989), "-0.1 %");
  EXPECT_EQ(change_of(3.3), "+230.0 %");
}

TEST(ComparisonModel, HasMemoryAndQualityBesideSpeed) {
  ThreeRuns data;
  RunWithRecords larger = started_at(op_run("larger", {1.0, 1.0}, 51), 5);
  larger.records[0].measurement.metrics["peak_rss_bytes"] = 75e6;
  store_run(data.database, larger);
  Session session;
  open_whole(session, data.database);
  session.pin_baseline(data.before.run.id);
  session.choose_run(larger.run.id);
  ComparisonModel model;
  model.show(session.comparison().value);
  EXPECT_TRUE(model.has_beside(ComparisonModel::memory));
  const int row = model.row_of(case_hash(operator_case(1)), "run_ns");
  EXPECT_EQ(model.index(row, ComparisonModel::memory).data().toString(), "+50.0 %");
  EXPECT_EQ(model.index(row, ComparisonModel::quality).data().toString(), "0.0 %");
  EXPECT_EQ(model.index(row, ComparisonModel::metric).data().toString(), "time");
  EXPECT_THAT(model.index(row, ComparisonModel::judged_by).data().toString().toStdString(),
              HasSubstr("process"));
  const int memory = model.row_of(case_hash(operator_case(1)), "peak_rss_bytes");
  ASSERT_GE(memory, 0) << "more memory is a row of its own";
  EXPECT_EQ(model.index(memory, ComparisonModel::memory).data().toString(), "");
}

TEST(EnvironmentTable, ReadsBytesInUnits) {
  const ThreeRuns data;
  RunWithRecords elsewhere = started_at(op_run("elsewhere", {1.0}, 31), 4);
  elsewhere.run.environment =
      R"({"cpu":{"cache_bytes":{"L3":33554432}},"memory":{"total_bytes":25232932864}})";
  elsewhere.run.environment_hash = "ff112233445566778899aabbccddeeff";
  store_run(data.database, elsewhere);
  Session session;
  open_whole(session, data.database);
  EnvironmentTable table;
  table.show(*session.runs(), false, {});
  std::map<QString, QString> facts;
  for (int row = 0; row < table.rowCount(); ++row) {
    facts[table.index(row, 0).data().toString()] = table.index(row, 1).data().toString();
  }
  EXPECT_EQ(facts["cpu/cache_bytes/L3"], "32 MiB");
  EXPECT_EQ(facts["memory/total_bytes"], "23.5 GiB");
}

}  // namespace
}  // namespace ridgepoint
