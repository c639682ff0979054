#include "profiler/cupti/pm_sampler.h"

#include <fmt/format.h>

#include <cmath>

#include "profiler/cupti/cupti_error.h"

#if defined(RIDGEPOINT_HAS_CUPTI)
#include <cupti_pmsampling.h>

#include "profiler/cupti/counter_access.h"
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

constexpr std::size_t kHardwareBufferBytes = std::size_t{256} << 20U;
/// Ten seconds of the default interval.
constexpr std::size_t kMostSamples = 1'000'000;

}  // namespace

struct PmSampler::Cupti {
  CounterAccess access;
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

  CUpti_PmSampling_Object* object = nullptr;
  std::vector<std::uint8_t> data{};

  Cupti() = default;
  Cupti(const Cupti&) = delete;
  Cupti& operator=(const Cupti&) = delete;
  ~Cupti() {
    if (object == nullptr) return;
    auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_Disable_Params);
    params.pPmSamplingObject = object;
    static_cast<void>(disable(&params));
  }

  bool find_all() {
    return access.find("cuptiPmSamplingGetCounterAvailability", availability) &&
           access.find("cuptiPmSamplingEnable", enable) &&
           access.find("cuptiPmSamplingDisable", disable) &&
           access.find("cuptiPmSamplingSetConfig", set_config) &&
           access.find("cuptiPmSamplingStart", start) && access.find("cuptiPmSamplingStop", stop) &&
           access.find("cuptiPmSamplingDecodeData", decode) &&
           access.find("cuptiPmSamplingGetCounterDataSize", data_size) &&
           access.find("cuptiPmSamplingCounterDataImageInitialize", data_initialize) &&
           access.find("cuptiPmSamplingGetCounterDataInfo", data_info) &&
           access.find("cuptiPmSamplingCounterDataGetSampleInfo", sample_info);
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
  CounterAccess& access = cupti->access;
  if (why_ = access.open_library(options.cupti, "sampling"); !why_.empty()) return;
  if (!cupti->find_all()) {
    why_ = fmt::format("{}: without the functions of CUDA 13 for sampling", options.cupti);
    return;
  }
  why_ = access.begin(options.device, CUPTI_PROFILER_PM_SAMPLING, "sampling");
  if (!why_.empty()) return;
  const auto device = static_cast<std::size_t>(options.device);
  why_ = access.schedule(
      sampled_metrics(), CounterUse::sampling,
      [&](std::size_t& bytes, std::uint8_t* image) {
        auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_GetCounterAvailability_Params);
        params.deviceIndex = device;
        return CounterAccess::write_image(params, cupti->availability, bytes, image);
      },
      schedule_);
  if (!why_.empty()) return;
  if (schedule_.passes != 1) {
    why_ = fmt::format("sampling: {} would take {} passes", schedule_.chip, schedule_.passes);
    return;
  }
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
  auto size = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_GetCounterDataSize_Params);
  size.pPmSamplingObject = cupti->object;
  size.pMetricNames = access.metrics().data();
  size.numMetrics = access.metrics().size();
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
  // The room holds a part of what the hardware's buffer does: again and again, until that is empty.
  std::vector<PmSample> samples;
  std::uint64_t first_ns = 0;
  overflowed_ = false;
  for (bool more = true; more;) {
    auto decode = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_DecodeData_Params);
    decode.pPmSamplingObject = cupti_->object;
    decode.pCounterDataImage = cupti_->data.data();
    decode.counterDataImageSize = cupti_->data.size();
    const CUptiResult status = cupti_->decode(&decode);
    if (status == CUPTI_ERROR_OUT_OF_MEMORY) {
      // The hardware's buffer was full. What was decoded before stays.
      overflowed_ = true;
      if (samples.empty()) static_cast<void>(failed("decoding samples", status));
      break;
    }
    if (failed("decoding samples", status)) return {};
    overflowed_ = overflowed_ || decode.overflow != 0;
    const std::size_t before = samples.size();
    if (!add_samples(samples, first_ns)) return {};
    more = decode.decodeStopReason == CUPTI_PM_SAMPLING_DECODE_STOP_REASON_COUNTER_DATA_FULL;
    // A room that stays full and holds nothing would never end, and memory does.
    if (more && (samples.size() == before || samples.size() >= kMostSamples)) {
      overflowed_ = true;
      more = false;
    }
    if (failed("preparing the room for samples", cupti_->clear_data())) break;
  }
  return samples;
}

bool PmSampler::add_samples(std::vector<PmSample>& samples, std::uint64_t& first_ns) {
  auto info = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_GetCounterDataInfo_Params);
  info.pCounterDataImage = cupti_->data.data();
  info.counterDataImageSize = cupti_->data.size();
  if (failed("reading samples", cupti_->data_info(&info))) return false;
  std::vector<double> raw(cupti_->access.metrics().size());
  for (std::size_t i = 0; i < info.numCompletedSamples; ++i) {
    auto when = RIDGEPOINT_CUPTI_PARAMS(CUpti_PmSampling_CounterData_GetSampleInfo_Params);
    when.pPmSamplingObject = cupti_->object;
    when.pCounterDataImage = cupti_->data.data();
    when.counterDataImageSize = cupti_->data.size();
    when.sampleIndex = i;
    if (cupti_->sample_info(&when) != CUPTI_SUCCESS ||
        !cupti_->access.evaluate(cupti_->data, i, raw)) {
      continue;
    }
    if (first_ns == 0) first_ns = when.startTimestamp;
    PmSample sample;
    sample.begin_ns = static_cast<std::int64_t>(when.startTimestamp - first_ns);
    sample.end_ns = static_cast<std::int64_t>(when.endTimestamp - first_ns);
    if (take_sample(sample, raw, schedule_)) samples.push_back(std::move(sample));
  }
  return true;
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
bool PmSampler::add_samples(std::vector<PmSample>&, std::uint64_t&) {
  return false;
}

#endif

}  // namespace ridgepoint
