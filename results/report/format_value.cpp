#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <iterator>
#include <span>
#include <string>

#include "results/report/table.h"

namespace ridgepoint {
namespace {

struct Scale {
  double factor;
  std::string_view name;
};

constexpr Scale kTime[] = {{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}};
constexpr Scale kBytes[] = {{1, "B"}, {1e3, "kB"}, {1e6, "MB"}, {1e9, "GB"}, {1e12, "TB"}};
constexpr Scale kByteRate[] = {
    {1, "B/s"}, {1e3, "kB/s"}, {1e6, "MB/s"}, {1e9, "GB/s"}, {1e12, "TB/s"}};
constexpr Scale kWork[] = {{1, "FLOP"},    {1e3, "kFLOP"},  {1e6, "MFLOP"},
                           {1e9, "GFLOP"}, {1e12, "TFLOP"}, {1e15, "PFLOP"}};
constexpr Scale kWorkRate[] = {{1, "FLOP/s"},    {1e3, "kFLOP/s"},  {1e6, "MFLOP/s"},
                               {1e9, "GFLOP/s"}, {1e12, "TFLOP/s"}, {1e15, "PFLOP/s"}};

constexpr Scale kOperationRate[] = {{1, "OP/s"},    {1e3, "kOP/s"},  {1e6, "MOP/s"},
                                    {1e9, "GOP/s"}, {1e12, "TOP/s"}, {1e15, "POP/s"}};
constexpr Scale kFrequency[] = {{1, "Hz"}, {1e3, "kHz"}, {1e6, "MHz"}, {1e9, "GHz"}};

std::span<const Scale> scales_of(std::string_view unit) {
  if (unit == "ns") return kTime;
  if (unit == "bytes") return kBytes;
  if (unit == "bytes/s") return kByteRate;
  if (unit == "FLOP") return kWork;
  if (unit == "FLOP/s") return kWorkRate;
  if (unit == "OP/s") return kOperationRate;
  if (unit == "Hz") return kFrequency;
  return {};
}

/// As printed: rounding comes before the choice of the prefix, or 999.6 ns would read "1000 ns".
double rounded(double value) {
  return value == 0 ? 0 : std::strtod(fmt::format("{:.2e}", value).c_str(), nullptr);
}

std::string digits(double value) {
  const double shown = rounded(value);
  if (shown == 0) return "0";
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(shown)) + 1e-12));
  if (magnitude < -4 || magnitude > 8) return fmt::format("{:.2e}", shown);
  return fmt::format("{:.{}f}", shown, magnitude >= 2 ? 0 : 2 - magnitude);
}

bool is_whole(double value) {
  return value == std::floor(value) && std::abs(value) < 1e15;
}

}  // namespace

std::string format_with_error(double value, double standard_error) {
  if (!std::isfinite(value) || !(standard_error > 0) || !std::isfinite(standard_error)) {
    return fmt::format("{} ± {}", format_value(value, "1"), format_value(standard_error, "1"));
  }
  // Rounded to two digits first: 0.0996 is 0.10, which has a decimal less.
  const double shown = std::strtod(fmt::format("{:.1e}", standard_error).c_str(), nullptr);
  const int magnitude = static_cast<int>(std::floor(std::log10(shown) + 1e-12));
  if (magnitude < -4 || std::abs(value) >= 1e9) {
    return fmt::format("{:.2e} ± {:.1e}", value, shown);
  }
  const int decimals = magnitude >= 1 ? 0 : 1 - magnitude;
  return fmt::format("{:.{}f} ± {:.{}f}", value, decimals, shown, decimals);
}

std::string format_value(double value, std::string_view unit) {
  if (std::isnan(value)) return "nan";
  if (unit == "1") {
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    return is_whole(value) ? fmt::format("{:.0f}", value) : digits(value);
  }
  const std::span<const Scale> scales = scales_of(unit);
  if (std::isinf(value)) return fmt::format("{}inf {}", value < 0 ? "-" : "", unit);
  if (scales.empty()) return fmt::format("{} {}", digits(value), unit);
  const Scale* scale = &scales.front();
  for (const Scale& candidate : scales) {
    if (std::abs(rounded(value)) >= candidate.factor) scale = &candidate;
  }
  if (unit == "bytes" && scale->factor == 1 && is_whole(value)) {
    return fmt::format("{:.0f} {}", value, scale->name);
  }
  return fmt::format("{} {}", digits(value / scale->factor), scale->name);
}

}  // namespace ridgepoint
