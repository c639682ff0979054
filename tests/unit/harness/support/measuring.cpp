#include "tests/unit/harness/support/measuring.h"

#include "profiler/memory/cache_state.h"

namespace ridgepoint::testing {

std::string small_model() {
  return std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/models/llama/model.gguf";
}

Case model_case(const std::string& backend) {
  Case subject;
  subject.model = small_model();
  subject.backend = backend;
  subject.prompt = 6;
  subject.generate = 4;
  return subject;
}

Case op_case(const std::string& backend) {
  Case subject;
  subject.workload = "op";
  subject.op = "matrix_product";
  subject.type = "f32";
  subject.backend = backend;
  subject.rows = 16;
  subject.in = 64;
  subject.out = 32;
  return subject;
}

RunOptions quick_options() {
  RunOptions options;
  options.repetitions = 3;
  options.processes = 1;
  options.stationarity = false;  // no test depends on how quiet the machine is
  options.remeasure_noisy = false;
  options.case_budget_seconds = 0.2;
  options.time_limit_seconds = 60;
  options.benchmark_flags = {"--benchmark_min_time=0.01"};
  return options;
}

std::string example_engine(const std::string& mode) {
  return std::string(RIDGEPOINT_BINARY_DIR) + "/tests/plugin/libexample_engine.so:mode=" + mode;
}

bool can_flush() {
  const std::vector<std::byte> line(64);
  return evict_from_cpu_caches(line).has_value();
}

Record run_in_child(const Case& subject, const RunOptions& options, const std::atomic<bool>& stop) {
  MemoryAnswers answers;
  return run_in_child(subject, options, answers, stop);
}

Record run_in_child(const Case& subject, const RunOptions& options, MemoryAnswers& answers,
                    const std::atomic<bool>& stop, const MeasureProgram& program) {
  return run_case(subject, options, answers.store, stop, {}, program);
}

}  // namespace ridgepoint::testing
