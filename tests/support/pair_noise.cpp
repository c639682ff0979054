#include "tests/support/pair_noise.h"

#include <cmath>

namespace ridgepoint::testing {
namespace {

constexpr double kPairSpread = 0.02;
const double kSlotSpread = kPairSpread / std::sqrt(2.0);

double normal(std::mt19937_64& random, double spread) {
  return std::normal_distribution<double>(0, spread)(random);
}
bool chance(std::mt19937_64& random, double probability) {
  return std::uniform_real_distribution<double>(0, 1)(random) < probability;
}

/// Noise of slots: which of the two was B's is drawn for each pair.
class SlotNoise : public PairNoise {
 public:
  double next(std::mt19937_64& random) final {
    const double first = slot(random);
    const double second = slot(random);
    return chance(random, 0.5) ? second - first : first - second;
  }

 protected:
  virtual double slot(std::mt19937_64& random) = 0;
};

class Gaussian : public SlotNoise {
  double slot(std::mt19937_64& random) override { return normal(random, kSlotSpread); }
};

/// Both arms are hit now and then.
class Outliers : public SlotNoise {
  double slot(std::mt19937_64& random) override {
    const double spike = chance(random, 0.05) ? 0.1 + std::abs(normal(random, 0.2)) : 0;
    return normal(random, kSlotSpread) + spike;
  }
};

/// Only B is hit, once in twenty pairs. The true value is the median, spikes included.
class OneArmSpike : public PairNoise {
 public:
  double next(std::mt19937_64& random) override {
    constexpr double kMedianInSpreads = 0.0660;  // of the normal distribution, at 0.5 / 0.95
    const double spike = chance(random, 0.05) ? 0.3 : 0;
    return normal(random, kPairSpread) + spike - kMedianInSpreads * kPairSpread;
  }
};

/// The machine becomes slower all the time, 0.2 % a slot.
class Drift : public SlotNoise {
  double slot(std::mt19937_64& random) override {
    level_ += 0.002;
    return level_ + normal(random, kSlotSpread);
  }
  double level_ = 0;
};

/// Neighbours in time are alike.
class SlotAutoregression : public SlotNoise {
  double slot(std::mt19937_64& random) override {
    constexpr double kRho = 0.95;
    const double innovation = normal(random, kPairSpread * std::sqrt(1 - kRho * kRho));
    level_ = started_ ? kRho * level_ + innovation : normal(random, kPairSpread);
    started_ = true;
    return level_ + normal(random, kSlotSpread);
  }
  double level_ = 0;
  bool started_ = false;
};

/// What is wrong with one arm lasts over pairs: the case that the order cannot answer.
template <int kPercent>
class PairAutoregression : public PairNoise {
 public:
  double next(std::mt19937_64& random) override {
    constexpr double kRho = kPercent / 100.0;
    const double innovation = normal(random, kPairSpread * std::sqrt(1 - kRho * kRho));
    level_ = started_ ? kRho * level_ + innovation : normal(random, kPairSpread);
    started_ = true;
    return level_;
  }

 private:
  double level_ = 0;
  bool started_ = false;
};

/// A machine with two clocks, three to one, that stays with one for some dozen slots.
class TwoClocks : public SlotNoise {
  double slot(std::mt19937_64& random) override {
    if (chance(random, slow_ ? 1.0 / 20 : 1.0 / 40)) slow_ = !slow_;
    return (slow_ ? std::log(3.0) : 0) + normal(random, kSlotSpread);
  }
  bool slow_ = false;
};

/// Each process lands in one of two layouts, 6 % apart.
class TwoLayouts : public SlotNoise {
  double slot(std::mt19937_64& random) override {
    return (chance(random, 0.5) ? 0.06 : 0) + normal(random, kSlotSpread);
  }
};

/// Student's t with two degrees of freedom: no variance.
class HeavyTails : public SlotNoise {
  double slot(std::mt19937_64& random) override {
    return 0.7 * kSlotSpread * std::student_t_distribution<double>(2)(random);
  }
};

template <class Noise>
std::unique_ptr<PairNoise> make() {
  return std::make_unique<Noise>();
}

constexpr PairNoiseModel kModels[] = {
    {"gaussian", "independent, normal", make<Gaussian>},
    {"outliers", "one slot in twenty is hit, by 10 to 50 %, whichever arm it is", make<Outliers>},
    {"one-arm spike", "one slot of B in twenty is 30 % slower", make<OneArmSpike>},
    {"drift", "the machine slows by 0.2 % a slot", make<Drift>},
    {"slots AR(1) 0.95", "slow waves over the slots", make<SlotAutoregression>},
    {"pairs AR(1) 0.3", "the difference itself is correlated over pairs",
     make<PairAutoregression<30>>},
    {"pairs AR(1) 0.5", "the same", make<PairAutoregression<50>>},
    {"pairs AR(1) 0.7", "the same", make<PairAutoregression<70>>},
    {"bimodal clock", "two levels, 3 to 1, each for some dozen slots", make<TwoClocks>},
    {"bimodal process", "each process is 0 or 6 % slower", make<TwoLayouts>},
    {"heavy tails", "Student's t, two degrees of freedom", make<HeavyTails>},
};

constexpr PairNoiseModel kCorrelatedModels[] = {
    {"pairs AR(1) 0.8", "the difference itself is correlated over pairs",
     make<PairAutoregression<80>>},
    {"pairs AR(1) 0.85", "the same", make<PairAutoregression<85>>},
    {"pairs AR(1) 0.9", "the same", make<PairAutoregression<90>>},
    {"pairs AR(1) 0.95", "the same", make<PairAutoregression<95>>},
    {"pairs AR(1) 0.97", "the same", make<PairAutoregression<97>>},
};

}  // namespace

std::span<const PairNoiseModel> pair_noise_models() {
  return kModels;
}

std::span<const PairNoiseModel> correlated_pair_noise_models() {
  return kCorrelatedModels;
}

}  // namespace ridgepoint::testing
