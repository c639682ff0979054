#include "profiler/cupti/range_counter.h"

#include <fmt/format.h>

#include "profiler/clock/monotonic_clock.h"
#include "profiler/cupti/cupti_error.h"

#if defined(RIDGEPOINT_HAS_CUPTI)
#include <cuda.h>
#include <cupti_range_profiler.h>
#include <dlfcn.h>

#include "profiler/cupti/counter_access.h"
#include "profiler/cupti/cupti_params.h"
#endif

namespace ridgepoint {

RangeCounter::RangeCounter(std::span<const MetricWish> wishes, const RangeCounterOptions& options)
    : wishes_(wishes.begin(), wishes.end()), options_(options), most_ranges_(options.most_ranges) {
  open_where_it_fits();
}

void RangeCounter::give_up(std::string_view what, int status) {
  if (why_.empty()) why_ = cupti_sentence(what, status);
}

#if defined(RIDGEPOINT_HAS_CUPTI)

struct RangeCounter::Cupti {
  CounterAccess access;
  decltype(&cuptiProfilerGetCounterAvailability) availability = nullptr;
  decltype(&cuptiRangeProfilerEnable) enable = nullptr;
  decltype(&cuptiRangeProfilerDisable) disable = nullptr;
  decltype(&cuptiRangeProfilerSetConfig) set_config = nullptr;
  decltype(&cuptiRangeProfilerStart) start = nullptr;
  decltype(&cuptiRangeProfilerStop) stop = nullptr;
  decltype(&cuptiRangeProfilerPushRange) push = nullptr;
  decltype(&cuptiRangeProfilerPopRange) pop = nullptr;
  decltype(&cuptiRangeProfilerDecodeData) decode = nullptr;
  decltype(&cuptiRangeProfilerGetCounterDataSize) data_size = nullptr;
  decltype(&cuptiRangeProfilerCounterDataImageInitialize) data_initialize = nullptr;
  decltype(&cuptiRangeProfilerGetCounterDataInfo) data_info = nullptr;
  decltype(&cuptiRangeProfilerCounterDataGetRangeInfo) range_info = nullptr;

  CUpti_RangeProfiler_Object* object = nullptr;
  std::vector<std::uint8_t> data{};
  std::vector<std::string> names{};  ///< of ranges, made before any is needed

  Cupti() = default;
  Cupti(const Cupti&) = delete;
  Cupti& operator=(const Cupti&) = delete;
  ~Cupti() {
    if (object == nullptr) return;
    auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_RangeProfiler_Disable_Params);
    params.pRangeProfilerObject = object;
    static_cast<void>(disable(&params));
  }

  bool find_all() {
    return access.find("cuptiProfilerGetCounterAvailability", availability) &&
           access.find("cuptiRangeProfilerEnable", enable) &&
           access.find("cuptiRangeProfilerDisable", disable) &&
           access.find("cuptiRangeProfilerSetConfig", set_config) &&
           access.find("cuptiRangeProfilerStart", start) &&
           access.find("cuptiRangeProfilerStop", stop) &&
           access.find("cuptiRangeProfilerPushRange", push) &&
           access.find("cuptiRangeProfilerPopRange", pop) &&
           access.find("cuptiRangeProfilerDecodeData", decode) &&
           access.find("cuptiRangeProfilerGetCounterDataSize", data_size) &&
           access.find("cuptiRangeProfilerCounterDataImageInitialize", data_initialize) &&
           access.find("cuptiRangeProfilerGetCounterDataInfo", data_info) &&
           access.find("cuptiRangeProfilerCounterDataGetRangeInfo", range_info);
  }
};

RangeCounter::~RangeCounter() = default;

void RangeCounter::open(bool& is_full) {
  is_full = false;
  auto cupti = std::make_unique<Cupti>();
  CounterAccess& access = cupti->access;
  if (why_ = access.open_library(options_.cupti, "ranges"); !why_.empty()) return;
  if (!cupti->find_all()) {
    why_ = fmt::format("{}: without the functions of CUDA 13 for ranges", options_.cupti);
    return;
  }
  // Without a context CUPTI crashes instead of refusing. Driver stays open, as the backend's is.
  CUcontext context = nullptr;
  if (void* const driver = dlopen(options_.driver.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    const auto current =
        reinterpret_cast<CUresult (*)(CUcontext*)>(dlsym(driver, "cuCtxGetCurrent"));
    if (current == nullptr || current(&context) != CUDA_SUCCESS) context = nullptr;
  }
  if (context == nullptr) {
    why_ = "counters: no context of CUDA is current on this thread";
    return;
  }
  const auto failed = [&](std::string_view what, CUptiResult status) {
    if (status == CUPTI_SUCCESS) return false;
    is_full = status == CUPTI_ERROR_OUT_OF_MEMORY;
    give_up(what, status);
    return true;
  };
  why_ = access.begin(options_.device, CUPTI_PROFILER_RANGE_PROFILING, "counters");
  if (!why_.empty()) return;
  why_ = access.schedule(
      wishes_, CounterUse::ranges,
      [&](std::size_t& bytes, std::uint8_t* image) {
        auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_GetCounterAvailability_Params);
        params.ctx = context;
        return CounterAccess::write_image(params, cupti->availability, bytes, image);
      },
      schedule_);
  if (!why_.empty()) return;

  auto enable = RIDGEPOINT_CUPTI_PARAMS(CUpti_RangeProfiler_Enable_Params);
  enable.ctx = context;
  if (failed("taking the counters", cupti->enable(&enable))) return;
  cupti->object = enable.pRangeProfilerObject;
  auto size = RIDGEPOINT_CUPTI_PARAMS(CUpti_RangeProfiler_GetCounterDataSize_Params);
  size.pRangeProfilerObject = cupti->object;
  size.pMetricNames = access.metrics().data();
  size.numMetrics = access.metrics().size();
  size.maxNumOfRanges = most_ranges_;
  size.maxNumRangeTreeNodes = static_cast<std::uint32_t>(most_ranges_);
  if (failed("sizing the room for counts", cupti->data_size(&size))) return;
  cupti->data.resize(size.counterDataSize);
  auto room = RIDGEPOINT_CUPTI_PARAMS(CUpti_RangeProfiler_CounterDataImage_Initialize_Params);
  room.pRangeProfilerObject = cupti->object;
  room.counterDataSize = cupti->data.size();
  room.pCounterData = cupti->data.data();
  if (failed("preparing the room for counts", cupti->data_initialize(&room))) return;
  auto config = RIDGEPOINT_CUPTI_PARAMS(CUpti_RangeProfiler_SetConfig_Params);
  config.pRangeProfilerObject = cupti->object;
  config.configSize = schedule_.config.size();
  config.pConfig = schedule_.config.data();
  config.counterDataImageSize = cupti->data.size();
  config.pCounterDataImage = cupti->data.data();
  config.range = CUPTI_UserRange;
  config.replayMode = CUPTI_UserReplay;
  config.maxRangesPerPass = most_ranges_;
  config.numNestingLevels = 1;
  config.minNestingLevel = 1;
  // Where a session begins; levels count from 0 here, as in what Stop says of the next pass.
  config.passIndex = 0;
  config.targetNestingLevel = 0;
  if (failed("configuring the counters", cupti->set_config(&config))) return;

  ranges_.resize(most_ranges_);
  for (std::size_t i = 0; i < most_ranges_; ++i) cupti->names.push_back(range_name(i));
  cupti_ = std::move(cupti);
}

bool RangeCounter::start_pass() {
  if (!cupti_ || !why_.empty()) return false;
  count_ = 0;
  depth_ = 0;
  auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_RangeProfiler_Start_Params);
  params.pRangeProfilerObject = cupti_->object;
  auto status = cupti_->start(&params);
  // CUPTI may take what it needs only now; no pass has counted anything yet.
  while (status == CUPTI_ERROR_OUT_OF_MEMORY && replays_ == 0 && take_less_room()) {
    open_where_it_fits();
    if (!cupti_ || !why_.empty()) return false;
    params.pRangeProfilerObject = cupti_->object;
    status = cupti_->start(&params);
  }
  if (status != CUPTI_SUCCESS) give_up("starting to count", status);
  counting_ = why_.empty();
  return counting_;
}

void RangeCounter::begin(std::uint32_t source, std::uint32_t op) noexcept {
  if (!counting_ || count_ >= most_ranges_) return;
  ranges_[count_].op = {source, op};
  ranges_[count_].begun_ns = monotonic_ns();
  auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_RangeProfiler_PushRange_Params);
  params.pRangeProfilerObject = cupti_->object;
  params.pRangeName = cupti_->names[count_].c_str();
  if (cupti_->push(&params) != CUPTI_SUCCESS) return;  // the turn has no values then
  ++count_;
  ++depth_;
}

void RangeCounter::end() noexcept {
  if (!cupti_ || depth_ == 0) return;
  --depth_;
  auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_RangeProfiler_PopRange_Params);
  params.pRangeProfilerObject = cupti_->object;
  static_cast<void>(cupti_->pop(&params));
}

bool RangeCounter::stop_pass() {
  counting_ = false;
  if (!cupti_ || !why_.empty()) return false;
  auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_RangeProfiler_Stop_Params);
  params.pRangeProfilerObject = cupti_->object;
  if (const auto status = cupti_->stop(&params); status != CUPTI_SUCCESS) {
    give_up("ending to count", status);
    return false;
  }
  if (params.isAllPassSubmitted != 0) return false;
  // What never ends is no schedule.
  if (++replays_ > 4 * schedule_.passes + 4) {
    why_ = fmt::format("counters: CUPTI wants more than the {} passes that it scheduled",
                       schedule_.passes);
    return false;
  }
  return true;
}

std::vector<CountedRange> RangeCounter::take() {
  if (!cupti_ || !why_.empty()) return {};
  auto decode = RIDGEPOINT_CUPTI_PARAMS(CUpti_RangeProfiler_DecodeData_Params);
  decode.pRangeProfilerObject = cupti_->object;
  if (const auto status = cupti_->decode(&decode); status != CUPTI_SUCCESS) {
    give_up("decoding counts", status);
    return {};
  }
  if (decode.numOfRangeDropped > 0) {
    why_ = fmt::format("counters: CUPTI dropped {} ranges", decode.numOfRangeDropped);
    return {};
  }
  auto info = RIDGEPOINT_CUPTI_PARAMS(CUpti_RangeProfiler_GetCounterDataInfo_Params);
  info.pCounterDataImage = cupti_->data.data();
  info.counterDataImageSize = cupti_->data.size();
  if (const auto status = cupti_->data_info(&info); status != CUPTI_SUCCESS) {
    give_up("reading counts", status);
    return {};
  }
  std::vector<CountedRange> taken(ranges_.begin(),
                                  ranges_.begin() + static_cast<std::ptrdiff_t>(count_));
  std::vector<double> raw(cupti_->access.metrics().size());
  for (std::size_t i = 0; i < info.numTotalRanges; ++i) {
    auto range = RIDGEPOINT_CUPTI_PARAMS(CUpti_RangeProfiler_CounterData_GetRangeInfo_Params);
    range.pCounterDataImage = cupti_->data.data();
    range.counterDataImageSize = cupti_->data.size();
    range.rangeIndex = i;
    range.rangeDelimiter = "/";
    if (cupti_->range_info(&range) != CUPTI_SUCCESS || range.rangeName == nullptr) continue;
    const std::size_t number = range_number(range.rangeName);
    if (number >= taken.size()) continue;
    if (!cupti_->access.evaluate(cupti_->data, i, raw)) continue;
    static_cast<void>(take_values(taken[number], raw, schedule_));
  }
  return taken;
}

#undef RIDGEPOINT_CUPTI_PARAMS

#else

struct RangeCounter::Cupti {};
RangeCounter::~RangeCounter() = default;
void RangeCounter::open(bool& is_full) {
  is_full = false;
  why_ = "this build has no CUPTI (there was no CUDA toolkit)";
}
bool RangeCounter::start_pass() {
  return false;
}
bool RangeCounter::stop_pass() {
  return false;
}
std::vector<CountedRange> RangeCounter::take() {
  return {};
}
void RangeCounter::begin(std::uint32_t, std::uint32_t) noexcept {}
void RangeCounter::end() noexcept {}

#endif

void RangeCounter::open_where_it_fits() {
  bool is_full = false;
  open(is_full);
  while (is_full && take_less_room()) open(is_full);
}

bool RangeCounter::take_less_room() {
  if (most_ranges_ / 2 < kFewestRanges) return false;
  most_ranges_ /= 2;
  cupti_.reset();
  why_.clear();
  return true;
}

}  // namespace ridgepoint
