#include "harness/ab/conditions_cause.h"

#include <fmt/format.h>

#include <cmath>
#include <span>
#include <vector>

#include "results/report/table.h"
#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

// Clocks of equal processes differ by less, in estimates from a chain of additions.
constexpr double kNotableClockShare = 0.02;
constexpr double kNotableSwitchesPerSecond = 5;

struct BothArms {
  double a = 0, b = 0;
  [[nodiscard]] bool known() const { return a > 0 && b > 0; }
  [[nodiscard]] double percent() const { return 100 * (b / a - 1); }
};

/// Medians over the pairs that count, of those in which both arms say something.
template <class Count>
BothArms medians_over(const AbSession& session, bool only_positive, const Count& count) {
  std::vector<double> a, b;
  for (const AbPair& pair : session.pairs) {
    if (!pair.dropped.empty()) continue;
    const double of_a = count(pair.a_conditions);
    const double of_b = count(pair.b_conditions);
    if (only_positive && !(of_a > 0 && of_b > 0)) continue;
    a.push_back(of_a);
    b.push_back(of_b);
  }
  if (a.empty()) return {};
  return {median(std::span<const double>(a)), median(std::span<const double>(b))};
}

}  // namespace

std::string conditions_cause(const AbSession& session) {
  const auto duration = medians_over(
      session, true, [](const ArmConditions& arm) { return static_cast<double>(arm.duration_ns); });
  if (!duration.known()) return {};
  const auto cpu = medians_over(
      session, true, [](const ArmConditions& arm) { return static_cast<double>(arm.cpu_ns); });
  const auto clock = medians_over(
      session, true, [](const ArmConditions& arm) { return static_cast<double>(arm.clock_khz); });
  const auto switches = medians_over(session, false, [](const ArmConditions& arm) {
    return arm.duration_ns > 0 ? static_cast<double>(arm.involuntary_switches) * 1e9 /
                                     static_cast<double>(arm.duration_ns)
                               : 0;
  });
  const auto faults = medians_over(session, false, [](const ArmConditions& arm) {
    return static_cast<double>(arm.major_faults);
  });

  std::vector<std::string> lines;
  std::string alike;
  const auto is_alike = [&](std::string_view what) {
    alike += (alike.empty() ? "" : ", ") + std::string(what);
  };
  if (cpu.known()) {
    lines.push_back(fmt::format(
        "a whole process took {} in A and {} in B ({:+.1f} %), of CPU time {} and {} ({:+.1f} %)",
        format_value(duration.a, "ns"), format_value(duration.b, "ns"), duration.percent(),
        format_value(cpu.a, "ns"), format_value(cpu.b, "ns"), cpu.percent()));
  }
  if (clock.known()) {
    if (std::abs(clock.b / clock.a - 1) > kNotableClockShare) {
      lines.push_back(
          fmt::format("the clock was {:.2f} GHz after A and {:.2f} GHz after B ({:+.1f} %)",
                      clock.a / 1e6, clock.b / 1e6, clock.percent()));
    } else {
      is_alike("clock");
    }
  }
  if (std::abs(switches.b - switches.a) > kNotableSwitchesPerSecond) {
    lines.push_back(
        fmt::format("processes were pushed off a CPU {:.0f} times a second in A, {:.0f} in B",
                    switches.a, switches.b));
  } else {
    is_alike("involuntary switches");
  }
  if (std::abs(faults.b - faults.a) >= 1) {
    lines.push_back(fmt::format("pages were read from storage {:g} times a process in A, {:g} in B",
                                faults.a, faults.b));
  } else {
    is_alike("major faults");
  }
  if (!alike.empty()) lines.push_back("alike in both: " + alike);
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

}  // namespace ridgepoint
