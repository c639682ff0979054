// CounterAccess: what counting by ranges and sampling have in common: CUPTI's library, its profiler
// started, a device that offers counters, metrics scheduled for its chip, and the host's object
// that makes values of them. Only where the build has CUPTI's headers.
#pragma once

#include <cupti_profiler_host.h>
#include <cupti_profiler_target.h>
#include <cupti_target.h>
#include <dlfcn.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/cupti/metric_schedule.h"

namespace ridgepoint {

class CounterAccess {
 public:
  CounterAccess() = default;
  CounterAccess(const CounterAccess&) = delete;
  CounterAccess& operator=(const CounterAccess&) = delete;
  /// Gives the host's object back and ends the profiler; whatever counts has been given back
  /// before.
  ~CounterAccess();

  // Each step gives an empty string, or why it cannot be: one line.

  /// `use`: "ranges", "sampling".
  std::string open_library(const std::string& name, std::string_view use);
  /// Starts the profiler; `subject` begins the sentence: "counters".
  std::string begin(int device, CUpti_Profiler_API api, std::string_view subject);
  /// Called with nowhere to write for the image's bytes, then with room for them.
  using Availability = std::function<CUptiResult(std::size_t& bytes, std::uint8_t* image)>;
  std::string schedule(std::span<const MetricWish> wishes, CounterUse use,
                       const Availability& availability, MetricSchedule& made);

  /// One call for such an image of a function of CUPTI's that writes one.
  template <typename Params, typename Call>
  static CUptiResult write_image(Params params, Call call, std::size_t& bytes,
                                 std::uint8_t* image) {
    params.counterAvailabilityImageSize = bytes;
    params.pCounterAvailabilityImage = image;
    const CUptiResult status = call(&params);
    bytes = params.counterAvailabilityImageSize;
    return status;
  }

  /// A function of the library.
  template <typename Function>
  bool find(const char* name, Function& to) {
    to = reinterpret_cast<Function>(dlsym(handle_, name));
    return to != nullptr;
  }
  /// The scheduled metrics' names, as long as the schedule that they are of.
  [[nodiscard]] std::span<const char*> metrics() { return metrics_; }
  /// A range's or sample's values; false: it has none.
  bool evaluate(std::span<const std::uint8_t> data, std::size_t index, std::span<double> values);

 private:
  void* handle_ = nullptr;  // stays open: CUPTI may not be closed while the driver is in use
  std::string library_, subject_, chip_;
  bool begun_ = false;
  CUpti_Profiler_Host_Object* host_ = nullptr;
  std::vector<std::uint8_t> available_;
  std::vector<const char*> metrics_;

  decltype(&cuptiProfilerInitialize) initialize_ = nullptr;
  decltype(&cuptiProfilerDeInitialize) deinitialize_ = nullptr;
  decltype(&cuptiProfilerDeviceSupported) supported_ = nullptr;
  decltype(&cuptiDeviceGetChipName) chip_name_ = nullptr;
  decltype(&cuptiProfilerHostInitialize) host_initialize_ = nullptr;
  decltype(&cuptiProfilerHostDeinitialize) host_deinitialize_ = nullptr;
  decltype(&cuptiProfilerHostEvaluateToGpuValues) evaluate_ = nullptr;
};

}  // namespace ridgepoint
