#include "results/statistics/welch_shift.h"

#include <cmath>
#include <stdexcept>

#include "results/statistics/distributions.h"

namespace ridgepoint {
namespace {

struct Mean {
  double value = 0;
  double variance = 0;  ///< of the mean
  double freedom = 0;
};

Mean mean_of(std::span<const double> values) {
  if (values.size() < 2) throw std::invalid_argument("welch_shift: needs two values a side");
  const auto count = static_cast<double>(values.size());
  Mean mean;
  for (const double value : values) mean.value += value / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean.value) * (value - mean.value);
  mean.freedom = count - 1;
  mean.variance = squares / mean.freedom / count;
  return mean;
}

}  // namespace

Shift welch_shift(std::span<const double> a, std::span<const double> b, double alpha,
                  double margin) {
  const Mean of_a = mean_of(a);
  const Mean of_b = mean_of(b);
  Shift shift;
  shift.estimate = of_b.value - of_a.value;
  const double variance = of_a.variance + of_b.variance;
  if (!(variance > 0)) {  // constant values: the shift is what it is
    shift.interval = Interval{shift.estimate, shift.estimate};
    shift.p_above = shift.estimate > margin ? 0 : 1;
    shift.p_below = shift.estimate < -margin ? 0 : 1;
    return shift;
  }
  const double error = std::sqrt(variance);
  const double freedom =
      variance * variance /
      (of_a.variance * of_a.variance / of_a.freedom + of_b.variance * of_b.variance / of_b.freedom);
  const double reach = student_upper_quantile(alpha / 2, freedom) * error;
  shift.interval = Interval{shift.estimate - reach, shift.estimate + reach};
  shift.p_above = student_upper_tail((shift.estimate - margin) / error, freedom);
  shift.p_below = student_upper_tail((-shift.estimate - margin) / error, freedom);
  return shift;
}

}  // namespace ridgepoint
