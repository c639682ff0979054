// Counters of the memory controllers, of the whole machine: every byte that was read from and
// written to DRAM, whoever asked for it, prefetchers, devices and other programs included. The
// kernel shows them as event sources of their own; reading them takes more permission than one's
// own threads do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/perf/event_code.h"
#include "profiler/reading.h"

namespace ridgepoint {

/// One event of one controller.
struct ControllerEvent {
  std::string meaning{};  ///< "dram_read_bytes", "dram_write_bytes"
  std::string device{};   ///< "uncore_imc_0"
  EventCode code{};
  int cpu = 0;       ///< that it is read on
  double bytes = 0;  ///< that one count stands for
  bool operator==(const ControllerEvent&) const = default;
};

/// An event as the kernel writes it ("event=0x04,umask=0x0f"), by the folder `format` of its
/// source, whose files say which bits a term goes to ("config:0-7"). Absent for a term that is not
/// there.
Reading<std::uint64_t> encode_event(std::string_view text, const std::string& format_folder);

/// Of Intel's integrated memory controllers and AMD's unified ones. Absent where the kernel shows
/// none.
Reading<std::vector<ControllerEvent>> find_controller_events(
    const std::string& sources = "/sys/bus/event_source/devices");

/// Counts of the whole machine since they were opened.
class SystemCounters {
 public:
  virtual ~SystemCounters() = default;
  /// In the order of the events; false when they cannot be read.
  virtual bool read(std::vector<double>& bytes) = 0;
};

class SystemCounterSource {
 public:
  virtual ~SystemCounterSource() = default;
  /// Absent where there are none.
  virtual Reading<std::vector<ControllerEvent>> events() = 0;
  /// Null, and why in one line, where they may not be read.
  virtual std::unique_ptr<SystemCounters> open(const std::vector<ControllerEvent>& events,
                                               std::string& why) = 0;
};

/// The kernel's perf_event.
class PerfControllerSource : public SystemCounterSource {
 public:
  explicit PerfControllerSource(std::string sources = "/sys/bus/event_source/devices");
  Reading<std::vector<ControllerEvent>> events() override;
  std::unique_ptr<SystemCounters> open(const std::vector<ControllerEvent>& events,
                                       std::string& why) override;

 private:
  std::string sources_;
};

}  // namespace ridgepoint
