#include "backends/reference/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ridgepoint {
namespace {

TEST(ThreadPool, RunsEveryPartOnceAndPartZeroHere) {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int round = 0; round < 50; ++round) {
      std::vector<std::atomic<int>> counts(static_cast<std::size_t>(threads));
      std::thread::id first;
      pool.run([&](int part, int parts) {
        EXPECT_EQ(parts, threads);
        ++counts[static_cast<std::size_t>(part)];
        if (part == 0) first = std::this_thread::get_id();
      });
      for (const auto& count : counts) EXPECT_EQ(count, 1);
      EXPECT_EQ(first, std::this_thread::get_id());
    }
  }
}

TEST(ThreadPool, CutsRangesIntoAllTheirItems) {
  ThreadPool pool(3);
  for (const std::int64_t count : {0, 1, 2, 3, 7, 100}) {
    std::vector<std::atomic<int>> seen(static_cast<std::size_t>(count));
    pool.for_range(count, 1, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
    });
    for (const auto& each : seen) EXPECT_EQ(each, 1);
  }
}

TEST(ThreadPool, KeepsSmallRangesOnTheCallingThread) {
  ThreadPool pool(2);
  pool.for_range(7, 4, [&](std::int64_t begin, std::int64_t end, int part) {
    EXPECT_EQ(begin, 0);
    EXPECT_EQ(end, 7);
    EXPECT_EQ(part, 0);
  });
}

TEST(ThreadPool, PassesExceptionsOnAndGoesOnWorking) {
  ThreadPool pool(3);
  for (const int thrower : {0, 2}) {
    EXPECT_THROW(pool.run([&](int part, int) {
      if (part == thrower) throw std::runtime_error("thrown");
    }),
                 std::runtime_error);
  }
  std::atomic<int> calls = 0;
  pool.run([&](int, int) { ++calls; });
  EXPECT_EQ(calls, 3);
}

TEST(ThreadPool, LetsSeveralCallersTakeTurns) {
  ThreadPool pool(2);
  int unguarded = 0;
  const auto caller = [&] {
    for (int i = 0; i < 200; ++i) {
      pool.run([&](int part, int) {
        if (part == 0) ++unguarded;
      });
    }
  };
  std::thread other(caller);
  caller();
  other.join();
  EXPECT_EQ(unguarded, 400);
}

}  // namespace
}  // namespace ridgepoint
