// The shift between two samples of few values: Welch's t (1947). Ranks of three values a side can
// never be significant at 1 %; the price of an answer is to assume that the values are roughly
// normal, which medians of whole processes on a log scale are (Kalibera and Jones 2013 rest on the
// same at their highest level).
#pragma once

#include <span>

#include "results/statistics/shift.h"

namespace ridgepoint {

/// At least two values a side; std::invalid_argument otherwise.
Shift welch_shift(std::span<const double> a, std::span<const double> b, double alpha,
                  double margin);

}  // namespace ridgepoint
