#include "profiler/cupti/pm_sampler.h"

#include <fmt/format.h>

#include <cmath>

#include "profiler/cupti/cupti_error.h"
#include "profiler/cupti/toolkit_library.h"

#if defined(RIDGEPOINT_HAS_CUPTI)
#include <cuda.h>
#include <cupti_pmsampling.h>
#include <cupti_profiler_host.h>
#include <cupti_profiler_target.h>
#include <cupti_target.h>
#include <dlfcn.h>

#include "profiler/cupti/cupti_params.h"
#endif

namespace ridgepoint {

bool take_sample(PmSample& sample, std::span<const double> raw, const MetricSchedule& schedule) {
  sample.values.clear();
  if (raw.size() != schedule.metrics.size() || sample.end_ns <= sample.begin_ns) return false;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (!std::isfinite(raw[i]) || raw[i] < 0) {
      sample.values.clear();
      return false;
    }
    sample.values.push_back(raw[i] * schedule.metrics[i].factor);
  }
  return true;
}

PmSampler::PmSampler(const PmSamplerOptions& options) {
  open(options);
}

bool PmSampler::failed(std::string_view what, int status) {
  if (status == 0) return false;
  if (why_.empty()) why_ = cupti_sentence(what, status);
  return true;
}

#if defined(RIDGEPOINT_HAS_CUPTI)

namespace {

constexpr std::size_t kHardwareBufferBytes = std::size_t{64} << 20U;

}  // namespace

struct PmSampler::Cupti {
  void* handle = nullptr;
  decltype(&cuptiProfilerInitialize) initialize = nullptr;
  decltype(&cuptiProfilerDeInitialize) deinitialize = nullptr;
  decltype(&cuptiProfilerDeviceSupported) supported = nullptr;
  decltype(&cuptiDeviceGetChipName) chip_name = nullptr;
  decltype(&cuptiPmSamplingGetCounterAvailability) availability = nullptr;
  decltype(&cuptiPmSamplingEnable) enable = nullptr;
  decltype(&cuptiPmSamplingDisable) disable = nullptr;
  decltype(&cuptiPmSamplingSetConfig) set_config = nullptr;
  decltype(&cuptiPmSamplingStart) start = nullptr;
  decltype(&cuptiPmSamplingStop) stop = nullptr;
  decltype(&cuptiPmSamplingDecodeData) decode = nullptr;
  decltype(&cuptiPmSamplingGetCounterDataSize) data_size = nullptr;
  decltype(&cuptiPmSamplingCounterDataImageInitialize) data_initialize = nullptr;
  decltype(&cuptiPmSamplingGetCounterDataInfo) data_info = nullptr;
  decltype(&cuptiPmSamplingCounterDataGetSampleInfo) sample_info = nullptr;
  decltype(&cuptiProfilerHostInitialize) host_initialize = nullptr;
  decltype(&cuptiProfilerHostDeinitialize) host_deinitialize = nullptr;
  decltype(&cuptiProfilerHostEvaluateToGpuValues) evaluate = nullptr;

  bool initialized = false;
  CUpti_PmSampling_Object* object = nullptr;
  CUpti_Profiler_Host_Object* host = nullptr;
  std::vector<std::uint8_t> available{}, data{};
  std::vector<const char*> metrics{};

  Cupti() = default;
  Cupti(const Cupti&) = delete;
  Cupti& operator=(const Cupti&) = delete;
  ~Cupti() {
    if (host != nullptr) {
      auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_Deinitialize_Params);
      params.pHostObject = host;
      static_cast<void>(host_deinitialize(&params));
    }
    if (object != nullptr) {
      auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_Disable_Params);
      params.pPmSamplingObject = object;
      static_cast<void>(disable(&params));
    }
    if (initialized) {
      auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_DeInitialize_Params);
      static_cast<void>(deinitialize(&params));
    }
  }

  template <typename Function>
  bool find(const char* name, Function& to) {
    to = reinterpret_cast<Function>(dlsym(handle, name));
    return to != nullptr;
  }
  bool find_all() {
    return find("cuptiProfilerInitialize", initialize) &&
           find("cuptiProfilerDeInitialize", deinitialize) &&
           find("cuptiProfilerDeviceSupported", supported) &&
           find("cuptiDeviceGetChipName", chip_name) &&
           find("cuptiPmSamplingGetCounterAvailability", availability) &&
           find("cuptiPmSamplingEnable", enable) && find("cuptiPmSamplingDisable", disable) &&
           find("cuptiPmSamplingSetConfig", set_config) && find("cuptiPmSamplingStart", start) &&
           find("cuptiPmSamplingStop", stop) && find("cuptiPmSamplingDecodeData", decode) &&
           find("cuptiPmSamplingGetCounterDataSize", data_size) &&
           find("cuptiPmSamplingCounterDataImageInitialize", data_initialize) &&
           find("cuptiPmSamplingGetCounterDataInfo", data_info) &&
           find("cuptiPmSamplingCounterDataGetSampleInfo", sample_info) &&
           find("cuptiProfilerHostInitialize", host_initialize) &&
           find("cuptiProfilerHostDeinitialize", host_deinitialize) &&
           find("cuptiProfilerHostEvaluateToGpuValues", evaluate);
  }
  [[nodiscard]] CUptiResult clear_data() {
    auto room = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_CounterDataImage_Initialize_Params);
    room.pPmSamplingObject = object;
    room.counterDataSize = data.size();
    room.pCounterData = data.data();
    return data_initialize(&room);
  }
};

PmSampler::~PmSampler() = default;

void PmSampler::open(const PmSamplerOptions& options) {
  auto cupti = std::make_unique<Cupti>();
  cupti->handle = open_toolkit_library(options.cupti);
  if (cupti->handle == nullptr) {
    why_ = fmt::format("no {}, in the loader's places or the toolkit's", options.cupti);
    return;
  }
  if (!cupti->find_all()) {
    why_ = fmt::format("{}: without the functions of CUDA 13 for sampling", options.cupti);
    return;
  }
  const auto device = static_cast<std::size_t>(options.device);
  auto initialize = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Initialize_Params);
  if (failed("starting the profiler", cupti->initialize(&initialize))) return;
  cupti->initialized = true;
  auto supported = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_DeviceSupported_Params);
  supported.cuDevice = options.device;
  supported.api = CUPTI_PROFILER_PM_SAMPLING;
  if (failed("asking whether the device can be sampled", cupti->supported(&supported))) return;
  if (supported.isSupported != CUPTI_PROFILER_CONFIGURATION_SUPPORTED) {
    why_ = "sampling: CUPTI does not offer it on this device as it is set up";
    return;
  }
  auto chip = RIDGEPOINT_CUPTI_PARAMS(CUpti_Device_GetChipName_Params);
  chip.deviceIndex = device;
  if (failed("asking for the chip's name", cupti->chip_name(&chip))) return;
  auto availability = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_GetCounterAvailability_Params);
  availability.deviceIndex = device;
  if (failed("asking which counters are free", cupti->availability(&availability))) return;
  cupti->available.resize(availability.counterAvailabilityImageSize);
  availability.pCounterAvailabilityImage = cupti->available.data();
  if (failed("asking which counters are free", cupti->availability(&availability))) return;
  auto made = schedule_metrics(chip.pChipName, sampled_metrics(), options.cupti, cupti->available,
                               CounterUse::sampling);
  if (!made) {
    why_ = "sampling: " + made.why();
    return;
  }
  schedule_ = made.value();
  if (schedule_.passes != 1) {
    why_ = fmt::format("sampling: {} would take {} passes", schedule_.chip, schedule_.passes);
    return;
  }
  auto host = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_Initialize_Params);
  host.profilerType = CUPTI_PROFILER_TYPE_PM_SAMPLING;
  host.pChipName = schedule_.chip.c_str();
  host.pCounterAvailabilityImage = cupti->available.data();
  if (failed("preparing to evaluate", cupti->host_initialize(&host))) return;
  cupti->host = host.pHostObject;
  auto enable = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_Enable_Params);
  enable.deviceIndex = device;
  if (failed("taking the sampler", cupti->enable(&enable))) return;
  cupti->object = enable.pPmSamplingObject;
  auto config = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_SetConfig_Params);
  config.pPmSamplingObject = cupti->object;
  config.configSize = schedule_.config.size();
  config.pConfig = schedule_.config.data();
  config.hardwareBufferSize = kHardwareBufferBytes;
  config.samplingInterval = options.interval_ns;
  config.triggerMode = CUPTI_PM_SAMPLING_TRIGGER_MODE_GPU_TIME_INTERVAL;
  config.hwBufferAppendMode = CUPTI_PM_SAMPLING_HARDWARE_BUFFER_APPEND_MODE_KEEP_OLDEST;
  if (schedule_.chip == "GA100") {
    // It knows no fixed interval (cupti_pmsampling.h): as many ticks of its system clock, which
    // runs at about a gigahertz. The samples say when they were.
    config.triggerMode = CUPTI_PM_SAMPLING_TRIGGER_MODE_GPU_SYSCLK_INTERVAL;
  }
  if (failed("configuring the sampler", cupti->set_config(&config))) return;
  for (const ScheduledMetric& metric : schedule_.metrics) {
    cupti->metrics.push_back(metric.name.c_str());
  }
  auto size = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_GetCounterDataSize_Params);
  size.pPmSamplingObject = cupti->object;
  size.pMetricNames = cupti->metrics.data();
  size.numMetrics = cupti->metrics.size();
  size.maxSamples = options.most_samples;
  if (failed("sizing the room for samples", cupti->data_size(&size))) return;
  cupti->data.resize(size.counterDataSize);
  if (failed("preparing the room for samples", cupti->clear_data())) return;
  cupti_ = std::move(cupti);
}

bool PmSampler::start() {
  if (!cupti_ || !why_.empty()) return false;
  auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_Start_Params);
  params.pPmSamplingObject = cupti_->object;
  return !failed("starting to sample", cupti_->start(&params));
}

std::vector<PmSample> PmSampler::stop() {
  if (!cupti_ || !why_.empty()) return {};
  auto stop = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_Stop_Params);
  stop.pPmSamplingObject = cupti_->object;
  if (failed("ending to sample", cupti_->stop(&stop))) return {};
  auto decode = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_DecodeData_Params);
  decode.pPmSamplingObject = cupti_->object;
  decode.pCounterDataImage = cupti_->data.data();
  decode.counterDataImageSize = cupti_->data.size();
  if (failed("decoding samples", cupti_->decode(&decode))) return {};
  overflowed_ = decode.overflow != 0 ||
                decode.decodeStopReason == CUPTI_PM_SAMPLING_DECODE_STOP_REASON_COUNTER_DATA_FULL;
  auto info = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_GetCounterDataInfo_Params);
  info.pCounterDataImage = cupti_->data.data();
  info.counterDataImageSize = cupti_->data.size();
  if (failed("reading samples", cupti_->data_info(&info))) return {};
  std::vector<PmSample> samples;
  std::vector<double> raw(cupti_->metrics.size());
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < info.numCompletedSamples; ++i) {
    auto when = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_CounterData_GetSampleInfo_Params);
    when.pPmSamplingObject = cupti_->object;
    when.pCounterDataImage = cupti_->data.data();
    when.counterDataImageSize = cupti_->data.size();
    when.sampleIndex = i;
    auto values = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_EvaluateToGpuValues_Params);
    values.pHostObject = cupti_->host;
    values.pCounterDataImage = cupti_->data.data();
    values.counterDataImageSize = cupti_->data.size();
    values.rangeIndex = i;
    values.ppMetricNames = cupti_->metrics.data();
    values.numMetrics = cupti_->metrics.size();
    values.pMetricValues = raw.data();
    if (cupti_->sample_info(&when) != CUPTI_SUCCESS || cupti_->evaluate(&values) != CUPTI_SUCCESS) {
      continue;
    }
    if (first == 0) first = when.startTimestamp;
    PmSample sample;
    sample.begin_ns = static_cast<std::int64_t>(when.startTimestamp - first);
    sample.end_ns = static_cast<std::int64_t>(when.endTimestamp - first);
    if (take_sample(sample, raw, schedule_)) samples.push_back(std::move(sample));
  }
  static_cast<void>(failed("preparing the room for samples", cupti_->clear_data()));
  return samples;
}

#undef RIDGEPOINT_CUPTI_PARAMS

#else

struct PmSampler::Cupti {};
PmSampler::~PmSampler() = default;
void PmSampler::open(const PmSamplerOptions&) {
  why_ = "this build has no CUPTI (there was no CUDA toolkit)";
}
bool PmSampler::start() {
  return false;
}
std::vector<PmSample> PmSampler::stop() {
  return {};
}

#endif

}  // namespace ridgepoint
