// Series with a known truth: noise of several laws, correlated or not, over fresh processes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace ridgepoint::testing {

/// All laws are symmetric, so that the median is kMedian exactly.
struct Noise {
  std::string name;
  enum class Law { gaussian, heavy, spikes } law = Law::gaussian;
  double spread = 0.05;        ///< standard deviation of a sample, as a share of the median
  double autocorrelation = 0;  ///< of neighbours inside a process (AR(1); gaussian only)
  double process_effect = 0;   ///< standard deviation of a process's own level
};

class NoisySeries {
 public:
  static constexpr double kMedian = 1e6;

  explicit NoisySeries(std::uint64_t seed) : random_(seed) {}

  /// `each` samples of each of `processes`.
  std::vector<std::int64_t> draw(const Noise& noise, int processes, int each) {
    std::vector<std::int64_t> samples;
    const double r = noise.autocorrelation;
    for (int process = 0; process < processes; ++process) {
      const double level = 1 + noise.process_effect * normal();
      double state = normal();
      for (int i = 0; i < each; ++i) {
        state = r * state + std::sqrt(1 - r * r) * normal();
        const double value = level * std::max(0.05, 1 + noise.spread * shaped(noise.law, state));
        samples.push_back(std::llround(kMedian * value));
      }
    }
    return samples;
  }

 private:
  double normal() { return normal_(random_); }

  double shaped(Noise::Law law, double state) {
    if (law == Noise::Law::heavy) {  // Student's t, two degrees of freedom: no variance at all
      return state / std::sqrt(-std::log(std::uniform_real_distribution<>(1e-9, 1)(random_)));
    }
    if (law == Noise::Law::spikes && random_() % 100 < 8) {
      return state + (random_() % 2 == 0 ? 30 : -10) * std::abs(normal());
    }
    return state;
  }

  std::mt19937_64 random_;
  std::normal_distribution<> normal_;
};

inline std::vector<Noise> noise_models() {
  std::vector<Noise> models;
  for (const double effect : {0.0, 0.03}) {
    const std::string with = effect > 0 ? " with process effects" : "";
    models.push_back({"independent" + with, Noise::Law::gaussian, 0.05, 0, effect});
    models.push_back({"AR(1) 0.5" + with, Noise::Law::gaussian, 0.05, 0.5, effect});
    models.push_back({"AR(1) 0.9" + with, Noise::Law::gaussian, 0.05, 0.9, effect});
    models.push_back({"wide AR(1) 0.9" + with, Noise::Law::gaussian, 0.15, 0.9, effect});
    models.push_back({"heavy tails" + with, Noise::Law::heavy, 0.05, 0, effect});
    models.push_back({"spikes" + with, Noise::Law::spikes, 0.05, 0, effect});
  }
  return models;
}

}  // namespace ridgepoint::testing
