#include "profiler/memory/process_activity.h"

#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace ridgepoint {

Reading<ProcessActivity> read_process_activity() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) {
    return Reading<ProcessActivity>::absent(std::string("getrusage: ") + std::strerror(errno));
  }
  return Reading<ProcessActivity>::of(
      {usage.ru_minflt, usage.ru_majflt, usage.ru_nvcsw, usage.ru_nivcsw});
}

}  // namespace ridgepoint
