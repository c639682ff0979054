#include "harness/ab/google_benchmark_arm.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "harness/ab/child_program.h"
#include "results/exchange/google_benchmark.h"
#include "results/repetition_values.h"
#include "results/store/store.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

/// What the program writes its figures to, apart from what it prints.
class ReportFile {
 public:
  ReportFile()
      : path_(std::filesystem::temp_directory_path() / ("ridgepoint-" + new_uuid() + ".json")) {}
  ~ReportFile() {
    std::error_code ignored;  // what was never written need not go
    std::filesystem::remove(path_, ignored);
  }
  ReportFile(const ReportFile&) = delete;
  ReportFile& operator=(const ReportFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string text() const {
    std::ifstream in(path_, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

GoogleBenchmarkArm::GoogleBenchmarkArm(const std::string& command, ArmOptions options)
    : arguments_(split_arguments(command)), options_(std::move(options)) {
  if (arguments_.empty()) {
    throw Error("gbench: a program is missing, as in 'gbench:build/bench --benchmark_filter=Gemm'");
  }
}

Slice GoogleBenchmarkArm::run(const std::atomic<bool>& stop) {
  const ReportFile report;
  auto arguments = arguments_;
  arguments.push_back("--benchmark_out=" + report.path().string());
  arguments.emplace_back("--benchmark_out_format=json");
  const auto result = run_child_program({.arguments = arguments,
                                         .working_directory = options_.working_directory,
                                         .time_limit_seconds = options_.time_limit_seconds},
                                        stop);
  Slice slice{.values = {},
              .started_unix_ns = result.started_unix_ns,
              .duration_ns = result.wall_ns,
              .involuntary_switches = result.involuntary_switches,
              .major_faults = result.major_faults,
              .cpu_ns = result.cpu_ns,
              .interrupted = result.interrupted,
              .not_a_result = {}};
  if (slice.interrupted) return slice;
  const std::string& program = arguments_.front();
  if (!result.ended.empty()) {
    throw Error(fmt::format("'{}' failed ({}); its last words: {}", program, result.ended,
                            last_words(result.output)));
  }
  const std::string text = report.text();
  if (text.empty()) {
    throw Error(fmt::format("'{}' wrote no Google Benchmark report; its last words: {}", program,
                            last_words(result.output)));
  }
  for (const auto& record : import_google_benchmark(text, program).records) {
    if (record.outcome != Outcome::ok) {
      throw Error(fmt::format("'{}': {}: {}", program, record.subject.name, record.reason));
    }
    const auto time = record.measurement.metrics.find("real_time_ns");
    if (time == record.measurement.metrics.end() || !(time->second > 0)) {
      throw Error(
          fmt::format("'{}': {} reports no real time above 0", program, record.subject.name));
    }
    const auto repetitions =
        repetition_values("real_time_ns", record.subject, record.measurement).values;
    slice.values.push_back(
        {.name = record.subject.name,
         .value = time->second,
         .least = repetitions.empty() ? time->second : *std::ranges::min_element(repetitions)});
  }
  return slice;
}

}  // namespace ridgepoint
