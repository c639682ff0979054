#include "profiler/perf/system_counter.h"

#include <algorithm>
#include <exception>
#include <set>

#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint {

SystemCounter::SystemCounter(SystemCounterSource& source) {
  const auto events = source.events();
  if (!events) {
    why_ = events.why();
    return;
  }
  events_ = events.value();
  counters_ = source.open(events_, why_);
}

std::string SystemCounter::source() const {
  std::set<std::string> devices;
  for (const ControllerEvent& event : events_) devices.insert(event.device);
  std::string text;
  for (const std::string& device : devices) text += (text.empty() ? "" : ", ") + device;
  return text;
}

void SystemCounter::begin(std::uint32_t source, std::uint32_t) noexcept {
  if (!is_counting_ || last_source_ == source) return;
  last_source_ = source;
  stamp();
}

void SystemCounter::start_pass() {
  stamps_.clear();
  last_source_ = -1;
  is_counting_ = counters_ != nullptr;
}

void SystemCounter::stop_pass() {
  if (is_counting_) stamp();
  is_counting_ = false;
}

void SystemCounter::stamp() {
  Stamp now{monotonic_ns(), {}};
  if (!counters_->read(now.bytes)) {
    why_ = "the memory controllers' counters could not be read, or are shared with others";
    is_counting_ = false;
    return;
  }
  stamps_.push_back(std::move(now));
}

SystemCounter::Sums SystemCounter::sums(std::span<const TracedPart> parts) const {
  Sums sums;
  std::set<std::string> phases;
  for (const TracedPart& part : parts) phases.insert(part.name);
  for (std::size_t i = 0; i + 1 < stamps_.size(); ++i) {
    const std::int64_t at_ns = stamps_[i].at_ns;
    const auto part = std::ranges::find_if(parts, [&](const TracedPart& each) {
      return at_ns >= each.begin_ns && at_ns < each.end_ns;
    });
    if (part == parts.end()) continue;
    phases.erase(part->name);
    for (std::size_t e = 0; e < events_.size(); ++e) {
      const double moved = stamps_[i + 1].bytes[e] - stamps_[i].bytes[e];
      sums[part->name][events_[e].meaning] += std::max(0.0, moved);
    }
  }
  // A phase without a reading of its own is within what another is thought to have moved.
  return phases.empty() ? sums : Sums();
}

}  // namespace ridgepoint
