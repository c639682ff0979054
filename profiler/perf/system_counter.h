// SystemCounter: what memory controllers counted in each phase of a pass. They are read where the
// ops of another graph begin, since phases are computed by graphs of their own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "profiler/perf/memory_controllers.h"
#include "profiler/span.h"
#include "profiler/trace/trace.h"

namespace ridgepoint {

class SystemCounter : public SpanListener {
 public:
  explicit SystemCounter(SystemCounterSource& source);

  /// Empty, or why nothing is counted.
  [[nodiscard]] const std::string& why_absent() const { return why_; }
  /// Names of what was read: "uncore_imc_0, uncore_imc_1".
  [[nodiscard]] std::string source() const;

  void begin(std::uint32_t source, std::uint32_t op) noexcept override;
  void end() noexcept override {}
  void start_pass();
  void stop_pass();

  /// By name of the part, then by meaning: what was counted from each reading within such a part to
  /// the next one. Empty where two phases cannot be told apart.
  using Sums = std::map<std::string, std::map<std::string, double>>;
  [[nodiscard]] Sums sums(std::span<const TracedPart> parts) const;

 private:
  struct Stamp {
    std::int64_t at_ns = 0;
    std::vector<double> bytes;
  };
  void stamp();

  std::vector<ControllerEvent> events_;
  std::unique_ptr<SystemCounters> counters_;
  std::vector<Stamp> stamps_;
  std::int64_t last_source_ = -1;
  bool is_counting_ = false;
  std::string why_;
};

}  // namespace ridgepoint
