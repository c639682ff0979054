// The log of contamination: samples are taken in batches of about ten milliseconds (one sample
// where it is longer), and around each batch, never inside a sample, it is read what the kernel
// counts. results/contamination.h declares the series that come of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/run/measure_case.h"
#include "profiler/machine/steal_time.h"
#include "profiler/machine/throttling.h"
#include "profiler/memory/process_activity.h"

namespace ridgepoint {

class BatchLog {
 public:
  static constexpr std::int64_t kBatchNs = 10'000'000;

  /// Opens a batch: reads the counters. Nothing when one is open.
  void begin();
  [[nodiscard]] bool open() const { return open_; }
  /// From this moment of the monotonic clock on, the open batch is long enough.
  [[nodiscard]] std::int64_t due_ns() const { return started_ns_ + kBatchNs; }
  /// Counts samples of the primary series into the open batch.
  void add(std::int64_t samples) { samples_ += samples; }
  /// Closes the open batch if it holds samples.
  void end();

  /// Sends what was logged since the last time.
  void send(MeasurementSink& sink);
  /// Why a series is absent, as JSON for Record::details: by its name.
  [[nodiscard]] std::string absent_json() const;

 private:
  struct Counters {
    Reading<std::int64_t> steal_ns = Reading<std::int64_t>::absent("not read");
    Reading<ProcessActivity> activity = Reading<ProcessActivity>::absent("not read");
    Reading<std::int64_t> throttles = Reading<std::int64_t>::absent("not read");
  };
  Counters read();
  void note(const char* series, const Reading<std::int64_t>& before,
            const Reading<std::int64_t>& after);

  StealTime steal_;
  ThrottleCount throttles_;
  bool open_ = false;
  std::int64_t started_ns_ = 0, samples_ = 0;
  Counters before_;
  std::map<std::string, std::vector<std::int64_t>> series_;
  std::map<std::string, std::string> absent_;
  std::size_t sent_ = 0;
};

}  // namespace ridgepoint
