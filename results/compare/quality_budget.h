// How much worse than its baseline a variant may be for its speed to count. A variant past the
// budget, or of which nobody knows, is never called faster: speed that was bought with quality is
// another product, not a faster one.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "results/record.h"
#include "results/store/store.h"

namespace ridgepoint {

struct QualityBudget {
  std::optional<double> max_kl;                   ///< of kl_mean, nats
  std::optional<double> max_perplexity_increase;  ///< share
  [[nodiscard]] bool given() const { return max_kl || max_perplexity_increase; }
};

/// Why these metrics of a quality case are past the budget, with their errors; empty: they are
/// within. A metric that is not there cannot be within.
std::string past_budget(const QualityBudget& budget, const std::map<std::string, double>& metrics);

/// The newest record of each quality case, without samples; of those that have figures.
std::vector<Record> stored_qualities(const Store& store);

/// Why a candidate may not be called faster than `other` (null: nobody knows what that runs): a
/// quality of its variant is past the budget, or none among `qualities` tells. What was measured of
/// other weights under the same name tells nothing; nor does a divergence from its own logits; nor
/// from its own weights, where those are what sets it apart. Empty: it may.
std::string withheld_by_quality(const QualityBudget& budget, const Record& candidate,
                                const Case* other, std::span<const Record> qualities);

}  // namespace ridgepoint
