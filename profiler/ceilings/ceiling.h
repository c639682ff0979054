// Ceiling: a measured limit of this machine, with its interval and what it was measured under; or
// why there is none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/ceilings/estimate.h"
#include "profiler/ceilings/plateaus.h"
#include "profiler/reading.h"

namespace ridgepoint::ceilings {

struct Ceiling {
  std::string kind;   ///< "bandwidth", "latency", "compute", "clock"
  std::string what;   ///< "load", "random chase", "avx512 f32 fma", "dependent additions"
  std::string level;  ///< "1", "2", ... from the core outwards, the last "outermost"; empty: none
  int threads = 1;
  int streams = 0;   ///< of each thread; 0: does not apply
  std::string unit;  ///< "bytes/s", "ns", "FLOP/s", "OP/s", "Hz"
  Estimate estimate;
  std::vector<double> samples;  ///< behind the value: figures of points, or the batches of a round
  /// Working sets over all threads for which it holds; 0 where there is none.
  std::int64_t from_bytes = 0, to_bytes = 0;
  /// Bytes moved over useful bytes, where lines are read only to be written; 1 otherwise.
  double moved_ratio = 1;
  double clock_hz = 0;     ///< median around its batches; 0: not known
  std::string note;        ///< what a reader has to know; may be empty
  std::string why_absent;  ///< not empty: there is no figure, and this is why
};

/// A whole sweep over working sets, of which levels are ceilings.
struct Curve {
  std::string kind, what;
  int threads = 1;
  int streams = 0;
  std::string unit;
  std::vector<CurvePoint> points;
};

struct Conditions {
  std::string isa;  ///< of the bandwidth kernels
  std::vector<int> cpus;
  bool pinned = true;
  std::int64_t block_bytes = 0;  ///< memory measured with, over all threads
  Reading<std::int64_t> huge_bytes = Reading<std::int64_t>::absent("not measured");
  Reading<double> tsc_hz = Reading<double>::absent("not measured");
  int rounds = 0;      ///< that figures are the best of
  double seconds = 0;  ///< that measuring took
};

struct Measured {
  std::vector<Ceiling> ceilings;
  std::vector<Curve> curves;
  Conditions conditions;
  bool interrupted = false;
};

/// Short and stable over runs: "load, level 1, 1 thread, 8 streams".
std::string name_of(const Ceiling& ceiling);

}  // namespace ridgepoint::ceilings
