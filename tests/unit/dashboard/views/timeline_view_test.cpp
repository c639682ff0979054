#include "dashboard/views/timeline_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QComboBox>
#include <QLineEdit>
#include <QTableView>
#include <QWheelEvent>

#include "dashboard/charts/theme.h"
#include "dashboard/charts/timeline_chart.h"
#include "dashboard/models/text.h"
#include "tests/unit/dashboard/in_sight.h"
#include "tests/unit/dashboard/profiled_data.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

struct ShownChart {
  std::shared_ptr<const TracedRecord> traced =
      std::make_shared<const TracedRecord>(TracedRecord{Record{}, TimelineIndex(example_trace(2))});
  TimelineChart chart;
  ShownChart() {
    chart.resize(900, 300);
    chart.show_trace(traced);
    chart.show();
    chart.setFocus();
  }
  /// In the middle of a lane, at a time.
  [[nodiscard]] QPoint at(std::size_t lane, double time_ns) const {
    return {static_cast<int>(chart.x_of(time_ns)), chart.lane_box(lane).center().y()};
  }
  [[nodiscard]] QColor colour(const QPoint& place) {
    return chart.viewport()->grab().toImage().pixelColor(place);
  }
};

/// In the middle of the first span of the third step.
constexpr double kInSpan_ns = 1'010'000'000 + 0.4 * 1'250'000;

TEST(TimelineChart, PaintsEachSpanInTheColourOfItsOp) {
  ShownChart shown;
  shown.chart.look_at(1'009'000'000, 1'015'000'000);
  const auto& timeline = shown.traced->timeline;
  const auto span = timeline.span_at(0, static_cast<std::int64_t>(kInSpan_ns));
  ASSERT_TRUE(span.has_value());
  const QColor wanted = shown.chart.colour_of_name(timeline.lanes[0].names[span->span]);
  // Away from the name that stands in its middle.
  const QPoint low(shown.at(0, kInSpan_ns).x(), shown.chart.lane_box(0).bottom() - 1);
  EXPECT_EQ(shown.colour(low), wanted);
  EXPECT_EQ(shown.colour(shown.at(0, 1'009'500'000)), light_theme().base) << "nothing runs there";
  EXPECT_FALSE(shown.chart.tick_texts().isEmpty());
  EXPECT_EQ(shown.chart.tick_texts().first(), "9 ms");
}

TEST(TimelineChart, ZoomsAtTheCursorAndMovesByKeys) {
  ShownChart shown;
  const QPointF at = shown.at(0, kInSpan_ns);
  const double before = shown.chart.time_at(at.x());
  const double width = shown.chart.to_ns() - shown.chart.from_ns();
  QWheelEvent wheel(at, shown.chart.viewport()->mapToGlobal(at), {}, {0, 240}, Qt::NoButton,
                    Qt::NoModifier, Qt::NoScrollPhase, false);
  QApplication::sendEvent(shown.chart.viewport(), &wheel);
  EXPECT_NEAR(shown.chart.to_ns() - shown.chart.from_ns(), width * 0.64, width * 1e-6);
  EXPECT_NEAR(shown.chart.time_at(at.x()), before, width * 1e-6);
  const double from = shown.chart.from_ns();
  QTest::keyClick(&shown.chart, Qt::Key_D);
  EXPECT_GT(shown.chart.from_ns(), from);
  QTest::keyClick(&shown.chart, Qt::Key_A);
  EXPECT_NEAR(shown.chart.from_ns(), from, width * 1e-6);
  QTest::keyClick(&shown.chart, Qt::Key_W);
  EXPECT_LT(shown.chart.to_ns() - shown.chart.from_ns(), width * 0.6);
  QTest::keyClick(&shown.chart, Qt::Key_F);
  EXPECT_NEAR(shown.chart.to_ns() - shown.chart.from_ns(), width, width * 1e-6);
}

TEST(TimelineChart, MeasuresTheRangeThatIsDragged) {
  ShownChart shown;
  std::pair<qint64, qint64> chosen;
  QObject::connect(&shown.chart, &TimelineChart::range_chosen, [&](qint64 from, qint64 to) {
    chosen = {from, to};
  });
  QWidget* surface = shown.chart.viewport();
  const QPoint from = shown.at(0, 1'010'000'000);
  const QPoint to = shown.at(0, 1'020'000'000);
  QTest::mousePress(surface, Qt::LeftButton, {}, to);
  QMouseEvent move(QEvent::MouseMove, from, surface->mapToGlobal(from), Qt::NoButton,
                   Qt::LeftButton, {});
  QApplication::sendEvent(surface, &move);
  QTest::mouseRelease(surface, Qt::LeftButton, {}, from);
  EXPECT_NEAR(static_cast<double>(chosen.second - chosen.first), 1e7, 2e5);
  QTest::keyClick(&shown.chart, Qt::Key_F);
  EXPECT_NEAR(shown.chart.to_ns() - shown.chart.from_ns(), 1.04e7, 4e5);
  QTest::keyClick(&shown.chart, Qt::Key_Escape);
  EXPECT_EQ(chosen.second, 0);
}

TEST(TimelineChart, SaysWhatLiesUnderTheCursor) {
  ShownChart shown;
  const QString words = shown.chart.hover(shown.at(0, kInSpan_ns));
  EXPECT_THAT(words.toStdString(), HasSubstr("layer.0.ffn.up\n1.25 ms"));
  EXPECT_THAT(words.toStdString(), HasSubstr("decode, pass 2"));
  EXPECT_TRUE(shown.chart.hover({2, 2}).isEmpty());
}

TEST(TimelineView, FindsOpsAndStepsThroughThem) {
  const ProfiledRuns data;
  InSight<TimelineView> shown(data.database);
  shown.session.choose_run(data.before.run.id);
  ASSERT_TRUE(shown.view.chart()->message().isEmpty());
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("40 spans"));
  QTest::keyClicks(shown.view.search_box(), "layer.1");
  const double width = shown.view.chart()->to_ns() - shown.view.chart()->from_ns();
  QTest::keyClick(shown.view.search_box(), Qt::Key_Return);
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("Framed: layer.1.ffn.up, 1.25 ms"));
  QTest::keyClick(shown.view.search_box(), Qt::Key_Return, Qt::ShiftModifier);
  EXPECT_LE(shown.view.chart()->to_ns() - shown.view.chart()->from_ns(), width);
  QTest::keyClick(shown.view.search_box(), Qt::Key_Escape);
  EXPECT_TRUE(shown.view.search_box()->text().isEmpty());
}

TEST(TimelineView, SharesTheOpAndTheRangeWithOtherViews) {
  const ProfiledRuns data;
  InSight<TimelineView> shown(data.database);
  shown.session.choose_run(data.before.run.id);
  TimelineChart& chart = *shown.view.chart();
  const QPoint in_span(static_cast<int>(chart.x_of(kInSpan_ns)), chart.lane_box(0).center().y());
  QTest::mouseClick(chart.viewport(), Qt::LeftButton, {}, in_span);
  EXPECT_EQ(shown.session.place().op, "layer.0.ffn.up");
  EXPECT_EQ(shown.session.place().phase, "decode");
  Q_EMIT chart.range_chosen(1'000'000'000, 1'001'300'000);
  ASSERT_TRUE(shown.session.place().range.has_value());
  EXPECT_EQ(shown.session.place().range->record_id, data.before.records[0].id);
  EXPECT_EQ(shown.view.model().rowCount(), 3);
  QTest::keyClick(shown.view.table(), Qt::Key_Down);
  EXPECT_NE(shown.session.place().op, "layer.0.ffn.up");
  shown.session.choose_run(data.after.run.id);
  EXPECT_EQ(shown.view.model().rowCount(), 4) << "a range is of one record";
  EXPECT_THAT(shown.view.command_line().toStdString(), HasSubstr("trace "));
}

TEST(TimelineView, IsReadAndMeasuredByKeysAlone) {
  const ProfiledRuns data;
  InSight<TimelineView> shown(data.database);
  shown.session.choose_run(data.before.run.id);
  TimelineChart& chart = *shown.view.chart();
  QTest::keyClick(&chart, Qt::Key_Period);
  const std::string first = shown.session.place().op;
  EXPECT_FALSE(first.empty());
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("Framed: " + first));
  QTest::keyClick(&chart, Qt::Key_Period);
  EXPECT_NE(shown.session.place().op, first);
  QTest::keyClick(&chart, Qt::Key_Comma);
  EXPECT_EQ(shown.session.place().op, first);
  QTest::keyClick(&chart, Qt::Key_Down);
  EXPECT_EQ(shown.session.place().op, "team") << "the row below";
  QTest::keyClick(&chart, Qt::Key_R);
  ASSERT_TRUE(shown.session.place().range.has_value());
  const auto length = [&] {
    return shown.session.place().range->end_ns - shown.session.place().range->begin_ns;
  };
  EXPECT_EQ(length(), 2'500'000) << "as long as the framed span";
  QTest::keyClick(&chart, Qt::Key_BracketRight, Qt::ShiftModifier);
  const auto longer = length();
  EXPECT_GT(longer, 2'500'000);
  QTest::keyClick(&chart, Qt::Key_BracketLeft, Qt::ShiftModifier);
  EXPECT_GT(length(), longer);
  QTest::keyClick(&chart, Qt::Key_BracketRight);
  QTest::keyClick(&chart, Qt::Key_BracketLeft);
  EXPECT_EQ(length(), 2'500'000);
  shown.session.back();
  EXPECT_FALSE(shown.session.place().range.has_value()) << "an end that is moved is no place";
}

TEST(TimelineView, ShowsTheSpansByOpWhereThatIsChosen) {
  const ProfiledRuns data;
  InSight<TimelineView> shown(data.database);
  shown.session.choose_run(data.before.run.id);
  TimelineChart& chart = *shown.view.chart();
  chart.look_at(1'010'000'000, 1'020'000'000);
  shown.session.choose_extent("timeline.chart", chart.extent());
  shown.view.rows_box()->setCurrentIndex(1);
  EXPECT_NEAR(chart.from_ns(), 1'010'000'000, 1e4) << "what is in view stays";
  const QPoint place(static_cast<int>(chart.x_of(kInSpan_ns)), chart.lane_box(0).center().y());
  EXPECT_THAT(chart.hover(place).toStdString(), HasSubstr("layer.0.ffn.up"));
  QTest::mouseClick(chart.viewport(), Qt::LeftButton, {}, place);
  EXPECT_EQ(shown.session.place().op, "layer.0.ffn.up");
  QTest::keyClicks(shown.view.search_box(), "embedding");
  QTest::keyClick(shown.view.search_box(), Qt::Key_Return);
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("Framed: embedding"));
  shown.session.choose_run(data.after.run.id);
  EXPECT_EQ(shown.view.rows_box()->currentIndex(), 1);
  EXPECT_EQ(shown.view.model().rowCount(), 4);
}

TEST(TimelineView, SaysWhatWouldFillIt) {
  const ThreeRuns data;
  InSight<TimelineView> shown(data.database);
  EXPECT_THAT(shown.view.chart()->message().toStdString(), HasSubstr("ridgepoint profile"));
}

/// Five classes of memory.
std::shared_ptr<const TracedRecord> with_memory() {
  Trace trace = example_trace(2);
  for (const char* name : {"weights", "KV cache", "activations", "workspace", "other"}) {
    trace.counters.push_back({std::string(kMemoryCounter) + name,
                              "bytes",
                              {{1'000'000'000, 12e6}, {1'050'000'000, 12e6}}});
  }
  return std::make_shared<const TracedRecord>(TracedRecord{Record{}, TimelineIndex(trace)});
}

TEST(TimelineChart, NamesEveryClassOfMemoryWhereverItsNamesFit) {
  for (const int width : {400, 520, 700, 1200}) {
    TimelineChart chart;
    chart.resize(width, 400);
    chart.show_trace(with_memory());
    chart.show();
    ASSERT_EQ(chart.counter_rows().size(), 1U);
    const auto names = chart.memory_names(0);
    ASSERT_EQ(names.size(), 5U);
    EXPECT_LE(names.back().box.right(), chart.counter_box(0).right()) << width;
    for (std::size_t i = 1; i < names.size(); ++i) {
      EXPECT_FALSE(names[i].box.intersects(names[i - 1].box)) << width;
    }
    EXPECT_TRUE(width < 700 || names.back().text.startsWith("other")) << width;
    EXPECT_TRUE(width < 1200 || names.back().text.endsWith("MB")) << utf8(names.back().text);
  }
}

TEST(TimelineChart, PaintsTheEdgesOfARangeBelowTheNamesOfMemory) {
  TimelineChart chart;
  chart.resize(1200, 400);
  chart.show_trace(with_memory());
  chart.show();
  const QRect name = chart.memory_names(0).front().box;
  const auto edge_ns = static_cast<std::int64_t>(chart.time_at(name.left() + 5));
  chart.set_range(std::pair(edge_ns, edge_ns + 20'000'000));
  const QImage image = chart.viewport()->grab().toImage();
  const QPoint across(static_cast<int>(chart.x_of(static_cast<double>(edge_ns))), name.top() + 1);
  for (const int x : {across.x() - 1, across.x(), across.x() + 1}) {
    EXPECT_EQ(image.pixelColor(x, across.y()), light_theme().base) << x - across.x();
  }
}

}  // namespace
}  // namespace ridgepoint
