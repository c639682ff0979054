// Range: a figure with what it may as well be. Arithmetic takes the worst of both ends, so that a
// quotient of two ranges holds every quotient of their values.
#pragma once

#include <algorithm>

namespace ridgepoint::roofline {

struct Range {
  double low = 0, value = 0, high = 0;
  bool operator==(const Range&) const = default;

  static Range exactly(double value) { return {value, value, value}; }
};

inline Range operator+(const Range& a, const Range& b) {
  return {a.low + b.low, a.value + b.value, a.high + b.high};
}

/// Of positive ranges; zeros where `b` may be zero.
inline Range operator/(const Range& a, const Range& b) {
  if (!(b.low > 0)) return {};
  return {a.low / b.high, a.value / b.value, a.high / b.low};
}

inline Range operator*(double factor, const Range& a) {
  return {factor * a.low, factor * a.value, factor * a.high};
}

inline Range larger_of(const Range& a, const Range& b) {
  return {std::max(a.low, b.low), std::max(a.value, b.value), std::max(a.high, b.high)};
}

}  // namespace ridgepoint::roofline
