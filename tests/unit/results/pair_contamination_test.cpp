#include "results/pair_contamination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "results/statistics/sequential_gate.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A pair of 10 ms an arm in which nothing happened.
AbPair quiet_pair() {
  AbPair pair;
  pair.a = pair.b = {1};
  pair.a_conditions = pair.b_conditions = {.duration_ns = 10'000'000,
                                           .involuntary_switches = 1,
                                           .major_faults = 0,
                                           .clock_khz = 3'000'000};
  return pair;
}

TEST(PairContamination, AQuietPairCounts) {
  PairContamination contamination;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(contamination.judge(quiet_pair()), "");
  EXPECT_TRUE(contamination.by_cause().empty());
}

TEST(PairContamination, EachCauseDropsThePairAndSaysSo) {
  const auto judged = [](auto&& disturb) {
    PairContamination contamination;
    for (int i = 0; i < 10; ++i) contamination.judge(quiet_pair());
    AbPair pair = quiet_pair();
    disturb(pair);
    return contamination.judge(pair);
  };
  EXPECT_THAT(judged([](AbPair& pair) { pair.steal_share = 0.4; }), HasSubstr("hypervisor"));
  EXPECT_THAT(judged([](AbPair& pair) { pair.throttles = 2; }), HasSubstr("heat"));
  EXPECT_THAT(judged([](AbPair& pair) { pair.a_conditions.involuntary_switches = 9; }),
              HasSubstr("pushed off"));
  EXPECT_THAT(judged([](AbPair& pair) { pair.b_conditions.involuntary_switches = 9; }),
              HasSubstr("pushed off"));
  EXPECT_THAT(judged([](AbPair& pair) { pair.a_conditions.major_faults = 3; }),
              HasSubstr("storage"));
  EXPECT_THAT(judged([](AbPair& pair) { pair.b_conditions.clock_khz = 2'000'000; }),
              HasSubstr("67 %"));
  EXPECT_THAT(judged([](AbPair& pair) {
                pair.throttles = 1;
                pair.steal_share = 0.2;
              }),
              AllOf(HasSubstr("hypervisor"), HasSubstr("; the CPU")));
}

TEST(PairContamination, NeverLooksAtWhatWasMeasured) {
  PairContamination contamination;
  std::mt19937_64 random(1);
  for (int i = 0; i < 100; ++i) {
    AbPair pair = quiet_pair();
    pair.a = {static_cast<double>(1 + random() % 1'000'000)};
    pair.b = {static_cast<double>(1 + random() % 1'000'000)};
    EXPECT_EQ(contamination.judge(pair), "");
  }
}

TEST(PairContamination, TreatsBothArmsAlike) {
  PairContamination one, mirrored;
  std::mt19937_64 random(2);
  for (int i = 0; i < 300; ++i) {
    AbPair pair = quiet_pair();
    pair.a_conditions.involuntary_switches = static_cast<std::int64_t>(random() % 3);
    pair.b_conditions.major_faults = random() % 20 == 0 ? 4 : 0;
    pair.b_conditions.clock_khz -= static_cast<std::int64_t>(random() % 600'000);
    AbPair other = pair;
    std::swap(other.a, other.b);
    std::swap(other.a_conditions, other.b_conditions);
    EXPECT_EQ(one.judge(pair), mirrored.judge(other)) << i;
  }
}

TEST(PairContamination, WhatTheMachineAlwaysHasIsNoDisturbance) {
  PairContamination contamination;
  int dropped = 0;
  for (int i = 0; i < 50; ++i) {
    AbPair pair = quiet_pair();
    pair.a_conditions.involuntary_switches = pair.b_conditions.involuntary_switches = 6 + i % 3;
    pair.a_conditions.major_faults = pair.b_conditions.major_faults = 2;
    dropped += contamination.judge(pair).empty() ? 0 : 1;
  }
  EXPECT_LE(dropped, 1) << "a neighbour that is always there";
}

TEST(PairContamination, WhatKeepsToOneArmIsThatArmsOwnAndCounts) {
  PairContamination contamination;
  int dropped = 0;
  for (int i = 0; i < 200; ++i) {
    AbPair pair = quiet_pair();
    if (i % 5 == 0) pair.b_conditions.major_faults = 7;  // B reads a file now and then
    dropped += contamination.judge(pair).empty() ? 0 : 1;
  }
  EXPECT_EQ(contamination.owner("major faults"), "B");
  EXPECT_LT(dropped, 12) << "until it was clear whose they are";
  EXPECT_EQ(contamination.by_cause().at("major faults"), 40);
  EXPECT_EQ(contamination.owner("clock"), "");
}

/// A machine that disturbs three slots in ten: they are counted, and slow. B is slower by exactly
/// the tolerance.
bool is_falsely_slower(std::uint64_t seed, bool only_b_is_hit) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  const auto chance = [&] { return std::uniform_real_distribution<double>()(random); };
  PairContamination contamination;
  GateRules rules;
  SequentialGate gate(rules);
  for (int i = 0; i < 300 && gate.verdict() == Verdict::undecided; ++i) {
    AbPair pair = quiet_pair();
    const auto slot = [&](ArmConditions& conditions, bool may_be_hit) {
      double log_time = 0.01 * normal(random);
      if (may_be_hit && chance() < 0.3) {
        conditions.involuntary_switches += 5 + static_cast<std::int64_t>(10 * chance());
        log_time += 0.1 * chance();
      }
      return log_time;
    };
    const double a = slot(pair.a_conditions, !only_b_is_hit);
    const double b = slot(pair.b_conditions, true);
    if (contamination.judge(pair).empty()) gate.add(std::log1p(rules.tolerance) + b - a);
  }
  return gate.verdict() == Verdict::slower;
}

TEST(PairContamination, DroppingKeepsFalseSlowerBelowAlpha) {
  constexpr int kTrials = 400;
  int slower = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    slower += is_falsely_slower(static_cast<std::uint64_t>(trial), false) ? 1 : 0;
  }
  // alpha is 1 %: 4 of 400 expected at most, 11 with a chance below 0.3 %.
  EXPECT_LE(slower, 10);
}

TEST(PairContamination, AnArmThatIsHitByItselfIsNotExcused) {
  int slower = 0;
  for (std::uint64_t trial = 0; trial < 40; ++trial) {
    slower += is_falsely_slower(trial, true) ? 1 : 0;
  }
  EXPECT_GE(slower, 1) << "its slow pairs count, so that B can be found slower than the tolerance";
}

}  // namespace
}  // namespace ridgepoint
