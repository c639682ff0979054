#include "profiler/perf/open_event.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "profiler/perf/paranoia.h"

namespace ridgepoint {

EventDescriptor::~EventDescriptor() {
  if (number_ >= 0) ::close(number_);
}

EventDescriptor::EventDescriptor(EventDescriptor&& other) noexcept
    : number_(std::exchange(other.number_, -1)) {}

EventDescriptor open_event(perf_event_attr& attributes, pid_t thread, int cpu, int group,
                           int& error) {
  const auto number = static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, thread, cpu, group, PERF_FLAG_FD_CLOEXEC));
  error = number < 0 ? errno : 0;
  return EventDescriptor(number);
}

std::string why_not_opened(int error) {
  if (error == 0) return {};
  if (error == EACCES || error == EPERM) {
    const auto paranoia = read_paranoia();
    return "perf_event_open is not permitted; " +
           (paranoia ? explain_paranoia(paranoia.value()) : paranoia.why());
  }
  if (error == ENOENT || error == EOPNOTSUPP || error == ENODEV) {
    return "the kernel offers no such event here";
  }
  if (error == ENOSYS) return "the kernel was built without perf_event";
  return "perf_event_open: " + std::generic_category().message(error);
}

}  // namespace ridgepoint
