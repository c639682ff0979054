// Nothing that was acknowledged is lost, whenever a process is killed and whoever else writes.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <chrono>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "results/store/store.h"
#include "tests/unit/results/example_data.h"
#include "tests/unit/results/store/child_process.h"

namespace ridgepoint {
namespace {

// Long enough that several pages of log belong to one record.
Record large_record(const StoredRun& run, std::int64_t ordinal, const Case& subject) {
  Record record = example_record(run, ordinal, subject);
  std::mt19937_64 random(static_cast<std::uint64_t>(ordinal));
  std::vector<std::int64_t> samples(2000);
  for (auto& sample : samples) sample = static_cast<std::int64_t>(random() % 1'000'000'000);
  record.measurement.series.push_back({"inter_token", "ns", std::move(samples)});
  return record;
}

/// Begins runs of three cases and stores their records until it is killed; each id goes down the
/// pipe once its record is stored.
[[noreturn]] void store_and_acknowledge_forever(const std::filesystem::path& path, int channel) {
  Store store(path, OpenMode::read_write);
  for (;;) {
    const auto run = example_run();
    store.begin_run(run, {example_case(1), example_case(2), example_case(3)});
    for (int i = 0; i < 3; ++i) {
      const Record record = large_record(run, i, example_case(i + 1));
      store.add_record(record);
      if (::write(channel, record.id.data(), record.id.size()) < 0) ::_exit(3);
    }
    store.finish_run(run.id, "finished", run.started_unix_ns + 1, "{}");
  }
}

#ifdef RIDGEPOINT_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

TEST(Durability, NothingAcknowledgedIsLostWhenTheProcessIsKilledAtAnyInstant) {
  constexpr std::uint64_t kSeed = 4711;
  RecordProperty("seed", std::to_string(kSeed));
  std::mt19937_64 random(kSeed);
  const TestFolder folder;
  const auto path = folder / "runs.db";
  std::set<std::string> acknowledged;
  constexpr std::size_t kRounds = kSanitized ? 20 : 60;
  int rounds = 0;
  // On a busy machine it takes more of them until something was acknowledged.
  for (; std::cmp_less(rounds, kRounds) ||
         (acknowledged.size() <= kRounds && std::cmp_less(rounds, 10 * kRounds));
       ++rounds) {
    const int round = rounds;
    int channel[2];
    ASSERT_EQ(::pipe(channel), 0);
    const pid_t child = in_child([&] {
      ::close(channel[0]);
      store_and_acknowledge_forever(path, channel[1]);
    });
    ::close(channel[1]);
    // From before the file exists to the middle of some record; later rounds start on a log that
    // the round before left behind. Checked code takes longer to get there.
    constexpr std::uint64_t kLongestUs = kSanitized ? 120'000 : 40'000;
    std::this_thread::sleep_for(std::chrono::microseconds(random() % kLongestUs));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "seed " << kSeed << " round " << round << ": child ended";
    std::string ids;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(channel[0], buffer, sizeof buffer)) > 0;) {
      ids.append(buffer, static_cast<std::size_t>(got));
    }
    ::close(channel[0]);
    for (std::size_t i = 0; i + 36 <= ids.size(); i += 36) acknowledged.insert(ids.substr(i, 36));

    const Store store(path, OpenMode::read_write);
    ASSERT_EQ(store.check_integrity(), "ok") << "seed " << kSeed << " round " << round;
  }
  const Store store(path, OpenMode::read_only);
  std::set<std::string> stored;
  for (const RunSummary& summary : store.list_runs()) {
    EXPECT_EQ(summary.planned, 3) << "a run is there with all of its plan or not at all";
    for (const Record& record : store.records(summary.run.id)) {
      EXPECT_EQ(record.measurement.find("inter_token")->samples.size(), 2000U);
      stored.insert(record.id);
    }
  }
  for (const std::string& id : acknowledged) EXPECT_TRUE(stored.contains(id)) << id;
  EXPECT_GT(acknowledged.size(), kRounds) << "too slow to prove anything";
  // What was stored and could not be acknowledged any more: at most one record a kill.
  EXPECT_LE(stored.size(), acknowledged.size() + static_cast<std::size_t>(rounds));
}

TEST(Durability, AReaderMeetsTheLogOfAKilledWriter) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  int channel[2];
  ASSERT_EQ(::pipe(channel), 0);
  const pid_t child = in_child([&] { store_and_acknowledge_forever(path, channel[1]); });
  char id[36];
  ASSERT_EQ(::read(channel[0], id, sizeof id), 36);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(channel[0]);
  ::close(channel[1]);
  ASSERT_TRUE(std::filesystem::exists(path.string() + "-wal"));
  const Store store(path, OpenMode::read_only);
  EXPECT_FALSE(store.list_runs().empty());
  EXPECT_EQ(store.check_integrity(), "ok");
}

TEST(Concurrency, TwoWritersAndAReaderLoseNothingAndSeeNoError) {
  const TestFolder folder;
  const auto path = folder / "runs.db";
  constexpr int kRuns = 15;
  constexpr std::int64_t kCases = 4;
  { const Store create(path, OpenMode::read_write); }
  const auto writer = [&] {
    Store store(path, OpenMode::read_write);
    for (int i = 0; i < kRuns; ++i) {
      const auto run = example_run();
      std::vector<Case> cases;
      for (std::int64_t c = 0; c < kCases; ++c) cases.push_back(example_case(c + 1));
      store.begin_run(run, cases);
      for (std::int64_t c = 0; c < kCases; ++c) {
        store.add_record(large_record(run, c, cases[static_cast<std::size_t>(c)]));
      }
      store.finish_run(run.id, "finished", run.started_unix_ns + 1, "{}");
    }
  };
  const pid_t first = in_child(writer);
  const pid_t second = in_child(writer);
  const pid_t reader = in_child([&] {
    const Store store(path, OpenMode::read_only);
    for (;;) {
      std::int64_t finished = 0;
      for (const RunSummary& summary : store.list_runs()) {
        const RunWithRecords data = store.whole_run(summary.run.id);
        for (const Record& record : data.records) {
          if (record.measurement.find("inter_token")->samples.size() != 2000) {
            throw std::runtime_error("a record without its samples");
          }
        }
        if (data.run.status == "finished") {
          if (data.records.size() != kCases) throw std::runtime_error("finished but incomplete");
          ++finished;
        }
      }
      if (finished == 2 * kRuns) return;
    }
  });
  EXPECT_EQ(exit_code_of(first), 0);
  EXPECT_EQ(exit_code_of(second), 0);
  EXPECT_EQ(exit_code_of(reader), 0);
  const Store store(path, OpenMode::read_only);
  EXPECT_EQ(store.list_runs().size(), 2U * kRuns);
  EXPECT_EQ(store.check_integrity(), "ok");
}

}  // namespace
}  // namespace ridgepoint
