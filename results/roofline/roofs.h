// Roofs: what a machine can do at the most, as the ceilings that `ridgepoint roofline` stored say,
// for as many threads as a case has. Bandwidth is asked for by how much is walked through before
// the same bytes come again, because that decides which level of the memory they come from.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"
#include "results/roofline/range.h"

namespace ridgepoint::roofline {

enum class Arithmetic : std::uint8_t { f64, f32, f16, bf16, int8, e4m3 };

/// What arithmetic of one kind reaches in registers.
struct Peak {
  Arithmetic arithmetic = Arithmetic::f32;
  std::string what;  ///< "avx512 int8 vpdpbusd"
  std::string unit;  ///< "FLOP/s", "OP/s"
  Range per_second;
};

struct SizePoint {
  double bytes = 0;
  Range bytes_per_second;
};

/// A stretch of sizes over which a curve is flat.
struct Level {
  std::string name;  ///< "1", "2", ..., "outermost"
  double from_bytes = 0, to_bytes = 0;
  Range bytes_per_second;
};

struct BandwidthCurve {
  std::string what;  ///< "load"
  int streams = 0;
  std::vector<SizePoint> points;  ///< ascending
  std::vector<Level> levels;      ///< ascending
};

/// What comes from the memory: only read, or read and written.
enum class Access : std::uint8_t { read, any };

struct Bandwidth {
  Range bytes_per_second;
  std::string level;  ///< "level 2", "the outermost level", "between level 1 and level 2"
};

struct Roofs {
  std::string run_id;  ///< of the ceilings
  std::string device;  ///< "cuda:0"; empty: the processor
  std::int64_t measured_unix_ns = 0;
  int threads = 1;
  /// Empty, or how ceilings of other numbers of threads were made to do.
  std::string note;
  /// Measured with as many threads, or with fewer and with more.
  bool covers_threads = true;
  /// The largest cache that the system of the ceilings shows; 0: not known. Curves that end before
  /// twice that never came to the memory behind it.
  double largest_cache_bytes = 0;
  std::vector<BandwidthCurve> curves;
  std::vector<Peak> peaks;

  /// The best that any kernel reached when it walked through `bytes` again and again. Nothing
  /// where no curve was measured, or where it ended in the caches and `bytes` are more than it
  /// walked through.
  [[nodiscard]] std::optional<Bandwidth> bandwidth_at(double bytes, Access access) const;
  /// Whether any op can be placed: they cover the threads, and came to the memory behind the
  /// caches.
  [[nodiscard]] bool is_full() const;
  /// Of loads at the largest sizes that were measured, in memory or not.
  [[nodiscard]] std::optional<Bandwidth> outermost() const;
  /// Why there is no bandwidth for so many bytes, in a sentence; empty where there is.
  [[nodiscard]] std::string why_not_at(double bytes) const;
  /// The best of what products with weights of this type may be computed with; null without any.
  /// An empty type is that of ops without weights.
  [[nodiscard]] const Peak* peak_for(std::string_view weight_type) const;
};

/// From the records of a run of ceilings (ceilings_suite.h says of which device). Between one
/// thread and all cores, what was measured for these bounds it; threads are nothing to a GPU. Error
/// when the run holds no curve of `load`.
Roofs roofs_of(const Run& run, std::span<const Record> ceilings, int threads);

}  // namespace ridgepoint::roofline
