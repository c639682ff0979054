#if defined(RIDGEPOINT_HAS_CUPTI)
#include "profiler/cupti/counter_access.h"

#include <fmt/format.h>

#include "profiler/cupti/cupti_error.h"
#include "profiler/cupti/cupti_params.h"
#include "profiler/cupti/toolkit_library.h"

namespace ridgepoint {
namespace {

/// Why a device has no counters of which CUPTI says so; empty: it does not.
std::string unsupported_because(const CUpti_Profiler_DeviceSupported_Params& params) {
  constexpr auto kYes = CUPTI_PROFILER_CONFIGURATION_SUPPORTED;
  if (params.isSupported == kYes) return {};
  if (params.architecture != kYes) return "this GPU's architecture has none for CUPTI";
  if (params.vGpu != kYes) return "this GPU is virtual, and its host does not permit them";
  if (params.confidentialCompute != kYes) return "this GPU runs in confidential mode";
  if (params.wsl != kYes) return "not offered under WSL";
  if (params.sli != kYes) return "not offered while GPUs are coupled (SLI)";
  if (params.cmp != kYes) return "not offered on GPUs for mining";
  return "CUPTI does not offer it on this device";
}

std::string sentence_of(std::string_view what, CUptiResult status) {
  return status == CUPTI_SUCCESS ? std::string() : cupti_sentence(what, status);
}

}  // namespace

CounterAccess::~CounterAccess() {
  if (host_ != nullptr) {
    auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_Deinitialize_Params);
    params.pHostObject = host_;
    static_cast<void>(host_deinitialize_(&params));
  }
  if (begun_) {
    auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_DeInitialize_Params);
    static_cast<void>(deinitialize_(&params));
  }
}

std::string CounterAccess::open_library(const std::string& name, std::string_view use) {
  library_ = name;
  handle_ = open_toolkit_library(name);
  if (handle_ == nullptr)
    return fmt::format("no {}, in the loader's places or the toolkit's", name);
  if (find("cuptiProfilerInitialize", initialize_) &&
      find("cuptiProfilerDeInitialize", deinitialize_) &&
      find("cuptiProfilerDeviceSupported", supported_) &&
      find("cuptiDeviceGetChipName", chip_name_) &&
      find("cuptiProfilerHostInitialize", host_initialize_) &&
      find("cuptiProfilerHostDeinitialize", host_deinitialize_) &&
      find("cuptiProfilerHostEvaluateToGpuValues", evaluate_)) {
    return {};
  }
  return fmt::format("{}: without the functions of CUDA 13 for {}", name, use);
}

std::string CounterAccess::begin(int device, CUpti_Profiler_API api, std::string_view subject) {
  subject_ = subject;
  auto initialize = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Initialize_Params);
  if (auto why = sentence_of("starting the profiler", initialize_(&initialize)); !why.empty()) {
    return why;
  }
  begun_ = true;
  auto supported = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_DeviceSupported_Params);
  supported.cuDevice = device;
  supported.api = api;
  if (auto why = sentence_of("asking whether the device has counters", supported_(&supported));
      !why.empty()) {
    return why;
  }
  if (const std::string why = unsupported_because(supported); !why.empty()) {
    return subject_ + ": " + why;
  }
  auto chip = RIDGEPOINT_CUPTI_PARAMS(CUpti_Device_GetChipName_Params);
  chip.deviceIndex = static_cast<std::size_t>(device);
  if (auto why = sentence_of("asking for the chip's name", chip_name_(&chip)); !why.empty()) {
    return why;
  }
  chip_ = chip.pChipName;
  return {};
}

std::string CounterAccess::schedule(std::span<const MetricWish> wishes, CounterUse use,
                                    const Availability& availability, MetricSchedule& made) {
  constexpr std::string_view kAsking = "asking which counters are free";
  std::size_t bytes = 0;
  if (auto why = sentence_of(kAsking, availability(bytes, nullptr)); !why.empty()) return why;
  available_.resize(bytes);
  if (auto why = sentence_of(kAsking, availability(bytes, available_.data())); !why.empty()) {
    return why;
  }
  auto scheduled = schedule_metrics(chip_, wishes, library_, available_, use);
  if (!scheduled) return subject_ + ": " + scheduled.why();
  made = scheduled.value();
  for (const ScheduledMetric& metric : made.metrics) metrics_.push_back(metric.name.c_str());
  auto host = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_Initialize_Params);
  host.profilerType = use == CounterUse::ranges ? CUPTI_PROFILER_TYPE_RANGE_PROFILER
                                                : CUPTI_PROFILER_TYPE_PM_SAMPLING;
  host.pChipName = made.chip.c_str();
  host.pCounterAvailabilityImage = available_.data();
  if (auto why = sentence_of("preparing to evaluate", host_initialize_(&host)); !why.empty()) {
    return why;
  }
  host_ = host.pHostObject;
  return {};
}

bool CounterAccess::evaluate(std::span<const std::uint8_t> data, std::size_t index,
                             std::span<double> values) {
  auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_EvaluateToGpuValues_Params);
  params.pHostObject = host_;
  params.pCounterDataImage = data.data();
  params.counterDataImageSize = data.size();
  params.rangeIndex = index;
  params.ppMetricNames = metrics_.data();
  params.numMetrics = metrics_.size();
  params.pMetricValues = values.data();
  return evaluate_(&params) == CUPTI_SUCCESS;
}

}  // namespace ridgepoint
#endif
