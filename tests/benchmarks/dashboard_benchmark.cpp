// The dashboard over 100,000 runs (10^6 records, 10^7 samples), offscreen: how long until something
// is painted, until all of it is there, and what a key in the search box costs.
#include <benchmark/benchmark.h>

#include <QApplication>
#include <QLineEdit>
#include <QTableView>
#include <QThread>
#include <string>

#include "dashboard/app/main_window.h"
#include "dashboard/charts/theme.h"
#include "dashboard/views/runs_view.h"
#include "tests/benchmarks/results/many_runs.h"
#include "tests/support/temporary_folder.h"

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
