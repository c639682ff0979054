// The loops of the bandwidth kernels over a Line, which is 64 bytes in an instruction set's
// registers. Each step takes eight lines: eight neighbours of one stream, or one of each of eight.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "profiler/ceilings/bandwidth_kernels.h"

namespace ridgepoint::ceilings {

template <class Line, bool kMany>
struct BandwidthLoops {
  static constexpr std::size_t kDoubles = 8;  // of a line
  static constexpr std::size_t kLines = kManyStreams;

  template <class Step>
  static void walk(const BandwidthPass& pass, std::int64_t passes, Step&& step) {
    const std::size_t stride = kMany ? pass.lines / kLines * kDoubles : kDoubles;
    const std::size_t advance = kMany ? kDoubles : kDoubles * kLines;
    for (; passes > 0; --passes) {
      std::size_t at = 0;
      for (std::size_t i = 0; i < pass.lines / kLines; ++i, at += advance) {
        for (std::size_t s = 0; s < kLines; ++s) step(s, at + s * stride);
      }
      // No pass may be taken for a repetition of the one before and left out.
      asm volatile("" ::: "memory");
    }
  }

  /// Of every line of a what `value` gives for its place.
  template <bool kPastCaches, class Value>
  static double write(const BandwidthPass& pass, std::int64_t passes, Value&& value) {
    double* const a = pass.a;
    walk(pass, passes, [&](std::size_t, std::size_t at) {
      if constexpr (kPastCaches) {
        Line::stream(a + at, value(at));
      } else {
        Line::store(a + at, value(at));
      }
    });
    if constexpr (kPastCaches) Line::fence();
    return 0;
  }

  static double load(const BandwidthPass& pass, std::int64_t passes) {
    Line sums[Line::kSums];
    for (auto& sum : sums) sum = Line::broadcast(0);
    const double* const a = pass.a;
    walk(pass, passes, [&](std::size_t s, std::size_t at) {
      sums[s % Line::kSums] = Line::add(sums[s % Line::kSums], Line::load(a + at));
    });
    double total = 0;
    for (const auto& sum : sums) total += Line::total(sum);
    return total;
  }
  template <bool kPastCaches>
  static double store(const BandwidthPass& pass, std::int64_t passes) {
    const Line value = Line::broadcast(pass.factor);
    return write<kPastCaches>(pass, passes, [&](std::size_t) { return value; });
  }
  template <bool kPastCaches>
  static double copy(const BandwidthPass& pass, std::int64_t passes) {
    const double* const b = pass.b;
    return write<kPastCaches>(pass, passes, [&](std::size_t at) { return Line::load(b + at); });
  }
  static double update(const BandwidthPass& pass, std::int64_t passes) {
    const Line factor = Line::broadcast(pass.factor);
    const double* const a = pass.a;
    return write<false>(pass, passes,
                        [&](std::size_t at) { return Line::multiply(factor, Line::load(a + at)); });
  }
  template <bool kPastCaches>
  static double triad(const BandwidthPass& pass, std::int64_t passes) {
    const Line factor = Line::broadcast(pass.factor);
    const double* const b = pass.b;
    const double* const c = pass.c;
    return write<kPastCaches>(pass, passes, [&](std::size_t at) {
      return Line::multiply_add(factor, Line::load(c + at), Line::load(b + at));
    });
  }

  static constexpr std::array<BandwidthFunction, kBandwidthKernels> functions() {
    return {load,         copy<false>, copy<true>,   update,
            triad<false>, triad<true>, store<false>, store<true>};
  }
};

template <class Line>
constexpr BandwidthTable make_bandwidth_table(std::string_view isa) {
  return {isa, BandwidthLoops<Line, false>::functions(), BandwidthLoops<Line, true>::functions()};
}

}  // namespace ridgepoint::ceilings
