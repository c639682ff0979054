#include "backends/host/worker_team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <numeric>
#include <thread>
#include <vector>

#include "backends/host/stage.h"

namespace ridgepoint {
namespace {

TEST(WorkerTeam, HandsOutEveryPieceOnceBetweenTwoMeetings) {
  constexpr int kThreads = 3, kRounds = 200;
  WorkerTeam team(kThreads);
  for (const int pieces : {1, 2, 7, 64}) {
    // Of every round by itself: a piece that is left over must not be made up for in another.
    std::vector<std::atomic<int>> taken(static_cast<std::size_t>(kRounds * kThreads * pieces));
    for (int run = 0; run < 2; ++run) {
      team.run([&](int part) {
        for (int round = run; round < kRounds; round += 2) {
          for (int piece; (piece = team.take_piece(part, pieces)) >= 0;) {
            ++taken.at(static_cast<std::size_t>(round * kThreads * pieces + piece));
          }
          team.meet();
        }
      });
    }
    for (const auto& each : taken) ASSERT_EQ(each, 1) << pieces << " pieces";
  }
}

TEST(WorkerTeam, BeginsWithItsOwnPiecesInOrderAndRelievesTheOthersOfTheirLast) {
  constexpr int kPieces = 5;
  WorkerTeam team(2);
  std::vector<int> order;
  team.run([&](int part) {
    if (part == 0) {
      for (int piece; (piece = team.take_piece(0, kPieces)) >= 0;) order.push_back(piece);
    }
    team.meet();
  });
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4, 9, 8, 7, 6, 5}));
}

TEST(WorkerTeam, ThatOnePartKeepsWaitingHasItsPiecesDoneByTheOthers) {
  constexpr int kThreads = 3, kPieces = 8;
  WorkerTeam team(kThreads);
  std::vector<int> done_by(kThreads * kPieces, -1);
  std::atomic<int> done = 0;
  team.run([&](int part) {
    const Frame frame{.part = part, .parts = kThreads, .team = &team};
    // It begins when everything is done: a split by parts alone would wait here forever.
    while (part == 1 && done < kThreads * kPieces) std::this_thread::yield();
    frame.in_pieces(kPieces, [&](const Frame& piece) {
      EXPECT_EQ(piece.parts, kThreads * kPieces);
      done_by.at(static_cast<std::size_t>(piece.part)) = part;
      ++done;
    });
    team.meet();
  });
  for (const int part : done_by) EXPECT_TRUE(part == 0 || part == 2) << part;
}

std::int64_t cpu_time_of_this_thread_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// One that spun at a real-time priority would keep the kernel from what the other waits for.
TEST(WorkerTeam, SleepsWhereAnotherPartTakesLong) {
  constexpr std::chrono::milliseconds kLong(400);
  WorkerTeam team(2);
  const auto waiting_ns = [&](auto job) {
    const std::int64_t before = cpu_time_of_this_thread_ns();
    team.run(job);
    return cpu_time_of_this_thread_ns() - before;
  };
  const std::int64_t most_ns = std::chrono::nanoseconds(kLong).count() / 2;
  EXPECT_LT(waiting_ns([&](int part) {
              if (part == 1) std::this_thread::sleep_for(kLong);
              team.meet();
            }),
            most_ns)
      << "at a meeting";
  EXPECT_LT(waiting_ns([&](int part) {
              if (part == 1) std::this_thread::sleep_for(kLong);
            }),
            most_ns)
      << "at the end of a run";
}

TEST(Frame, InPiecesCoversTheSameItemsAsWholeShares) {
  constexpr std::int64_t kItems = 1003, kUnit = 16;
  for (const int threads : {1, 2, 3}) {
    for (const int pieces : {1, 3, 64}) {
      WorkerTeam team(threads);
      std::vector<int> times(kItems);
      team.run([&](int part) {
        const Frame frame{.part = part, .parts = threads, .team = &team};
        frame.in_pieces(pieces, [&](const Frame& piece) {
          const auto [begin, end] = piece.share(kItems, kUnit);
          EXPECT_TRUE(begin % kUnit == 0 || begin == kItems) << begin;
          for (std::int64_t i = begin; i < end; ++i) ++times.at(static_cast<std::size_t>(i));
        });
        team.meet();
      });
      EXPECT_EQ(std::accumulate(times.begin(), times.end(), 0), kItems);
      for (const int each : times) ASSERT_EQ(each, 1) << threads << " threads, " << pieces;
    }
  }
}

}  // namespace
}  // namespace ridgepoint
