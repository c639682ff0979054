// The dashboard over 100,000 runs (10^6 records, 10^7 samples), offscreen: how long until something
// is painted, until all of it is there, and what a key in the search box costs. And a frame of the
// timeline with 10^7 spans, stored and opened from there, and of the roofline with 10^5 points,
// while they are moved and zoomed; and what the process holds with all of that open.
#include <benchmark/benchmark.h>

#include <QApplication>
#include <QLineEdit>
#include <QTableView>
#include <QThread>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "dashboard/app/main_window.h"
#include "dashboard/charts/roofline_chart.h"
#include "dashboard/charts/stacked_bars.h"
#include "dashboard/charts/theme.h"
#include "dashboard/charts/timeline_chart.h"
#include "dashboard/charts/wall_chart.h"
#include "dashboard/views/runs_view.h"
#include "profiler/memory/process_memory.h"
#include "results/store/store.h"
#include "results/store/trace_packer.h"
#include "tests/benchmarks/many_spans.h"
#include "tests/benchmarks/results/many_runs.h"
#include "tests/support/temporary_folder.h"
#include "workloads/models/shapes.h"

namespace ridgepoint {
namespace {

const std::filesystem::path& many_runs() {
  static const TemporaryFolder folder;
  static const std::filesystem::path path = [] {
    fill_with_many_runs(folder / "runs.db", 10);
    return folder / "runs.db";
  }();
  return path;
}

void wait_for_all(MainWindow& window) {
  while (window.session().loading() || !window.session().runs()->complete) {
    QApplication::processEvents();
    QThread::msleep(2);
  }
}

/// From nothing to a picture of the window with the newest runs.
void BM_FirstPaint(benchmark::State& state) {
  many_runs();
  for (auto _ : state) {
    MainWindow window(false);
    window.resize(1920, 1080);
    window.open({many_runs()});
    window.show();
    benchmark::DoNotOptimize(window.grab());
    state.PauseTiming();
    wait_for_all(window);
    state.ResumeTiming();
  }
}
BENCHMARK(BM_FirstPaint)->Unit(benchmark::kMillisecond);

/// Until every run is listed and can be searched, on the thread that reads.
void BM_AllRunsRead(benchmark::State& state) {
  std::size_t count = 0;
  for (auto _ : state) count = read_all_runs(many_runs())->runs.size();
  state.counters["runs"] = static_cast<double>(count);
}
BENCHMARK(BM_AllRunsRead)->Unit(benchmark::kMillisecond);

/// A key typed: filter, table, paint.
void BM_Key(benchmark::State& state, const char* text, const char* with_key) {
  MainWindow window(false);
  window.resize(1920, 1080);
  window.open({many_runs()});
  window.show();
  wait_for_all(window);
  auto* view = static_cast<RunsView*>(window.view("runs"));
  QApplication::processEvents();
  for (auto _ : state) {
    state.PauseTiming();
    view->search_box()->setText(text);
    QApplication::processEvents();
    state.ResumeTiming();
    view->search_box()->setText(with_key);
    benchmark::DoNotOptimize(window.grab());
  }
  state.counters["fitting"] = static_cast<double>(view->model().fitting());
}
BENCHMARK_CAPTURE(BM_Key, first_letter_all_fit, "", "l")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Key, word, "label:label 4", "label:label 42")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Key, field_of_a_case, "batch:", "batch:3")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Key, none_fits, "zzz", "zzzz")->Unit(benchmark::kMillisecond);

/// How long single frames took.
class FrameTimes {
 public:
  template <class Paint>
  void add(Paint&& paint) {
    const auto begin = std::chrono::steady_clock::now();
    paint();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    times_.push_back(took.count());
  }
  void report(benchmark::State& state) {
    std::ranges::sort(times_);
    state.counters["median_ms"] = times_[times_.size() / 2];
    state.counters["p99_ms"] = times_[times_.size() * 99 / 100];
    state.counters["frames"] = static_cast<double>(times_.size());
  }

 private:
  std::vector<double> times_;
};

double seconds_of(const std::function<void()>& what) {
  const auto begin = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// A record that kept ten million spans of passes of a model, on eight lines, and what each op
/// does.
struct StoredSpans {
  TemporaryFolder folder;
  std::filesystem::path database = folder / "spans.db";
  Record record;
  double pack_seconds = 0, store_seconds = 0, bytes_a_span = 0;

  StoredSpans() {
    constexpr std::int64_t kSpans = 10'000'000;
    Trace trace = trace_of_many_spans(kSpans, 8);
    const TracedLine& ops = trace.lines.front();
    const std::size_t each = trace.sources[0].op_ids.size();
    for (std::size_t i = 0; i + each <= ops.spans.size(); i += each) {
      trace.parts.push_back({"decode", ops.spans[i].begin_ns, ops.spans[i + each - 1].end_ns,
                             static_cast<std::int64_t>(i / each)});
    }
    Run run = some_run();
    record.id = new_uuid();
    record.run_id = run.id;
    record.subject = canonical(Case{});
    for (const std::string& op_id : trace.sources[0].op_ids) {
      record.measurement.op_times.push_back({.phase = "decode",
                                             .op_id = op_id,
                                             .op = "matrix_product",
                                             .time_ns = 2000,
                                             .passes = 9,
                                             .work_flops = 2e6,
                                             .work_bytes = 1e6});
    }
    // As they come while they are traced: a pass at a time, line by line.
    pack_seconds = seconds_of([&] {
      TracePacker packer(trace.title);
      for (const TracedPart& part : trace.parts) packer.add_part(part);
      for (std::size_t from = 0; from < ops.spans.size(); from += each) {
        for (const TracedLine& line : trace.lines) {
          const std::span<const Span> all = line.spans;
          packer.add_spans(line.name, all.subspan(from, std::min(each, all.size() - from)), 0);
        }
      }
      record.measurement.trace = std::move(packer).finish(trace.sources, trace.counters);
    });
    bytes_a_span = static_cast<double>(record.measurement.trace.size()) / kSpans;
    Store store(database, OpenMode::read_write);
    store.begin_run(run, {record.subject});
    store_seconds = seconds_of([&] { store.add_record(record); });
    record.measurement.trace = {};
  }
};

const StoredSpans& stored_spans() {
  static const StoredSpans spans;
  return spans;
}

Loaded<TracedRecord> opened_spans() {
  Session session;
  session.open(stored_spans().database);
  return session.trace(stored_spans().record);
}

std::shared_ptr<const TracedRecord> many_spans() {
  static const auto traced = opened_spans().value;
  return traced;
}

/// From the database to what a frame is drawn of.
void BM_StoredSpans(benchmark::State& state) {
  state.counters["pack_s"] = stored_spans().pack_seconds;
  state.counters["store_s"] = stored_spans().store_seconds;
  state.counters["bytes_a_span"] = stored_spans().bytes_a_span;
  for (auto _ : state) benchmark::DoNotOptimize(opened_spans().value->timeline.spans);
}
BENCHMARK(BM_StoredSpans)->Unit(benchmark::kMillisecond)->Iterations(2);

/// The same spans in a row for each op.
void BM_SpansByOp(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(many_spans()->timeline.by_op().lanes.size());
}
BENCHMARK(BM_SpansByOp)->Unit(benchmark::kMillisecond)->Iterations(2);

enum class Way { zoom, pan, search };

/// Frames on the way from all of it to single spans and back, or along it at that zoom.
void BM_Timeline(benchmark::State& state, Way way) {
  const auto traced = many_spans();
  TimelineChart chart;
  chart.resize(1920, 1080);
  chart.show_trace(traced);
  if (way == Way::search) {
    chart.set_matches(std::make_shared<const TimelineMatches>(traced->timeline.find("layer.7")));
  }
  chart.show();
  QImage frame(1920, 1080, QImage::Format_RGB32);
  FrameTimes times;
  const auto whole = static_cast<double>(traced->timeline.end_ns - traced->timeline.begin_ns);
  int step = 0;
  if (way == Way::pan) chart.look_at(0, whole / 20);
  for (auto _ : state) {
    ++step;
    if (way == Way::pan) {
      const double from = whole * 0.0037 * (step % 250);
      chart.look_at(from, from + whole / 20);
    } else if (step % 120 == 0) {
      chart.fit();
    } else {
      chart.zoom(0.9, whole * 0.37);
    }
    times.add([&] { chart.viewport()->render(&frame); });
  }
  times.report(state);
}
BENCHMARK_CAPTURE(BM_Timeline, zoom, Way::zoom)->Unit(benchmark::kMillisecond)->Iterations(480);
BENCHMARK_CAPTURE(BM_Timeline, pan, Way::pan)->Unit(benchmark::kMillisecond)->Iterations(480);
BENCHMARK_CAPTURE(BM_Timeline, search, Way::search)->Unit(benchmark::kMillisecond)->Iterations(480);

/// Arranging the spans, once a trace.
void BM_TimelineIndex(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    Trace trace = trace_of_many_spans(state.range(0), 8);
    state.ResumeTiming();
    benchmark::DoNotOptimize(TimelineIndex(std::move(trace)).spans);
  }
}
BENCHMARK(BM_TimelineIndex)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(2);

/// A word typed into the timeline's search box.
void BM_TimelineSearch(benchmark::State& state) {
  const auto traced = many_spans();
  for (auto _ : state) benchmark::DoNotOptimize(traced->timeline.find("ffn").count);
}
BENCHMARK(BM_TimelineSearch)->Unit(benchmark::kMillisecond);

std::shared_ptr<const RooflineScene> many_points(std::size_t count) {
  auto scene = std::make_shared<RooflineScene>();
  scene->roofs = {{"level 1", true, {400e9, 420e9, 430e9}, "bytes/s"},
                  {"outermost", true, {30e9, 40e9, 45e9}, "bytes/s"},
                  {"f32", false, {440e9, 450e9, 460e9}, "FLOP/s"}};
  std::mt19937 random(7);
  std::normal_distribution<double> spread(0, 0.7);
  for (std::size_t i = 0; i < count; ++i) {
    RooflinePoint point;
    point.phase = "decode";
    point.op_id = "layer." + std::to_string(i);
    point.intensity = std::pow(10.0, spread(random));
    const double rate = 1e10 * std::pow(10.0, spread(random));
    point.rate = {rate * 0.9, rate, rate * 1.1};
    point.time_ns = roofline::Range::exactly(1e4);
    point.share = 1.0 / static_cast<double>(count);
    point.bound = static_cast<roofline::Bound>(i % 5);
    scene->points.push_back(point);
  }
  return scene;
}

void BM_Roofline(benchmark::State& state) {
  RooflineChart chart;
  chart.resize(1920, 1080);
  chart.show(many_points(static_cast<std::size_t>(state.range(0))), {});
  chart.setVisible(true);
  QApplication::processEvents();
  FrameTimes times;
  int step = 0;
  for (auto _ : state) {
    const double by = ++step % 40 < 20 ? 0.01 : -0.01;
    chart.xAxis->moveRange(by);
    chart.yAxis->scaleRange(1 - by, chart.yAxis->range().center());
    // Painted into the window at once; a picture taken of it would paint it a second time.
    times.add([&] { chart.replot(QCustomPlot::rpImmediateRefresh); });
  }
  times.report(state);
}
/// The batch of the memory wall dragged from one stop to the next: a model of 126 layers is lowered
/// anew for each, and all is painted.
void BM_WallSlider(benchmark::State& state) {
  WallForecast forecast;
  WallChart chart;
  StackedBars bars("bars");
  chart.resize(1920, 700);
  bars.resize(1920, 100);
  WallQuestion question;
  question.shape = *find_shape("llama-3.1-405b");
  question.machine = {1e12, 1e15};
  question.memory_bytes = 1'000'000'000'000;
  FrameTimes times;
  forecast.answer(question, nullptr);
  std::int64_t step = 0;
  for (auto _ : state) {
    question.batch = 1 + ++step % 1000;
    question.context = 100 * step;
    times.add([&] {
      const WallAnswer answer = forecast.answer(question, nullptr);
      chart.show_answer(answer, question.batch, question.context, {}, {});
      bars.show_bars(
          {{"Bytes a token", "bytes", {{"weights", answer.weight_bytes_per_token}}, 0, {}}});
      chart.replot(QCustomPlot::rpImmediateRefresh);
      benchmark::DoNotOptimize(chart.grab());
      benchmark::DoNotOptimize(bars.grab());
    });
  }
  times.report(state);
}
BENCHMARK(BM_WallSlider)->Unit(benchmark::kMillisecond)->Iterations(200);

/// Everything at once: the window with all runs, the trace, the roofline. What the process holds
/// then, and held at the most on the way there; to be asked for alone (--benchmark_filter=AllOpen).
void BM_AllOpen(benchmark::State& state) {
  for (auto _ : state) {
    MainWindow window(false);
    window.resize(1920, 1080);
    window.open({many_runs()});
    window.show();
    wait_for_all(window);
    TimelineChart timeline;
    timeline.resize(1920, 1080);
    timeline.show_trace(many_spans());
    timeline.show();
    RooflineChart roofline;
    roofline.resize(1920, 1080);
    roofline.show(many_points(100'000), {});
    roofline.setVisible(true);
    QApplication::processEvents();
    benchmark::DoNotOptimize(window.grab());
    benchmark::DoNotOptimize(timeline.grab());
    benchmark::DoNotOptimize(roofline.grab());
    const ProcessMemory memory = read_process_memory();
    constexpr double kMiB = 1024.0 * 1024.0;
    state.counters["resident_MiB"] = static_cast<double>(memory.resident.value_or(0)) / kMiB;
    state.counters["peak_MiB"] = static_cast<double>(memory.peak_resident.value_or(0)) / kMiB;
  }
}
BENCHMARK(BM_AllOpen)->Unit(benchmark::kMillisecond)->Iterations(1);

BENCHMARK(BM_Roofline)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond)->Iterations(200);

}  // namespace
}  // namespace ridgepoint

/// Widgets need an application that outlives them, and ends before statics do.
int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  const QApplication application(argc, argv);
  ridgepoint::apply_theme(*qApp, "light");
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
