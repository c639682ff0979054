#include "profiler/perf/event_code.h"

#ifdef RIDGEPOINT_HAS_LIBPFM
#include <linux/perf_event.h>
#include <perfmon/pfmlib_perf_event.h>
#endif

namespace ridgepoint {

#ifdef RIDGEPOINT_HAS_LIBPFM

Reading<EventCode> look_up_event(const std::string& name) {
  static const int kInitialised = pfm_initialize();
  if (kInitialised != PFM_SUCCESS) {
    return Reading<EventCode>::absent(std::string("libpfm4: ") + pfm_strerror(kInitialised));
  }
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  pfm_perf_encode_arg_t request{};
  request.size = sizeof request;
  request.attr = &attributes;
  const int status = pfm_get_os_event_encoding(name.c_str(), PFM_PLM3, PFM_OS_PERF_EVENT, &request);
  if (status != PFM_SUCCESS) {
    return Reading<EventCode>::absent("libpfm4: " + name + ": " + pfm_strerror(status));
  }
  return Reading<EventCode>::of({attributes.type, attributes.config, attributes.config1});
}

#else

Reading<EventCode> look_up_event(const std::string&) {
  return Reading<EventCode>::absent("built without libpfm4");
}

#endif

}  // namespace ridgepoint
