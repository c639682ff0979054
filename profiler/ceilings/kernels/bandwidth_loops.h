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
  static double store(const BandwidthPass& pass, std::int64_t passes) {
    const Line value = Line::broadcast(pass.factor);
    double* const a = pass.a;
    walk(pass, passes, [&](std::size_t, std::size_t at) { Line::store(a + at, value); });
    return 0;
  }
  static double store_nontemporal(const BandwidthPass& pass, std::int64_t passes) {
    const Line value = Line::broadcast(pass.factor);
    double* const a = pass.a;
    walk(pass, passes, [&](std::size_t, std::size_t at) { Line::stream(a + at, value); });
    Line::fence();
    return 0;
  }
  static double copy(const BandwidthPass& pass, std::int64_t passes) {
    double* const a = pass.a;
    const double* const b = pass.b;
    walk(pass, passes,
         [&](std::size_t, std::size_t at) { Line::store(a + at, Line::load(b + at)); });
    return 0;
  }
  static double copy_nontemporal(const BandwidthPass& pass, std::int64_t passes) {
    double* const a = pass.a;
    const double* const b = pass.b;
    walk(pass, passes,
         [&](std::size_t, std::size_t at) { Line::stream(a + at, Line::load(b + at)); });
    Line::fence();
    return 0;
  }
  static double update(const BandwidthPass& pass, std::int64_t passes) {
    const Line factor = Line::broadcast(pass.factor);
    double* const a = pass.a;
    walk(pass, passes, [&](std::size_t, std::size_t at) {
      Line::store(a + at, Line::multiply(factor, Line::load(a + at)));
    });
    return 0;
  }
  static double triad(const BandwidthPass& pass, std::int64_t passes) {
    const Line factor = Line::broadcast(pass.factor);
    double* const a = pass.a;
    const double* const b = pass.b;
    const double* const c = pass.c;
    walk(pass, passes, [&](std::size_t, std::size_t at) {
      Line::store(a + at, Line::multiply_add(factor, Line::load(c + at), Line::load(b + at)));
    });
    return 0;
  }

  static double triad_nontemporal(const BandwidthPass& pass, std::int64_t passes) {
    const Line factor = Line::broadcast(pass.factor);
    double* const a = pass.a;
    const double* const b = pass.b;
    const double* const c = pass.c;
    walk(pass, passes, [&](std::size_t, std::size_t at) {
      Line::stream(a + at, Line::multiply_add(factor, Line::load(c + at), Line::load(b + at)));
    });
    Line::fence();
    return 0;
  }

  static constexpr std::array<BandwidthFunction, kBandwidthKernels> functions() {
    return {
        load, copy, copy_nontemporal, update, triad, triad_nontemporal, store, store_nontemporal};
  }
};

template <class Line>
constexpr BandwidthTable make_bandwidth_table(std::string_view isa) {
  return {isa, BandwidthLoops<Line, false>::functions(), BandwidthLoops<Line, true>::functions()};
}

}  // namespace ridgepoint::ceilings
