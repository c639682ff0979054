// Tail probabilities and quantiles of the two distributions that intervals are made of. The
// standard library has neither quantiles nor Student's t, and no library that the build already
// needs does.
#pragma once

namespace ridgepoint {

/// P(Z > z) of the standard normal distribution; accurate far into the tail.
double normal_upper_tail(double z);
/// z with P(Z > z) = p; 0 < p < 1, std::invalid_argument otherwise.
double normal_upper_quantile(double p);

/// P(T > t) of Student's t with `freedom` > 0 degrees of freedom, whole or not: through the
/// incomplete beta function (Abramowitz and Stegun 26.7.1, its continued fraction 26.5.8).
double student_upper_tail(double t, double freedom);
/// t with P(T > t) = p; 0 < p < 1 and freedom > 0, std::invalid_argument otherwise.
double student_upper_quantile(double p, double freedom);

}  // namespace ridgepoint
