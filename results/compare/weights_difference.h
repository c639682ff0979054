// Weights of a case: a case names its model, and a file of that name may hold others tomorrow.
// Records keep a fingerprint of what was run, which tells.
#pragma once

#include <optional>
#include <string>

#include "results/record.h"

namespace ridgepoint {

struct WeightsDifference {
  std::string a, b;  ///< fingerprints, as far as people read them
  bool operator==(const WeightsDifference&) const = default;
};

/// Where two records are of the same model by name, and both say of which weights: whether those
/// differ. Empty too where the cases ask for different models, types or seeds.
std::optional<WeightsDifference> weights_difference(const Record& a, const Record& b);

/// What a reader of a row has to know about it.
std::string sentence_of(const WeightsDifference& difference);

}  // namespace ridgepoint
