// What is counted of each op on a processor, and by which events: vendors' events under the names
// that libpfm4 knows them by, and the kernel's own. Each figure says what its events are and what
// they leave out, because none of them is exactly what is wanted.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/perf/event_code.h"
#include "profiler/reading.h"

namespace ridgepoint {

struct CountedEvent {
  std::string name{};  ///< unique over all figures
  double factor = 1;   ///< from counts to the figure's unit: FLOPs an instruction, bytes a line
  EventCode code{};
};

enum class CountedKind : std::uint8_t { bytes, flops, other };

/// The sum of its events times their factors.
struct CountedFigure {
  CountedKind kind = CountedKind::other;
  std::string meaning{};     ///< "llc_miss_bytes"
  std::string says{};        ///< what is counted, for people
  std::string leaves_out{};  ///< empty: nothing that is known
  std::vector<CountedEvent> events{};
};

struct CountedFigures {
  std::vector<CountedFigure> figures{};
  /// Why there is none of that kind; empty where there is.
  std::string why_no_bytes{}, why_no_flops{};
};

using EventLookUp = std::function<Reading<EventCode>(const std::string&)>;

/// Of the processor at hand; without a PMU, the kernel's own alone. `why_no_pmu` is empty where
/// there is one, `why_no_names` where events can be looked up.
CountedFigures choose_figures(const EventLookUp& look_up, const std::string& why_no_pmu,
                              const std::string& why_no_names);
/// Of this machine.
CountedFigures choose_figures();

/// Names of all events that may be chosen, each with what PMU it is of, for those who check that
/// libpfm4 knows them: "icx::LONGEST_LAT_CACHE:MISS".
std::vector<std::string> known_event_names();

/// Whether figures of that meaning are bytes that came from memory, one way only.
bool is_bytes_read(std::string_view meaning);

}  // namespace ridgepoint
