#include "dashboard/views/roofline_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QTableView>

#include "dashboard/charts/log_axis.h"
#include "dashboard/charts/point_layer.h"
#include "dashboard/charts/roofline_chart.h"
#include "dashboard/models/roofline_table.h"
#include "tests/unit/dashboard/in_sight.h"
#include "tests/unit/dashboard/profiled_data.h"

namespace ridgepoint {
namespace {

using roofline::Bound;
using ::testing::HasSubstr;

ProfiledRecord profiled(const ProfiledRuns& data, const RunWithRecords& run) {
  auto shared = std::make_shared<const RunWithRecords>(run);
  return profile_record(data.database, {}, shared, shared->records.front());
}

QColor colour_at(QWidget& widget, const QPointF& at) {
  return widget.grab().toImage().pixelColor(at.toPoint());
}

TEST(RooflineScene, PlacesOpsUnderTheirRoofsAndSaysWhatBindsThem) {
  const ProfiledRuns data;
  const RooflineScene scene = make_roofline_scene(profiled(data, data.before), nullptr, false);
  ASSERT_EQ(scene.roofs.size(), 2U);
  EXPECT_EQ(scene.roofs[0].name, "outermost");
  EXPECT_EQ(scene.roofs[0].height.value, 30e9);
  EXPECT_EQ(scene.roofs[1].height.value, 360e9);
  ASSERT_EQ(scene.points.size(), 4U);
  EXPECT_TRUE(scene.points[0].is_phase());
  const RooflinePoint& product = scene.points[1];
  EXPECT_EQ(product.op_id, "layer.0.ffn.up");
  EXPECT_NEAR(product.intensity, 2, 1e-12);
  EXPECT_NEAR(product.rate.value, 48e9, 1);
  EXPECT_LT(product.rate.low, product.rate.value);
  EXPECT_EQ(product.bound, Bound::memory);
  EXPECT_THAT(product.sentence.toStdString(), HasSubstr("bound by memory (the outermost level)"));
  EXPECT_EQ(scene.not_placed, 1U) << "an embedding computes nothing";
  EXPECT_NEAR(scene.share_not_placed, 0.1 / 2.6, 1e-9);
}

TEST(RooflineScene, SetsOpsBesideTheBaselinesAndTakesLayersTogether) {
  const ProfiledRuns data;
  const auto before = profiled(data, data.before);
  const RooflineScene scene = make_roofline_scene(profiled(data, data.after), &before, false);
  const RooflinePoint& slower = scene.points[1];
  ASSERT_EQ(slower.op_id, "layer.1.ffn.up");
  ASSERT_GE(slower.before, 0);
  EXPECT_EQ(scene.before[static_cast<std::size_t>(slower.before)].op_id, "layer.1.ffn.up");
  EXPECT_THAT(slower.sentence.toStdString(), HasSubstr("+100.0 % in time"));
  const RooflineScene together = make_roofline_scene(profiled(data, data.after), &before, true);
  ASSERT_EQ(together.points.size(), 3U);
  EXPECT_EQ(together.points[1].name(), "decode layer.*.ffn.up x2");
  EXPECT_NEAR(together.points[1].rate.value, 120e6 / 3.75e-3, 1e3);
}

TEST(RooflineScene, LinksCountedBytesToTheAnalyticOnes) {
  const ProfiledRuns data;
  ProfiledRecord counted = profiled(data, data.before);
  counted.profile.phases[0].amplification = roofline::Range{1.9, 2, 2.1};
  const RooflineScene scene = make_roofline_scene(counted, nullptr, false);
  EXPECT_NEAR(scene.points[0].counted_intensity.value(), scene.points[0].intensity / 2, 1e-12);
}

TEST(RooflineScene, LinksCountedBytesOfEachOpAsARecordOfAGpuHasThem) {
  const ProfiledRuns data;
  RunWithRecords run = data.before;
  // The first product moves three times what it must, the second was not counted.
  run.records[0].details = R"({"op_times":{"gpu":{"counted":{"phases":{"decode":{"layer.0.ffn.up":)"
                           R"({"dram_read_bytes":80e6,"dram_write_bytes":10e6}}}}}}})";
  const RooflineScene scene = make_roofline_scene(profiled(data, run), nullptr, false);
  const auto point_named = [&](const char* op_id) {
    return *std::ranges::find(scene.points, op_id, &RooflinePoint::op_id);
  };
  const RooflinePoint counted = point_named("layer.0.ffn.up");
  EXPECT_NEAR(counted.counted_intensity.value(), counted.intensity / 3, 1e-9);
  EXPECT_THAT(counted.sentence.toStdString(), HasSubstr("counted: 3 times the bytes"));
  EXPECT_FALSE(point_named("layer.1.ffn.up").counted_intensity.has_value());
  EXPECT_NEAR(scene.points[0].counted_intensity.value(), scene.points[0].intensity / 3, 1e-9)
      << "of the phase, by what was counted of it";
  const RooflineScene together = make_roofline_scene(profiled(data, run), nullptr, true);
  EXPECT_TRUE(together.points[1].counted_intensity.has_value());
}

TEST(RooflineTable, ShowsEveryPointAsARow) {
  const ProfiledRuns data;
  const auto before = profiled(data, data.before);
  RooflineTable model;
  const QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
  model.show(std::make_shared<const RooflineScene>(
      make_roofline_scene(profiled(data, data.after), &before, false)));
  ASSERT_EQ(model.rowCount(), 4);
  const int row = model.row_of("decode", "layer.1.ffn.up");
  EXPECT_EQ(row, 1);
  EXPECT_EQ(model.index(row, RooflineTable::time).data().toString(), "2.50 ms");
  EXPECT_EQ(model.index(row, RooflineTable::change).data().toString(), "+100.0 %");
  EXPECT_EQ(model.index(row, RooflineTable::intensity).data().toString(), "2");
  EXPECT_EQ(model.row_of("", "nothing"), -1);
  model.show(nullptr);
  EXPECT_EQ(model.rowCount(), 0);
}

TEST(LogAxis, HasRoundTicksThatReadWell) {
  EXPECT_EQ(log_tick_text(1e11), "100 G");
  EXPECT_EQ(log_tick_text(0.5), "0.5");
  EXPECT_EQ(log_tick_text(2e12), "2 T");
  EXPECT_EQ(log_ticks(0, 5).size(), 6);
  EXPECT_EQ(log_ticks(0, 2).size(), 7) << "1, 2, 5, 10, 20, 50, 100";
  EXPECT_GE(log_ticks(1.0, 1.1).size(), 3);
  EXPECT_TRUE(log_ticks(1, 1).isEmpty());
}

TEST(RooflineView, DrawsAPointInTheColourOfWhatBindsItAndChoosesIt) {
  const ProfiledRuns data;
  InSight<RooflineView> shown(data.database);
  shown.session.choose_run(data.before.run.id);
  RooflineChart& chart = *shown.view.chart();
  chart.replot();
  const QPointF at = chart.place_of(2);
  const Theme& theme = light_theme();
  EXPECT_EQ(colour_at(chart, at), RooflineChart::colour_of(Bound::memory, theme));
  EXPECT_THAT(chart.hover(at).toStdString(), HasSubstr("bound by memory"));
  EXPECT_TRUE(chart.hover({1, 1}).isEmpty());
  QTest::mouseClick(&chart, Qt::LeftButton, {}, at.toPoint());
  EXPECT_EQ(shown.session.place().op, "layer.1.ffn.up");
  EXPECT_EQ(shown.view.table()->currentIndex().row(), 2);
  QTest::keyClick(shown.view.table(), Qt::Key_Up);
  EXPECT_EQ(shown.session.place().op, "layer.0.ffn.up");
  EXPECT_THAT(shown.view.command_line().toStdString(), HasSubstr("/0 --profile"));
  EXPECT_EQ(shown.view.rows().size(), 5U);
}

TEST(RooflineView, LeadsArrowsFromTheBaselineAndNamesRoofsWithoutOverlap) {
  const ProfiledRuns data;
  InSight<RooflineView> shown(data.database);
  shown.session.pin_baseline(data.before.run.id);
  shown.session.choose_run(data.after.run.id);
  EXPECT_EQ(shown.view.chart()->arrows(), 3U) << "the phase and two products";
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("Arrows lead from"));
  shown.view.chart()->replot();
  const auto& boxes = shown.view.chart()->name_boxes();
  EXPECT_EQ(boxes.size(), 2U);
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) EXPECT_FALSE(boxes[i].intersects(boxes[k]));
  }
  shown.view.layers_together()->setChecked(true);
  EXPECT_EQ(shown.view.model().rowCount(), 3);
}

/// Roofs that lie close together, and points whose intervals reach far up.
RooflineScene crowded_scene() {
  RooflineScene scene;
  const auto add_roof = [&](const char* name, double height, bool is_memory) {
    RooflineRoof roof;
    roof.name = name;
    roof.unit = is_memory ? "bytes/s" : "FLOP/s";
    roof.is_memory = is_memory;
    roof.height = {.low = height * 0.9, .value = height, .high = height * 1.05};
    scene.roofs.push_back(roof);
  };
  add_roof("level 1", 188e9, true);
  add_roof("level 2", 117e9, true);
  add_roof("outermost", 92.2e9, true);
  add_roof("avx512 int8 vpdpbusd", 456e9, false);
  add_roof("avx512 bf16 vdpbf16ps", 211e9, false);
  add_roof("avx2 f32 fma", 115e9, false);
  for (const double intensity : {0.3, 1.0, 7.0, 20.0, 21.0, 24.0, 28.0}) {
    RooflinePoint point;
    point.op_id = "op";
    point.intensity = intensity;
    point.rate = {.low = 4e9 * intensity, .value = 8e9 * intensity, .high = 40e9 * intensity};
    point.share = 0.02;
    scene.points.push_back(point);
  }
  return scene;
}

TEST(RooflineChart, NamesOfRoofsAreStruckThroughByNothing) {
  for (const QSize size : {QSize(1148, 416), QSize(700, 300), QSize(3600, 1500)}) {
    RooflineChart chart;
    chart.resize(size);
    chart.show(std::make_shared<const RooflineScene>(crowded_scene()), {});
    chart.setVisible(true);
    chart.replot(QCustomPlot::rpImmediateRefresh);
    const auto& boxes = chart.name_boxes();
    ASSERT_EQ(boxes.size(), chart.named_roofs().size());
    EXPECT_GE(boxes.size(), size.width() > 1000 ? 6U : 3U) << size.width();
    const auto meets = [](const QLineF& line, const QRectF& box) {
      // Close steps along the line, so that the test has an arithmetic of its own.
      for (int i = 0; i <= 20'000; ++i) {
        if (box.contains(line.pointAt(i / 20'000.0))) return true;
      }
      return false;
    };
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      for (std::size_t roof = 0; roof < 6; ++roof) {
        if (roof == chart.named_roofs()[i]) continue;
        EXPECT_FALSE(meets(chart.roof_line(roof), boxes[i])) << size.width() << ": " << roof;
      }
      for (const QLineF& bar : chart.error_bars()) EXPECT_FALSE(meets(bar, boxes[i]));
    }
  }
}

TEST(RooflineChart, NamesOfRoofsKeepOffArrows) {
  RooflineScene scene = crowded_scene();
  for (std::size_t i = 0; i < scene.points.size(); ++i) {
    // From where the highest roof's name would stand else, and through those of others.
    RooflinePoint then = scene.points[i];
    then.rate = {.low = 400e9, .value = 410e9, .high = 420e9};
    scene.points[i].before = static_cast<int>(i);
    scene.before.push_back(then);
  }
  RooflineChart chart;
  chart.resize(1148, 416);
  chart.show(std::make_shared<const RooflineScene>(scene), {});
  chart.setVisible(true);
  chart.replot(QCustomPlot::rpImmediateRefresh);
  ASSERT_EQ(chart.arrow_lines().size(), scene.points.size());
  EXPECT_GE(chart.name_boxes().size(), 3U);
  for (const QRectF& box : chart.name_boxes()) {
    for (const QLineF& arrow : chart.arrow_lines()) {
      bool meets = false;
      for (int i = 0; i <= 5'000; ++i) meets = meets || box.contains(arrow.pointAt(i / 5'000.0));
      EXPECT_FALSE(meets) << arrow.x1();
    }
  }
}

TEST(RooflineView, TakesTimesFromTheRangeThatWasChosenInTheTimeline) {
  const ProfiledRuns data;
  InSight<RooflineView> shown(data.database);
  shown.session.choose_run(data.after.run.id);
  Place place = shown.session.place();
  // The first product of the third step, and nothing else.
  place.range = TraceRange{data.after.records[0].id, 1'010'000'000, 1'011'250'000};
  shown.session.go(place);
  ASSERT_EQ(shown.view.model().rowCount(), 1);
  EXPECT_EQ(shown.view.model().index(0, RooflineTable::op).data().toString(), "layer.0.ffn.up");
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("within a range of 1.25 ms"));
  shown.session.back();
  EXPECT_EQ(shown.view.model().rowCount(), 4);
}

TEST(RooflineView, SaysWhatWouldFillIt) {
  const ThreeRuns data;
  InSight<RooflineView> shown(data.database);
  EXPECT_THAT(shown.view.chart()->message().toStdString(), HasSubstr("ridgepoint roofline"));
  EXPECT_TRUE(shown.view.command_line().isEmpty());
}

/// Over a plot from 0 to 1 either way, so many pixels wide.
PointLayer* add_layer(QCustomPlot& plot, int width) {
  plot.resize(width, 300);
  plot.xAxis->setRange(0, 1);
  plot.yAxis->setRange(0, 1);
  return new PointLayer(plot.xAxis, plot.yAxis);  // the plot's
}

TEST(PointLayer, PaintsManyPointsWhereItPaintsAFew) {
  QCustomPlot plot;
  PointLayer* const layer = add_layer(plot, 400);
  const QRgb red = qRgb(200, 0, 0);
  const QRgb blue = qRgb(0, 0, 200);
  std::vector<ChartPoint> points(5000,
                                 {.x = 0.2, .y = 0.2, .low = 0.2, .high = 0.2, .colour = red});
  points.back() = {.x = 0.7, .y = 0.6, .low = 0.3, .high = 0.9, .radius = 6, .colour = blue};
  layer->set_points(points, {});
  plot.replot(QCustomPlot::rpImmediateRefresh);
  const QImage picture = plot.grab().toImage();
  EXPECT_EQ(picture.pixelColor(layer->pixel_of(0).toPoint()).rgb(), red);
  const QPointF last = layer->pixel_of(4999);
  EXPECT_EQ(picture.pixelColor(last.toPoint()).rgb(), blue);
  // One pixel wide: the nearest column that has colour.
  const auto row = static_cast<int>(plot.yAxis->coordToPixel(0.4));
  int nearest = 100;
  for (int x = -3; x <= 3; ++x) {
    const QColor colour = picture.pixelColor(last.toPoint().x() + x, row);
    if (colour.blue() > colour.red() + 50) nearest = std::min(nearest, std::abs(x));
  }
  EXPECT_LE(nearest, 1);
  EXPECT_EQ(layer->point_at(last + QPointF(5, 0), 4), 4999);
  EXPECT_EQ(layer->point_at(QPointF(200, 20), 4), -1);
}

TEST(PointLayer, PaintsLaterPointsAboveEarlierOnesEverywhere) {
  QCustomPlot plot;
  PointLayer* const layer = add_layer(plot, 700);
  const QRgb red = qRgb(200, 0, 0);
  const QRgb blue = qRgb(0, 0, 200);
  // Pairs at the same place, all along the picture, of which the second hides the first.
  constexpr std::size_t kPlaces = 1000;
  std::vector<ChartPoint> points;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    const double x = 0.02 + 0.96 * static_cast<double>(i) / kPlaces;
    const double y = 0.1 + 0.2 * static_cast<double>(i % 5);
    points.push_back({.x = x, .y = y, .low = y, .high = y, .radius = 5, .colour = red});
    points.push_back({.x = x, .y = y, .low = y, .high = y, .radius = 5, .colour = blue});
  }
  layer->set_points(points, {});
  plot.replot(QCustomPlot::rpImmediateRefresh);
  const QImage picture = plot.grab().toImage();
  for (std::size_t i = 0; i < kPlaces; ++i) {
    const QPoint at = layer->pixel_of(2 * i).toPoint();
    for (int x = -3; x <= 3; ++x) {
      for (int y = -2; y <= 2; ++y) {
        ASSERT_EQ(picture.pixelColor(at + QPoint(x, y)).rgb(), blue) << i << ' ' << x << ' ' << y;
      }
    }
  }
}

}  // namespace
}  // namespace ridgepoint
