// The shift between two samples by ranks: Hodges and Lehmann's estimate (1963), the interval that
// inverts the test of Mann and Whitney (1947; Hollander, Wolfe and Chicken, Nonparametric
// Statistical Methods, 3rd ed., sections 4.1 to 4.3), and that test against a margin. No
// distribution is assumed, only independent values and equal shapes; one wild value moves nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "results/statistics/shift.h"

namespace ridgepoint {

/// Exact up to 12 values a side, the normal approximation with a correction for continuity beyond.
/// Costs the product of the two counts in time and memory. Both need a value at least.
Shift rank_shift(std::span<const double> a, std::span<const double> b, double alpha, double margin);

/// P(U <= u) under the null hypothesis, U the count of pairs with b above a.
double mann_whitney_lower_tail(std::size_t count_a, std::size_t count_b, double u);
/// Largest k such that the k-th smallest and the k-th largest of all differences enclose the shift
/// with 1 - alpha at least; empty when even the outermost do not.
std::optional<std::size_t> mann_whitney_rank(std::size_t count_a, std::size_t count_b,
                                             double alpha);

}  // namespace ridgepoint
