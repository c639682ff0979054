// One event of perf_event, opened: the call, and what its refusals mean.
#pragma once

#include <linux/perf_event.h>
#include <sys/types.h>

#include <string>

namespace ridgepoint {

/// A file descriptor that is closed with it; none: -1.
class EventDescriptor {
 public:
  EventDescriptor() = default;
  explicit EventDescriptor(int number) : number_(number) {}
  ~EventDescriptor();
  EventDescriptor(EventDescriptor&& other) noexcept;
  EventDescriptor(const EventDescriptor&) = delete;
  EventDescriptor& operator=(const EventDescriptor&) = delete;
  EventDescriptor& operator=(EventDescriptor&&) = delete;

  [[nodiscard]] int number() const { return number_; }

 private:
  int number_ = -1;
};

/// `thread` 0 is the calling one, -1 all of a CPU; `group` -1 leads one. Where it is refused, there
/// is no descriptor and `error` is errno.
EventDescriptor open_event(perf_event_attr& attributes, pid_t thread, int cpu, int group,
                           int& error);

/// What such a refusal means, one line; empty for 0.
std::string why_not_opened(int error);

}  // namespace ridgepoint
