// What the tests of results share: runs and records with something in every field.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "results/record.h"
#include "results/store/store.h"
#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {

using StoredRun = Run;  // inside a TEST, Run is a member of ::testing::Test

using TestFolder = TemporaryFolder;

inline Case example_case(std::int64_t prompt = 32, std::int64_t generate = 8) {
  Case subject;
  subject.prompt = prompt;
  subject.generate = generate;
  subject.threads = 2;
  return subject;
}

inline Case operator_case(std::int64_t rows = 1) {
  Case subject;
  subject.workload = "op";
  subject.op = "matrix_product";
  subject.type = "q8_0";
  subject.rows = rows;
  subject.threads = 2;
  return subject;
}

inline Run example_run() {
  Run run;
  run.id = new_uuid();
  run.label = "nightly, \"fast\"";
  run.suite = "smoke";
  run.command = "ridgepoint run --suite smoke";
  run.tool_version = "0.1.0";
  run.git_commit = "0123456789abcdef0123456789abcdef01234567";
  run.git_branch = "main";
  run.git_dirty = true;
  run.status = "running";
  run.started_unix_ns = 1'700'000'000'123'456'789;
  run.harness_floor_ns = 62;
  run.environment = R"({"cpu":{"cores":2,"model":"Example CPU @ 2.0 GHz"},"os":{"kernel":"6.1"}})";
  run.environment_hash = "00112233445566778899aabbccddeeff";
  run.conditions = R"({"load":[0.5,0.25,0.125]})";
  run.options = R"({"repetitions":5})";
  return run;
}

inline Record example_record(const Run& run, std::int64_t ordinal, const Case& subject) {
  Record record;
  record.id = new_uuid();
  record.run_id = run.id;
  record.ordinal = ordinal;
  record.subject = subject;
  record.started_unix_ns = run.started_unix_ns + 1'000'000'000 * (ordinal + 1);
  record.duration_ns = 987'654'321;
  record.details = R"({"backend":{"name":"reference"},"model":{"synthetic":false}})";
  record.measurement.series = {{"ttft", "ns", {30'000'000, 31'000'000, 29'000'000}, {1, 0, 2}},
                               {"end_to_end", "ns", {100'000'000, 101'500'000, 98'000'000}},
                               {"load", "ns", {5'000'000}},
                               {"warm_up", "ns", {}}};
  record.measurement.metrics = {{"ttft_ns", 3e7}, {"memory_kv_bytes", 1234.0}};
  record.measurement.op_times = {
      {"prefill", "layer.0.attention.q", "matrix_product", 1'234'567, 3, 1e9, 2.5e6},
      {"decode", "layer.0.attention.q", "matrix_product", 45'678, 12, 2e6, 2.25e6, 2e6, 0.125e6,
       0.125e6, "q8_0", 45'000, 46'000}};
  return record;
}

inline void expect_equal(const Run& a, const Run& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.label, b.label);
  EXPECT_EQ(a.suite, b.suite);
  EXPECT_EQ(a.command, b.command);
  EXPECT_EQ(a.tool_version, b.tool_version);
  EXPECT_EQ(a.git_commit, b.git_commit);
  EXPECT_EQ(a.git_branch, b.git_branch);
  EXPECT_EQ(a.git_dirty, b.git_dirty);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.started_unix_ns, b.started_unix_ns);
  EXPECT_EQ(a.finished_unix_ns, b.finished_unix_ns);
  EXPECT_EQ(a.harness_floor_ns, b.harness_floor_ns);
  EXPECT_EQ(a.environment_hash, b.environment_hash);
  EXPECT_EQ(a.environment, b.environment);
  EXPECT_EQ(a.conditions, b.conditions);
  EXPECT_EQ(a.conditions_after, b.conditions_after);
  EXPECT_EQ(a.options, b.options);
}

inline void expect_equal(const Record& a, const Record& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.run_id, b.run_id);
  EXPECT_EQ(a.ordinal, b.ordinal);
  EXPECT_EQ(a.subject, b.subject);
  EXPECT_EQ(a.outcome, b.outcome);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.started_unix_ns, b.started_unix_ns);
  EXPECT_EQ(a.duration_ns, b.duration_ns);
  EXPECT_EQ(a.details, b.details);
  EXPECT_EQ(a.measurement.series, b.measurement.series);
  EXPECT_EQ(a.measurement.metrics, b.measurement.metrics);
  EXPECT_EQ(a.measurement.op_times, b.measurement.op_times);
}

inline void expect_equal(const RunWithRecords& a, const RunWithRecords& b) {
  expect_equal(a.run, b.run);
  ASSERT_EQ(a.records.size(), b.records.size());
  for (std::size_t i = 0; i < a.records.size(); ++i) expect_equal(a.records[i], b.records[i]);
  ASSERT_EQ(a.planned.size(), b.planned.size());
  for (std::size_t i = 0; i < a.planned.size(); ++i) {
    EXPECT_EQ(a.planned[i].ordinal, b.planned[i].ordinal);
    EXPECT_EQ(a.planned[i].subject, b.planned[i].subject);
  }
}

}  // namespace ridgepoint
