// Databases for the tests of the dashboard: a few runs whose truth is known.
#pragma once

#include <QApplication>
#include <QElapsedTimer>
#include <QTest>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "dashboard/models/session.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/results/compare/comparison_data.h"

namespace ridgepoint {

/// Writes the run as it is, newest last.
inline void store_run(const std::filesystem::path& database, const RunWithRecords& data) {
  Store store(database, OpenMode::read_write);
  store.merge_run(data, "a test");
}

inline RunWithRecords started_at(RunWithRecords data, int day) {
  data.run.started_unix_ns += day * 86'400'000'000'000;
  return data;
}

/// "before" and "after": two operators in each, of which the second takes 10 % longer after; and
/// "broken", with one case that ran out of memory.
struct ThreeRuns {
  TemporaryFolder folder;
  std::filesystem::path database = folder / "runs.db";
  RunWithRecords before = started_at(op_run("before", {1.0, 1.0}, 1), 0);
  RunWithRecords after = started_at(op_run("after", {1.0, 1.1}, 11), 1);
  RunWithRecords broken = started_at(op_run("broken", {1.0, 1.0}, 21), 2);

  ThreeRuns() {
    broken.records[1].outcome = Outcome::out_of_memory;
    broken.records[1].reason = "asked for 1 TB, 8 GB are free";
    broken.run.git_branch = "topic";
    broken.run.git_dirty = false;
    for (const auto* run : {&before, &after, &broken}) store_run(database, *run);
  }
};

/// Runs Qt's events until it holds; false after five seconds.
inline bool wait_until(const std::function<bool()>& holds) {
  QElapsedTimer waited;
  waited.start();
  while (!holds() && waited.elapsed() < 5000) QTest::qWait(5);
  return holds();
}

/// An open session whose list is complete.
inline void open_whole(Session& session, const std::filesystem::path& database) {
  session.open(database);
  wait_until([&] { return session.runs()->complete; });
}

inline QString words_of(const Place& place) {
  return place.view + " " + QString::fromStdString(place.run);
}

}  // namespace ridgepoint
