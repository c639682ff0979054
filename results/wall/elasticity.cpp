#include "results/wall/elasticity.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

/// The 97.5 % point of Student's distribution, by its expansion about the normal one
/// (Abramowitz and Stegun 26.7.5); off by less than 5 % from two degrees of freedom on.
double student_975(double degrees) {
  constexpr double z = 1.959964;
  const double z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
  return z + (z3 + z) / (4 * degrees) + (5 * z5 + 16 * z3 + 3 * z) / (96 * degrees * degrees) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * degrees * degrees * degrees);
}

}  // namespace

Elasticity estimate_elasticity(std::span<const LoadedTime> points) {
  constexpr std::size_t kFewest = 4;
  if (points.size() < kFewest) throw Error("elasticity: four timings are needed at the least");
  const double n = static_cast<double>(points.size());
  double mean_x = 0, mean_y = 0;
  double lowest = points[0].available_bytes_per_second, highest = lowest;
  for (const LoadedTime& point : points) {
    mean_x += std::log(point.available_bytes_per_second) / n;
    mean_y += std::log(point.seconds) / n;
    lowest = std::min(lowest, point.available_bytes_per_second);
    highest = std::max(highest, point.available_bytes_per_second);
  }
  double xx = 0, xy = 0, yy = 0;
  for (const LoadedTime& point : points) {
    const double x = std::log(point.available_bytes_per_second) - mean_x;
    const double y = std::log(point.seconds) - mean_y;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  if (xx <= 0) throw Error("elasticity: the bandwidth was the same throughout");
  const double slope = xy / xx;
  const double left = std::max(yy - slope * xy, 0.0);
  const double half = student_975(n - 2) * std::sqrt(left / (n - 2) / xx);
  return {-slope, -slope - half, -slope + half, highest / lowest};
}

}  // namespace ridgepoint
