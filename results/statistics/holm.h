// Many tests at once: Holm's step-down adjustment (1979, "A simple sequentially rejective multiple
// test procedure", Scand. J. Statist. 6). Rejecting where the adjusted p is at most alpha keeps the
// chance of any false rejection in the family at alpha, however the tests depend on each other.
#pragma once

#include <span>
#include <vector>

namespace ridgepoint {

/// In the order given; each at least its own p, at most 1.
std::vector<double> holm_adjusted(std::span<const double> p_values);

}  // namespace ridgepoint
