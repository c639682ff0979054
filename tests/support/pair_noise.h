// Pair noise: machines whose truth is known, to try a gate on. Each makes log ratios of pairs
// (B over A) around a given true value.
//
// Noise belongs either to time slots (two a pair, and the order of the arms is drawn at random, as
// harness/ab does it) or to an arm (then the order changes nothing).
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string_view>

namespace ridgepoint::testing {

class PairNoise {
 public:
  virtual ~PairNoise() = default;
  /// The log ratio of the next pair less its true value.
  virtual double next(std::mt19937_64& random) = 0;
};

struct PairNoiseModel {
  std::string_view name;
  std::string_view description;
  std::unique_ptr<PairNoise> (*make)();
};
/// Spread (standard deviation or what stands for it) of a pair's log ratio is about 2 % in each.
std::span<const PairNoiseModel> pair_noise_models();
/// More correlated over pairs than the gate covers unless asked.
std::span<const PairNoiseModel> correlated_pair_noise_models();

}  // namespace ridgepoint::testing
