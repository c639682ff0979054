// What tests of measuring share: small cases, a sink that keeps everything, answers in memory.
#pragma once

#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/measure_case.h"
#include "harness/run/run_case.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint::testing {

class KeepingSink : public MeasurementSink {
 public:
  void samples(std::string_view name, std::span<const std::int64_t> values) override {
    auto& target = series[std::string(name)];
    target.insert(target.end(), values.begin(), values.end());
  }
  void metric(std::string_view name, double value) override { metrics[std::string(name)] = value; }
  void detail(std::string_view key, std::string_view json) override {
    details[std::string(key)] = nlohmann::json::parse(json);
  }
  void op_times(std::span<const OpTime> times) override {
    ops.insert(ops.end(), times.begin(), times.end());
  }
  void trace(std::span<const std::byte> packed) override {
    trace_bytes.insert(trace_bytes.end(), packed.begin(), packed.end());
  }
  void progress(double fraction, std::string_view phase) override {
    fractions.push_back(fraction);
    phases.emplace_back(phase);
  }

  std::map<std::string, std::vector<std::int64_t>> series;
  std::map<std::string, double> metrics;
  nlohmann::json details = nlohmann::json::object();
  std::vector<OpTime> ops;
  std::vector<std::byte> trace_bytes;
  std::vector<double> fractions;
  std::vector<std::string> phases;
};

class MemoryAnswers {
 public:
  AnswerStore store{
      [this](const std::string& key) { return kept.contains(key) ? kept[key] : ""; },
      [this](const std::string& key, const std::string& value) { kept.emplace(key, value); }};
  std::map<std::string, std::string> kept;
};

/// Two layers, 97 tokens, f32.
std::string small_model();
/// Prompt 6, generate 4, on the small model.
Case model_case(const std::string& backend);
/// A matrix product of 16 x 64 by 64 x 32.
Case op_case(const std::string& backend);
/// A few passes in one process, a budget of a fifth of a second; steadiness is not judged.
RunOptions quick_options();
/// The example engine of this build with a mode, "crash,after=9"; skips nothing by itself.
std::string example_engine(const std::string& mode);

inline const std::atomic<bool> kNeverStop{false};

/// Whether this architecture can flush its CPU caches.
bool can_flush();

/// Runs the case in a child of this program.
Record run_in_child(const Case& subject, const RunOptions& options,
                    const std::atomic<bool>& stop = kNeverStop);
Record run_in_child(const Case& subject, const RunOptions& options, MemoryAnswers& answers,
                    const std::atomic<bool>& stop = kNeverStop, const MeasureProgram& program = {});

}  // namespace ridgepoint::testing
