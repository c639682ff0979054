#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QSignalSpy>

#include "dashboard/charts/front_chart.h"
#include "dashboard/charts/history_chart.h"
#include "dashboard/charts/two_sides_chart.h"
#include "tests/support/stored_runs.h"
#include "tests/unit/dashboard/dashboard_data.h"

namespace ridgepoint {
namespace {

/// Whether a pixel within `reach` of the place is nearly of the colour.
bool has_colour(const QImage& image, const QPointF& place, const QColor& colour, int reach = 2) {
  for (int dy = -reach; dy <= reach; ++dy) {
    for (int dx = -reach; dx <= reach; ++dx) {
      const QPoint at = place.toPoint() + QPoint(dx, dy);
      if (!image.rect().contains(at)) continue;
      const QColor is = image.pixelColor(at);
      const int distance = std::abs(is.red() - colour.red()) +
                           std::abs(is.green() - colour.green()) +
                           std::abs(is.blue() - colour.blue());
      if (distance < 30) return true;
    }
  }
  return false;
}

QImage drawn(Chart& chart, QSize size = {640, 400}) {
  chart.resize(size);
  chart.show();
  chart.replot(QCustomPlot::rpImmediateRefresh);
  return chart.grab().toImage();
}

TEST(TwoSidesChart, DrawsBothSidesWhereTheirValuesAre) {
  TwoSidesChart chart(TwoSidesChart::Shape::ecdf);
  chart.show({"time", "ns", {1e6, 1e6, 1e6, 1e6}}, {"time", "ns", {2e6, 2e6, 2e6, 2e6}});
  const QImage image = drawn(chart);
  const auto at = [&](double x, double y) {
    return QPointF(chart.xAxis->coordToPixel(x), chart.yAxis->coordToPixel(y));
  };
  EXPECT_TRUE(has_colour(image, at(1e6, 0.6), light_theme().a));
  EXPECT_FALSE(has_colour(image, at(1.5e6, 0.6), light_theme().a, 4));
  // The second side is dashed: somewhere along it.
  bool found = false;
  for (double y = 0.3; y < 0.8; y += 0.02)
    found = found || has_colour(image, at(2e6, y), light_theme().b);
  EXPECT_TRUE(found);
  EXPECT_EQ(chart.xAxis->label(), "time (ms)");
}

TEST(TwoSidesChart, KeepsItsLegendOffCurvesThatPassThroughEveryCorner) {
  TwoSidesChart chart(TwoSidesChart::Shape::ecdf);
  chart.show({"time", "ns", std::vector<double>(30, 1e6)},
             {"time", "ns", std::vector<double>(30, 8e6)});
  drawn(chart);
  const QRect legend = chart.legend->outerRect();
  ASSERT_TRUE(chart.legend->visible());
  EXPECT_GT(legend.left(), chart.xAxis->coordToPixel(1e6));
  EXPECT_LT(legend.right(), chart.xAxis->coordToPixel(8e6));
  EXPECT_TRUE(chart.axisRect()->rect().contains(legend));
}

TEST(TwoSidesChart, LeavesRoomToTheBulkWhereOneValueLiesFarOut) {
  std::vector<double> a, b;
  for (int i = 0; i < 20; ++i) {
    a.push_back(1e6 + i * 1e4);
    b.push_back(1.1e6 + i * 1e4);
  }
  TwoSidesChart chart(TwoSidesChart::Shape::ecdf);
  chart.show({"time", "ns", a}, {"time", "ns", b});
  drawn(chart);
  EXPECT_GT(chart.xAxis->range().upper, b.back()) << "all of them";
  EXPECT_EQ(chart.xAxis->label(), "time (ms)");
  b.back() = 60e6;
  chart.show({"time", "ns", a}, {"time", "ns", b});
  drawn(chart);
  EXPECT_GT(chart.xAxis->range().upper, b[b.size() - 2]);
  EXPECT_LT(chart.xAxis->range().upper, 2e6);
  EXPECT_EQ(chart.xAxis->label(), "time (ms)\n1 of 40 values lie farther out");
  a.front() = -50e6;  // as slow repetitions lie in figures of which more is better
  chart.show({"time", "ns", a}, {"time", "ns", b});
  drawn(chart);
  EXPECT_GT(chart.xAxis->range().lower, 0.5e6);
  EXPECT_EQ(chart.xAxis->label(), "time (ms)\n2 of 40 values lie farther out");
}

TEST(TwoSidesChart, SaysWhyThereIsNothingToDraw) {
  TwoSidesChart chart(TwoSidesChart::Shape::ecdf);
  chart.show({}, {});
  EXPECT_THAT(chart.message().toStdString(), ::testing::HasSubstr("no distribution"));
  drawn(chart);
  chart.show({"time", "ns", {1, 2, 3}}, {});
  EXPECT_TRUE(chart.message().isEmpty());
}

TEST(TwoSidesChart, FollowsTheThemeAndZoomsByKeys) {
  TwoSidesChart chart(TwoSidesChart::Shape::percentiles);
  chart.show({"gap", "ns", std::vector<double>(100, 5e6)}, {});
  drawn(chart);
  chart.setPalette(dark_theme().palette());
  EXPECT_TRUE(has_colour(drawn(chart), {3, 3}, dark_theme().base));
  const double before = chart.xAxis->range().size();
  QTest::keyClick(&chart, Qt::Key_W);
  EXPECT_LT(chart.xAxis->range().size(), before);
  QTest::keyClick(&chart, Qt::Key_D);
  QTest::keyClick(&chart, Qt::Key_F);
  EXPECT_NEAR(chart.xAxis->range().size(), before, 1e-9);
}

struct StoredHistory {
  TemporaryFolder folder;
  std::vector<std::string> runs =
      store_daily_runs(folder / "history.db", operator_case(), "run_ns", steady_days(40, 25, 1.1));
  std::shared_ptr<const History> history = std::make_shared<const History>(
      history_of(HistoryQuery(folder / "history.db"),
                 {{case_hash(operator_case()), operator_case()}, {}}, {}));
};

TEST(HistoryChart, DrawsRunsAndMarksWhereTheLevelChanged) {
  const StoredHistory data;
  HistoryChart chart;
  chart.show(data.history, {}, data.runs[3], data.runs[7]);
  const QImage image = drawn(chart, {900, 400});
  EXPECT_TRUE(has_colour(image, chart.place_of(0), light_theme().a));
  EXPECT_TRUE(has_colour(image, chart.place_of(39), light_theme().a));
  EXPECT_LT(chart.place_of(30).y(), chart.place_of(10).y() - 50) << "slower is higher";
  const QPointF change(chart.xAxis->coordToPixel(24.5), 200);
  EXPECT_TRUE(has_colour(image, change, light_theme().bad));
  EXPECT_EQ(chart.rows().size(), 41U);
}

TEST(HistoryChart, AClickOnAPointChoosesItsRun) {
  const StoredHistory data;
  HistoryChart chart;
  chart.show(data.history, {}, {}, {});
  drawn(chart, {900, 400});
  std::string clicked;
  QObject::connect(&chart, &HistoryChart::run_clicked,
                   [&](const std::string& run) { clicked = run; });
  QTest::mouseClick(&chart, Qt::LeftButton, {}, chart.place_of(5).toPoint());
  EXPECT_EQ(clicked, data.runs[5]);
  clicked.clear();
  QTest::mouseClick(&chart, Qt::LeftButton, {}, {450, 200});
  EXPECT_TRUE(clicked.empty()) << "there is no point there";
}

std::shared_ptr<const History> with_values(const StoredHistory& data, double value) {
  History history = *data.history;
  for (HistoryPoint& point : history.points) {
    point.row.value = value;
    point.row.run.git_commit = "0123456789abcdef";
  }
  return std::make_shared<const History>(history);
}

TEST(HistoryChart, SaysThatItsNumbersCannotBeDrawn) {
  const StoredHistory data;
  HistoryChart chart;
  chart.show(with_values(data, 1e308), {}, {}, {});
  EXPECT_TRUE(chart.message().contains("too large")) << chart.message().toStdString();
  chart.show(with_values(data, 0), {}, {}, {});
  EXPECT_TRUE(chart.message().isEmpty()) << chart.message().toStdString();
  EXPECT_GT(chart.yAxis->range().size(), 0.1) << "ticks of nothing but zeros would all be 0";
}

TEST(HistoryChart, NamesTheCommitUnderItsTicksWhereThereIsRoom) {
  const StoredHistory data;
  for (const int height : {500, 160}) {
    HistoryChart chart;
    chart.resize(900, height);
    chart.show(with_values(data, 7), {}, {}, {});
    drawn(chart, {900, height});
    const auto* ticker = dynamic_cast<const QCPAxisTickerText*>(chart.xAxis->ticker().data());
    ASSERT_NE(ticker, nullptr);
    const QString first = const_cast<QCPAxisTickerText*>(ticker)->ticks().first();
    EXPECT_EQ(first.contains("\n01234567"), height == 500) << first.toStdString();
    EXPECT_EQ(chart.xAxis->numberFormat(), "g") << "no commit is a power of ten";
  }
}

TEST(HistoryChart, ZoomsAtTheCursor) {
  const StoredHistory data;
  HistoryChart chart;
  chart.show(data.history, {}, {}, {});
  drawn(chart, {900, 400});
  const QPointF at = chart.place_of(10);
  const QPoint global = chart.mapToGlobal(at.toPoint());
  QWheelEvent wheel(at, global, {}, {0, 120}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                    false);
  QApplication::sendEvent(&chart, &wheel);
  EXPECT_LT(chart.xAxis->range().size(), 40);
  EXPECT_NEAR(chart.place_of(10).x(), at.x(), 1);
}

Variants some_variants() {
  Variants variants;
  variants.speed_metric = "decode_tokens_per_second";
  variants.quality_metric = "kl_mean";
  for (int i = 0; i < 6; ++i) {
    variants.points.push_back({QString("variant %1").arg(i), i % 2 == 0 ? "cpu" : "quantized", "",
                               "", 100.0 + 20 * i, 0.01 * i * i, 0.002, false});
  }
  variants.points.push_back({"dominated", "cpu", "", "", 110, 0.3, {}, false});
  find_front(variants.points, false);
  return variants;
}

TEST(FrontChart, FindsWhatNoOtherBeats) {
  const Variants variants = some_variants();
  EXPECT_EQ(variants.points.front().name, "variant 5") << "fastest first";
  for (const VariantPoint& point : variants.points)
    EXPECT_EQ(point.on_front, point.name != "dominated");
  std::vector<VariantPoint> twins{{"a", "", "", "", 1, 1, {}, false},
                                  {"b", "", "", "", 1, 1, {}, false}};
  find_front(twins, true);
  EXPECT_TRUE(twins[0].on_front && twins[1].on_front);
}

TEST(FrontChart, NamesPointsWithoutOverlaps) {
  for (const QSize size : {QSize(420, 300), QSize(900, 600)}) {
    FrontChart chart;
    chart.show(some_variants(), {.quality = 0.05, .memory_bytes = {}}, {});
    drawn(chart, size);
    const auto& boxes = chart.name_boxes();
    EXPECT_GE(boxes.size(), size.width() < 500 ? 2U : 3U);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      EXPECT_TRUE(QRectF(chart.rect()).contains(boxes[i]));
      for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(boxes[i].intersects(boxes[j]));
    }
  }
}

TEST(Chart, BecomesAVectorDrawing) {
  const TemporaryFolder folder;
  FrontChart chart;
  chart.show(some_variants(), {}, {});
  drawn(chart);
  const QString path = QString::fromStdString(folder.file("front.svg"));
  ASSERT_TRUE(chart.save_svg(path, {600, 400}));
  QFile file(path);
  ASSERT_TRUE(file.open(QIODevice::ReadOnly));
  EXPECT_TRUE(file.readAll().contains("quantized"));
}

}  // namespace
}  // namespace ridgepoint
