// A database with ceilings and two profiled runs whose truth is known, spans included.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "profiler/trace/trace.h"
#include "results/op_family.h"
#include "results/store/trace_codec.h"
#include "tests/unit/dashboard/dashboard_data.h"
#include "tests/unit/results/roofline/example_roofs.h"

namespace ridgepoint {

/// Ten decode steps, 5 ms apart, each of "layer.0.ffn.up" (1.25 ms), "layer.1.ffn.up" (1.25 ms
/// times `factor`) and "embedding" (0.1 ms, which computes nothing); on a worker, one span a step.
inline Trace example_trace(double factor) {
  Trace trace;
  trace.title = "an example";
  trace.sources = {{"decode", {"layer.0.ffn.up", "layer.1.ffn.up", "embedding", "team"}}};
  TracedLine ops{"ops", {}, 0};
  TracedLine worker{"worker 1", {}, 0};
  const auto second_ns = static_cast<std::int64_t>(1'250'000 * factor);
  for (std::int64_t pass = 0; pass < 10; ++pass) {
    const std::int64_t at = 1'000'000'000 + pass * 5'000'000;
    ops.spans.push_back({at, at + 1'250'000, 0, 0});
    ops.spans.push_back({at + 1'250'000, at + 1'250'000 + second_ns, 0, 1});
    const std::int64_t then = at + 1'250'000 + second_ns;
    ops.spans.push_back({then, then + 100'000, 0, 2});
    worker.spans.push_back({at, then, 0, 3});
    trace.parts.push_back({"decode", at, then + 100'000, pass});
  }
  trace.lines = {ops, worker};
  return trace;
}

inline OpTime example_product(const std::string& op_id, std::int64_t time_ns) {
  return {.phase = "decode",
          .op_id = op_id,
          .op = "matrix_product",
          .time_ns = time_ns,
          .passes = 10,
          .work_flops = 60e6,
          .work_bytes = 30e6,
          .weight_bytes = 30e6,
          .weight_type = "f32",
          .low_ns = time_ns * 98 / 100,
          .high_ns = time_ns * 102 / 100};
}

inline RunWithRecords profiled_run(const std::string& label, double factor) {
  RunWithRecords data = finished_run(label);
  Case subject = example_case();
  subject.threads = 4;
  Record record = example_record(data.run, 0, subject);
  const auto second_ns = static_cast<std::int64_t>(1'250'000 * factor);
  record.measurement.metrics = {{"tpot_ns", 2.6e6 + 1.25e6 * (factor - 1)},
                                {"precision_percent", 1}};
  record.measurement.op_times = {example_product("layer.0.ffn.up", 1'250'000),
                                 example_product("layer.1.ffn.up", second_ns),
                                 {.phase = "decode",
                                  .op_id = "embedding",
                                  .op = "embedding",
                                  .time_ns = 100'000,
                                  .passes = 10}};
  record.measurement.trace = encode_trace(example_trace(factor));
  data.records = {record};
  return data;
}

inline RunWithRecords ceilings_run() {
  RunWithRecords data = finished_run("ceilings");
  data.run.suite = "roofline";
  for (Record ceiling : roofline::example_ceilings()) {
    const auto ordinal = static_cast<std::int64_t>(data.records.size());
    const std::string details = ceiling.details;
    Case named;
    named.workload = "ceiling";
    named.name = std::to_string(ordinal);
    const Case subject = canonical(named);
    ceiling = example_record(data.run, ordinal, subject);
    ceiling.details = details;
    ceiling.measurement = {};
    data.records.push_back(ceiling);
  }
  return data;
}

/// "before" and "after": layer 1's product takes twice as long after. Four threads load 30 GB/s and
/// compute 360 GFLOP/s.
struct ProfiledRuns {
  TemporaryFolder folder;
  std::filesystem::path database = folder / "profiled.db";
  RunWithRecords ceilings = started_at(ceilings_run(), 0);
  RunWithRecords before = started_at(profiled_run("before", 1), 1);
  RunWithRecords after = started_at(profiled_run("after", 2), 2);

  ProfiledRuns() {
    for (const auto* run : {&ceilings, &before, &after}) store_run(database, *run);
  }
};

}  // namespace ridgepoint
