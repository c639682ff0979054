// Back and forward: what of a chart was in view, and what the views' own controls were set to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QProcess>
#include <QSlider>
#include <QWheelEvent>

#include "dashboard/app/options.h"
#include "dashboard/app/picture_command.h"
#include "dashboard/charts/history_chart.h"
#include "dashboard/charts/roofline_chart.h"
#include "dashboard/charts/timeline_chart.h"
#include "dashboard/models/text.h"
#include "dashboard/views/history_view.h"
#include "dashboard/views/quality_view.h"
#include "dashboard/views/roofline_view.h"
#include "dashboard/views/stop_slider.h"
#include "dashboard/views/timeline_view.h"
#include "dashboard/views/wall_view.h"
#include "tests/support/error_of.h"
#include "tests/unit/dashboard/open_profiles.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

constexpr int kRested_ms = 800;

struct Zoomed {
  Zoomable* chart;
  QWidget* under_wheel;
};

/// All charts of the view that are drawn.
std::vector<Zoomed> charts_in_sight(View& view) {
  std::vector<Zoomed> found;
  for (Chart* chart : view.charts()) {
    if (chart->isVisible() && chart->message().isEmpty()) found.push_back({chart, chart});
  }
  if (auto* timeline = qobject_cast<TimelineView*>(&view)) {
    found.push_back({timeline->chart(), timeline->chart()->viewport()});
  }
  return found;
}

void turn_wheel(QWidget& widget, int notches) {
  const QPointF at(widget.width() * 0.6, widget.height() * 0.5);
  for (int i = 0; i < std::abs(notches); ++i) {
    QWheelEvent wheel(at, widget.mapToGlobal(at), {}, {0, notches > 0 ? 120 : -120}, Qt::NoButton,
                      Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(&widget, &wheel);
  }
}

void expect_near(const std::optional<Extent>& is, const std::optional<Extent>& wanted) {
  ASSERT_EQ(is.has_value(), wanted.has_value());
  if (!is) return;
  const double across = (wanted->right - wanted->left) * 1e-6;
  EXPECT_NEAR(is->left, wanted->left, across);
  EXPECT_NEAR(is->right, wanted->right, across);
  EXPECT_NEAR(is->bottom, wanted->bottom, 1e-6 * (wanted->top - wanted->bottom));
  EXPECT_NEAR(is->top, wanted->top, 1e-6 * (wanted->top - wanted->bottom));
}

void go_back(MainWindow& window) {
  QTest::keyClick(&window, Qt::Key_Left, Qt::AltModifier);
}

void go_forward(MainWindow& window) {
  QTest::keyClick(&window, Qt::Key_Right, Qt::AltModifier);
}

TEST(Steps, BackAndForwardBringTheZoomOfEveryChart) {
  OpenProfiles open;
  std::set<QString> seen;
  open.in_every_view([&](View& view) {
    for (const Zoomed& zoomed : charts_in_sight(view)) {
      seen.insert(view.name());
      ASSERT_FALSE(zoomed.chart->extent()) << "all of it to begin with";
      turn_wheel(*zoomed.under_wheel, 5);
      const auto near = zoomed.chart->extent();
      ASSERT_TRUE(near);
      QTest::qWait(kRested_ms);
      turn_wheel(*zoomed.under_wheel, 3);
      const auto nearer = zoomed.chart->extent();
      EXPECT_LT(nearer->right - nearer->left, near->right - near->left);
      go_back(open.window);
      expect_near(zoomed.chart->extent(), near);
      go_back(open.window);
      EXPECT_FALSE(zoomed.chart->extent()) << "five notches are one step";
      go_forward(open.window);
      go_forward(open.window);
      expect_near(zoomed.chart->extent(), nearer);
      QTest::keyClick(zoomed.under_wheel, Qt::Key_F);
      EXPECT_FALSE(zoomed.chart->extent());
      go_back(open.window);
      expect_near(zoomed.chart->extent(), nearer);
      go_back(open.window);
      go_back(open.window);
      EXPECT_EQ(open.window.current_view(), &view);
    }
  });
  EXPECT_EQ(seen, (std::set<QString>{"compare", "roofline", "wall", "timeline", "history"}));
}

TEST(Steps, AZoomIsOfWhatTheChartShowsAndStaysWhileAnOpIsChosen) {
  OpenProfiles open;
  open.window.go_to("roofline");
  auto& view = *static_cast<RooflineView*>(open.window.view("roofline"));
  turn_wheel(*view.chart(), 4);
  const auto near = view.chart()->extent();
  open.window.session().choose_op("layer.0.ffn.up", "decode");
  expect_near(view.chart()->extent(), near);
  open.window.session().choose_run(open.data.before.run.id);
  EXPECT_FALSE(view.chart()->extent()) << "another record is shown whole";
  go_back(open.window);
  expect_near(view.chart()->extent(), near);
}

TEST(Steps, AZoomOfTheHistoryStaysWhenARunIsAdded) {
  OpenProfiles open;
  open.window.go_to("history");
  auto& view = *static_cast<HistoryView*>(open.window.view("history"));
  turn_wheel(*view.chart(), 4);
  const auto near = view.chart()->extent();
  store_run(open.data.database, started_at(profiled_run("later", 1), 3));
  const std::size_t rows = view.rows().size();
  ASSERT_TRUE(wait_until([&] {
    open.window.session().look();
    return view.rows().size() == rows + 1;
  }));
  expect_near(view.chart()->extent(), near);
}

TEST(Steps, SpansThatAreSteppedThroughTakeTheViewAlong) {
  OpenProfiles open;
  open.window.go_to("timeline");
  TimelineChart& chart = *static_cast<TimelineView*>(open.window.view("timeline"))->chart();
  QTest::keyClick(&chart, Qt::Key_Period);
  QTest::keyClick(&chart, Qt::Key_Down);
  const auto at = chart.extent();
  const std::string op = open.window.session().place().op;
  QTest::keyClick(&chart, Qt::Key_Period);
  QTest::keyClick(&chart, Qt::Key_F);
  go_back(open.window);
  go_back(open.window);
  EXPECT_EQ(open.window.session().place().op, op);
  expect_near(chart.extent(), at);
}

/// Two variants of a model that have a speed and a quality.
RunWithRecords budgeted_run() {
  RunWithRecords data = finished_run("variants");
  for (const auto& [transform, speed, kl] :
       {std::tuple("", 100.0, 0.0001), std::tuple("q4_0", 180.0, 0.05)}) {
    Case subject = example_case(0, 32);
    subject.backend = "quantized";
    subject.transform = transform;
    const auto add = [&](const Case& of, std::map<std::string, double> metrics) {
      Record record = example_record(data.run, static_cast<std::int64_t>(data.records.size()), of);
      record.measurement.metrics = std::move(metrics);
      data.records.push_back(record);
    };
    add(subject, {{"decode_tokens_per_second", speed}});
    Case quality;
    quality.workload = "quality";
    quality.backend = "quantized";
    quality.transform = transform;
    add(quality, {{"scored_tokens", 1000}, {"kl_mean", kl}, {"kl_mean_se", 0.001}});
  }
  return data;
}

TEST(Steps, BackBringsTheBudgetsOfQuality) {
  const TemporaryFolder folder;
  store_run(folder / "variants.db", budgeted_run());
  OpenWindow open(folder / "variants.db");
  open.window.go_to("quality");
  auto& view = *static_cast<QualityView*>(open.window.view("quality"));
  const auto type = [](QDoubleSpinBox& box, const char* text) {
    box.selectAll();
    QTest::keyClicks(&box, text);
    QTest::keyClick(&box, Qt::Key_Return);
  };
  type(*view.budget(), "0.01");
  EXPECT_THAT(view.summary().toStdString(), HasSubstr("within the budget: quantized,"));
  QTest::qWait(kRested_ms);
  type(*view.budget(), "0.2");
  QTest::qWait(kRested_ms);
  type(*view.memory_budget(), "300");
  go_back(open.window);
  EXPECT_EQ(view.memory_budget()->value(), 0);
  EXPECT_EQ(view.budget()->value(), 0.2);
  go_back(open.window);
  EXPECT_EQ(view.budget()->value(), 0.01);
  EXPECT_THAT(view.summary().toStdString(), HasSubstr("within the budget: quantized,"));
  go_back(open.window);
  EXPECT_EQ(view.budget()->value(), 0);
  go_back(open.window);
  EXPECT_EQ(open.window.current_view()->name(), "runs");
}

TEST(Steps, BackBringsTheSlidersOfTheMemoryWallAsOneStepADrag) {
  OpenProfiles open;
  open.window.go_to("wall");
  auto& view = *static_cast<WallView*>(open.window.view("wall"));
  const std::int64_t batch = view.question().batch;
  const double bandwidth = view.bandwidth()->value();
  for (int i = 0; i < 6; ++i) QTest::keyClick(view.batch()->slider(), Qt::Key_Right);
  EXPECT_GT(view.question().batch, batch);
  const std::int64_t more = view.question().batch;
  QTest::qWait(kRested_ms);
  QTest::keyClick(view.bandwidth()->slider(), Qt::Key_Home);
  EXPECT_LT(view.bandwidth()->value(), bandwidth);
  go_back(open.window);
  EXPECT_EQ(view.bandwidth()->value(), bandwidth) << "that of this machine";
  EXPECT_EQ(view.question().batch, more);
  go_back(open.window);
  EXPECT_EQ(view.question().batch, batch);
  EXPECT_EQ(open.window.current_view(), &view);
  go_forward(open.window);
  EXPECT_EQ(view.question().batch, more);
}

TEST(Steps, ControlsOfOtherViewsAreStepsToo) {
  OpenProfiles open;
  open.window.go_to("roofline");
  auto* together = open.window.view("roofline")->findChild<QCheckBox*>();
  together->click();
  open.window.go_to("timeline");
  auto& timeline = *static_cast<TimelineView*>(open.window.view("timeline"));
  timeline.rows_box()->setCurrentIndex(1);
  go_back(open.window);
  EXPECT_EQ(timeline.rows_box()->currentIndex(), 0);
  go_back(open.window);
  EXPECT_TRUE(together->isChecked());
  go_back(open.window);
  EXPECT_FALSE(together->isChecked());
}

TEST(Steps, APictureIsDrawnOfWhatIsInView) {
  OpenProfiles open;
  open.window.go_to("wall");
  auto& view = *static_cast<WallView*>(open.window.view("wall"));
  QTest::keyClick(view.bandwidth()->slider(), Qt::Key_Home);
  turn_wheel(*view.charts()[0], 3);
  const auto extent = view.charts()[0]->extent();
  const QStringList words = QProcess::splitCommand(
      picture_command(open.window.session(), {640, 480}, true, {}).replace("'", "\""));
  const DashboardOptions options = parse_options(words.mid(1));
  EXPECT_EQ(options.settings.at("wall.this_machine"), "no");
  EXPECT_EQ(options.settings.at("wall.bytes_per_second").toDouble(), view.bandwidth()->value());
  expect_near(options.extents.at("wall.chart"), extent);

  OpenProfiles other;
  Place place = other.window.session().place();
  place.view = "wall";
  place.settings = options.settings;
  place.extents = options.extents;
  other.window.session().go(place);
  auto& again = *static_cast<WallView*>(other.window.view("wall"));
  EXPECT_EQ(again.bandwidth()->value(), view.bandwidth()->value());
  EXPECT_EQ(again.rows(), view.rows());
  expect_near(again.charts()[0]->extent(), extent);
}

TEST(Options, OfControlsAndExtentsSayWhatIsWrong) {
  const auto problem = [](const QStringList& arguments) {
    return error_of([&] { return parse_options(QStringList("dashboard") + arguments); });
  };
  for (const char* set : {"budget", "budget=1", "=1", "."}) {
    EXPECT_THAT(problem({"--set", set}), HasSubstr("VIEW.NAME=VALUE")) << set;
  }
  for (const char* extent : {"a.b=1:2:3", "a.b=2:1:0:1", "a.b=0:1:nan:2", "a.b=0:inf:0:1"}) {
    EXPECT_THAT(problem({"--extent", extent}), HasSubstr("LEFT:RIGHT:BOTTOM:TOP")) << extent;
  }
}

}  // namespace
}  // namespace ridgepoint
