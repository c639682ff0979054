// Quantiles of Student's t distribution, for intervals over a handful of independent values.
#pragma once

#include <cstdint>

namespace ridgepoint {

/// The t with P(|T| <= t) = `confidence` for T of `degrees` degrees of freedom (at least 1);
/// 0 < confidence < 1. Abramowitz & Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
double students_t(double confidence, std::int64_t degrees);

}  // namespace ridgepoint
