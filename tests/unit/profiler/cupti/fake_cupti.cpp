// As much of CUPTI (and of the driver) as the timeline and the range counter call, of a GPU that
// does what the test says: fake_* are for tests. Records are the header's own structures.
#include <cuda.h>
#include <cupti.h>
#include <cupti_pmsampling.h>
#include <cupti_profiler_host.h>
#include <cupti_profiler_target.h>
#include <cupti_range_profiler.h>
#include <cupti_target.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace {

struct FakeCupti {
  std::map<std::string, int> failing;  ///< by function: the status
  // activities
  CUpti_CallbackFunc callback = nullptr;
  void* userdata = nullptr;
  CUpti_BuffersCallbackRequestFunc request = nullptr;
  CUpti_BuffersCallbackCompleteFunc complete = nullptr;
  std::vector<std::uint64_t> ids;  ///< pushed
  std::vector<std::vector<std::uint8_t>> records;
  std::uint32_t correlation = 100;
  std::size_t dropped = 0;
  int enabled = 0, subscribers = 0;
  // ranges
  bool is_open = false;
  std::size_t passes = 1, done = 0;
  std::vector<std::string> ranges, metrics;
  std::size_t ranges_dropped = 0;
  std::size_t most_ranges = 1'000'000;  ///< that there is memory for
  std::size_t configured_ranges = 0;
  // samples
  std::size_t decodings = 1, decoded = 0;  ///< until the hardware's buffer is empty; done
};
FakeCupti& fake() {
  static FakeCupti all;
  return all;
}

CUptiResult status_of(const char* function) {
  const auto found = fake().failing.find(function);
  return found == fake().failing.end() ? CUPTI_SUCCESS : static_cast<CUptiResult>(found->second);
}

template <typename Record>
void keep_record(const Record& record) {
  std::vector<std::uint8_t> bytes(sizeof record);
  std::memcpy(bytes.data(), &record, sizeof record);
  fake().records.push_back(bytes);
}

std::size_t size_of_kind(CUpti_ActivityKind kind) {
  switch (kind) {
    case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL:
      return sizeof(CUpti_ActivityKernel10);
    case CUPTI_ACTIVITY_KIND_MEMCPY:
      return sizeof(CUpti_ActivityMemcpy6);
    case CUPTI_ACTIVITY_KIND_RUNTIME:
      return sizeof(CUpti_ActivityAPI);
    case CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION:
      return sizeof(CUpti_ActivityExternalCorrelation);
    case CUPTI_ACTIVITY_KIND_MARKER:
      return sizeof(CUpti_ActivityMarker2);
    default:
      return 0;
  }
}

void keep_call(std::uint32_t correlation) {
  CUpti_ActivityAPI call{};
  call.kind = CUPTI_ACTIVITY_KIND_RUNTIME;
  call.correlationId = correlation;
  keep_record(call);
  if (fake().ids.empty()) return;
  CUpti_ActivityExternalCorrelation link{};
  link.kind = CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION;
  link.externalKind = CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0;
  link.externalId = fake().ids.back();
  link.correlationId = correlation;
  keep_record(link);
}

void keep_kernel(std::uint32_t correlation, std::uint64_t node, const char* name,
                 std::uint64_t begin, std::uint64_t end) {
  CUpti_ActivityKernel10 kernel{};
  kernel.kind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
  kernel.correlationId = correlation;
  kernel.graphNodeId = node;
  kernel.name = name;
  kernel.start = begin;
  kernel.end = end;
  kernel.streamId = 7;
  keep_record(kernel);
}

}  // namespace

extern "C" {

// ---- for tests ----

void fake_reset() {
  fake() = FakeCupti{};
}
void fake_fail(const char* function, int status) {
  fake().failing[function] = status;
}
void fake_launch(const char* name, std::uint64_t begin, std::uint64_t end) {
  const std::uint32_t correlation = ++fake().correlation;
  keep_call(correlation);
  keep_kernel(correlation, 0, name, begin, end);
}
/// A launch into a recording: `node` is a pointer's bits.
void fake_record_node(std::uintptr_t node, std::uintptr_t original) {
  CUpti_GraphData data{};
  data.node = reinterpret_cast<CUgraphNode>(node);
  data.originalNode = reinterpret_cast<CUgraphNode>(original);
  CUpti_ResourceData resource{};
  resource.resourceDescriptor = &data;
  fake().callback(
      fake().userdata, CUPTI_CB_DOMAIN_RESOURCE,
      original == 0 ? CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED : CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED,
      &resource);
}
/// Nodes `first` to `first + count - 1` one after the other, `each_ns` long.
void fake_play(std::uint64_t first, std::uint64_t count, std::uint64_t begin,
               std::uint64_t each_ns) {
  const std::uint32_t correlation = ++fake().correlation;
  keep_call(correlation);
  for (std::uint64_t i = 0; i < count; ++i) {
    keep_kernel(correlation, first + i, "node", begin + i * each_ns, begin + (i + 1) * each_ns);
  }
}
void fake_drop(std::size_t count) {
  fake().dropped += count;
}
int fake_enabled() {
  return fake().enabled;
}
int fake_subscribers() {
  return fake().subscribers;
}
void fake_passes(std::size_t passes) {
  fake().passes = passes;
}
void fake_most_ranges(std::size_t count) {
  fake().most_ranges = count;
}
void fake_decodings(std::size_t count) {
  fake().decodings = count;
}
void fake_drop_ranges(std::size_t count) {
  fake().ranges_dropped = count;
}

// ---- the driver ----

CUresult cuCtxGetCurrent(CUcontext* context) {
  *context = reinterpret_cast<CUcontext>(&fake());
  return status_of("cuCtxGetCurrent") == CUPTI_SUCCESS ? CUDA_SUCCESS : CUDA_ERROR_NOT_INITIALIZED;
}

// ---- activities ----

CUptiResult cuptiSubscribe_v2(CUpti_SubscriberHandle* subscriber, CUpti_CallbackFunc callback,
                              void* userdata, CUpti_SubscriberParams* params) {
  if (const auto status = status_of("cuptiSubscribe_v2"); status != CUPTI_SUCCESS) {
    std::strncpy(params->oldSubscriberName, "CUPTI for somebody else", params->oldSubscriberSize);
    return status;
  }
  *subscriber = reinterpret_cast<CUpti_SubscriberHandle>(&fake());
  fake().callback = callback;
  fake().userdata = userdata;
  ++fake().subscribers;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiUnsubscribe(CUpti_SubscriberHandle) {
  --fake().subscribers;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiEnableCallback(std::uint32_t, CUpti_SubscriberHandle, CUpti_CallbackDomain,
                                CUpti_CallbackId) {
  return status_of("cuptiEnableCallback");
}
CUptiResult cuptiSetThreadIdType(CUpti_ActivityThreadIdType) {
  return CUPTI_SUCCESS;
}
CUptiResult cuptiActivityRegisterTimestampCallback(CUpti_TimestampCallbackFunc) {
  return CUPTI_SUCCESS;
}
CUptiResult cuptiActivityRegisterCallbacks(CUpti_BuffersCallbackRequestFunc request,
                                           CUpti_BuffersCallbackCompleteFunc complete) {
  fake().request = request;
  fake().complete = complete;
  return status_of("cuptiActivityRegisterCallbacks");
}
CUptiResult cuptiActivityEnable(CUpti_ActivityKind kind) {
  const std::string name = "cuptiActivityEnable " + std::to_string(static_cast<int>(kind));
  const auto status = status_of(name.c_str());
  if (status == CUPTI_SUCCESS) ++fake().enabled;
  return status;
}
CUptiResult cuptiActivityDisable(CUpti_ActivityKind) {
  --fake().enabled;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiActivityFlushAll(std::uint32_t) {
  // Three records a buffer, so that more than one is filled.
  while (!fake().records.empty()) {
    std::uint8_t* buffer = nullptr;
    std::size_t size = 0, most = 0, used = 0;
    fake().request(&buffer, &size, &most);
    for (int i = 0; i < 3 && !fake().records.empty(); ++i) {
      const auto& record = fake().records.front();
      std::memcpy(buffer + used, record.data(), record.size());
      used += record.size();
      fake().records.erase(fake().records.begin());
    }
    fake().complete(nullptr, 0, buffer, size, used);
  }
  return CUPTI_SUCCESS;
}
CUptiResult cuptiActivityGetNumDroppedRecords(CUcontext, std::uint32_t, std::size_t* dropped) {
  *dropped = fake().dropped;
  fake().dropped = 0;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiActivityPushExternalCorrelationId(CUpti_ExternalCorrelationKind,
                                                   std::uint64_t id) {
  fake().ids.push_back(id);
  return CUPTI_SUCCESS;
}
CUptiResult cuptiActivityPopExternalCorrelationId(CUpti_ExternalCorrelationKind,
                                                  std::uint64_t* last) {
  if (fake().ids.empty()) return CUPTI_ERROR_QUEUE_EMPTY;
  *last = fake().ids.back();
  fake().ids.pop_back();
  return CUPTI_SUCCESS;
}
CUptiResult cuptiGetGraphNodeId(CUgraphNode node, std::uint64_t* id) {
  *id = reinterpret_cast<std::uintptr_t>(node);
  return CUPTI_SUCCESS;
}
CUptiResult cuptiActivityGetNextRecord(std::uint8_t* buffer, std::size_t bytes,
                                       CUpti_Activity** record) {
  std::uint8_t* at = buffer;
  if (*record != nullptr) {
    at = reinterpret_cast<std::uint8_t*>(*record) + size_of_kind((*record)->kind);
  }
  if (at >= buffer + bytes) return CUPTI_ERROR_MAX_LIMIT_REACHED;
  *record = reinterpret_cast<CUpti_Activity*>(at);
  return size_of_kind((*record)->kind) == 0 ? CUPTI_ERROR_INVALID_KIND : CUPTI_SUCCESS;
}

// ---- the profiler's host part: a chip XX100 that has every metric but those that say "no" ----

CUptiResult cuptiProfilerHostGetSupportedChips(CUpti_Profiler_Host_GetSupportedChips_Params* p) {
  static const char* const kChips[] = {"XX100"};
  p->numChips = 1;
  p->ppChipNames = kChips;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerHostInitialize(CUpti_Profiler_Host_Initialize_Params* p) {
  if (std::strcmp(p->pChipName, "XX100") != 0) return CUPTI_ERROR_INVALID_CHIP_NAME;
  p->pHostObject = reinterpret_cast<CUpti_Profiler_Host_Object*>(&fake());
  return CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerHostDeinitialize(CUpti_Profiler_Host_Deinitialize_Params*) {
  return CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerHostGetMetricProperties(
    CUpti_Profiler_Host_GetMetricProperties_Params* p) {
  return std::strstr(p->pMetricName, "tensor") == nullptr ? CUPTI_SUCCESS
                                                          : CUPTI_ERROR_INVALID_METRIC_NAME;
}
CUptiResult cuptiProfilerHostConfigAddMetrics(CUpti_Profiler_Host_ConfigAddMetrics_Params*) {
  return CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerHostGetConfigImageSize(CUpti_Profiler_Host_GetConfigImageSize_Params* p) {
  p->configImageSize = 16;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerHostGetConfigImage(CUpti_Profiler_Host_GetConfigImage_Params*) {
  return CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerHostGetNumOfPasses(CUpti_Profiler_Host_GetNumOfPasses_Params* p) {
  p->numOfPasses = fake().passes;
  return CUPTI_SUCCESS;
}
/// Range n of the last pass has the value 100 (n + 1) + m for metric m.
CUptiResult cuptiProfilerHostEvaluateToGpuValues(
    CUpti_Profiler_Host_EvaluateToGpuValues_Params* p) {
  for (std::size_t m = 0; m < p->numMetrics; ++m) {
    const double number = p->rangeIndex < fake().ranges.size()
                              ? std::strtod(fake().ranges[p->rangeIndex].c_str(), nullptr)
                              : static_cast<double>(p->rangeIndex);
    p->pMetricValues[m] = 100 * (number + 1) + static_cast<double>(m);
  }
  return CUPTI_SUCCESS;
}

// ---- ranges ----

CUptiResult cuptiProfilerInitialize(CUpti_Profiler_Initialize_Params*) {
  return status_of("cuptiProfilerInitialize");
}
CUptiResult cuptiProfilerDeInitialize(CUpti_Profiler_DeInitialize_Params*) {
  return CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerDeviceSupported(CUpti_Profiler_DeviceSupported_Params* p) {
  constexpr auto kYes = CUPTI_PROFILER_CONFIGURATION_SUPPORTED;
  p->isSupported = p->architecture = p->sli = p->vGpu = p->confidentialCompute = p->cmp = p->wsl =
      kYes;
  if (fake().failing.contains("vGpu")) {
    p->isSupported = p->vGpu = CUPTI_PROFILER_CONFIGURATION_DISABLED;
  }
  return CUPTI_SUCCESS;
}
CUptiResult cuptiDeviceGetChipName(CUpti_Device_GetChipName_Params* p) {
  p->pChipName = fake().failing.contains("chip") ? "YY999" : "XX100";
  return CUPTI_SUCCESS;
}
CUptiResult cuptiProfilerGetCounterAvailability(CUpti_Profiler_GetCounterAvailability_Params* p) {
  p->counterAvailabilityImageSize = 8;
  return status_of("cuptiProfilerGetCounterAvailability");
}
CUptiResult cuptiRangeProfilerEnable(CUpti_RangeProfiler_Enable_Params* p) {
  if (const auto status = status_of("cuptiRangeProfilerEnable"); status != CUPTI_SUCCESS) {
    return status;
  }
  if (fake().is_open) return CUPTI_ERROR_HARDWARE_BUSY;
  fake().is_open = true;
  p->pRangeProfilerObject = reinterpret_cast<CUpti_RangeProfiler_Object*>(&fake());
  return CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerDisable(CUpti_RangeProfiler_Disable_Params*) {
  fake().is_open = false;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerGetCounterDataSize(CUpti_RangeProfiler_GetCounterDataSize_Params* p) {
  p->counterDataSize = 64;
  return p->maxNumOfRanges > fake().most_ranges ? CUPTI_ERROR_OUT_OF_MEMORY : CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerCounterDataImageInitialize(
    CUpti_RangeProfiler_CounterDataImage_Initialize_Params*) {
  return CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerSetConfig(CUpti_RangeProfiler_SetConfig_Params* p) {
  fake().configured_ranges = p->maxRangesPerPass;
  const bool from_the_start = p->passIndex == 0 && p->targetNestingLevel == 0;
  return p->range == CUPTI_UserRange && p->replayMode == CUPTI_UserReplay && from_the_start
             ? CUPTI_SUCCESS
             : CUPTI_ERROR_INVALID_PARAMETER;
}
CUptiResult cuptiRangeProfilerStart(CUpti_RangeProfiler_Start_Params*) {
  const auto most = fake().failing.find("most ranges started");
  if (most != fake().failing.end() &&
      fake().configured_ranges > static_cast<std::size_t>(most->second)) {
    return CUPTI_ERROR_OUT_OF_MEMORY;
  }
  fake().ranges.clear();
  return CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerStop(CUpti_RangeProfiler_Stop_Params* p) {
  p->isAllPassSubmitted = ++fake().done >= fake().passes ? 1 : 0;
  if (p->isAllPassSubmitted != 0) fake().done = 0;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerPushRange(CUpti_RangeProfiler_PushRange_Params* p) {
  fake().ranges.emplace_back(p->pRangeName);
  return CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerPopRange(CUpti_RangeProfiler_PopRange_Params*) {
  return CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerDecodeData(CUpti_RangeProfiler_DecodeData_Params* p) {
  p->numOfRangeDropped = fake().ranges_dropped;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerGetCounterDataInfo(CUpti_RangeProfiler_GetCounterDataInfo_Params* p) {
  p->numTotalRanges = fake().ranges.size();
  return CUPTI_SUCCESS;
}
CUptiResult cuptiRangeProfilerCounterDataGetRangeInfo(
    CUpti_RangeProfiler_CounterData_GetRangeInfo_Params* p) {
  p->rangeName = fake().ranges[p->rangeIndex].c_str();
  return CUPTI_SUCCESS;
}

// ---- sampling: three samples of 1000 ns a decoding, from 5000 ns on ----

CUptiResult cuptiPmSamplingGetCounterAvailability(
    CUpti_PmSampling_GetCounterAvailability_Params* p) {
  p->counterAvailabilityImageSize = 8;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiPmSamplingEnable(CUpti_PmSampling_Enable_Params* p) {
  p->pPmSamplingObject = reinterpret_cast<CUpti_PmSampling_Object*>(&fake());
  fake().ranges.clear();
  return status_of("cuptiPmSamplingEnable");
}
CUptiResult cuptiPmSamplingDisable(CUpti_PmSampling_Disable_Params*) {
  return CUPTI_SUCCESS;
}
CUptiResult cuptiPmSamplingSetConfig(CUpti_PmSampling_SetConfig_Params* p) {
  return p->samplingInterval > 0 && p->hardwareBufferSize > 0 ? CUPTI_SUCCESS
                                                              : CUPTI_ERROR_INVALID_PARAMETER;
}
CUptiResult cuptiPmSamplingStart(CUpti_PmSampling_Start_Params*) {
  fake().decoded = 0;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiPmSamplingStop(CUpti_PmSampling_Stop_Params*) {
  return CUPTI_SUCCESS;
}
CUptiResult cuptiPmSamplingDecodeData(CUpti_PmSampling_DecodeData_Params* p) {
  ++fake().decoded;
  if (fake().failing.contains("full") && fake().decoded > 1) return CUPTI_ERROR_OUT_OF_MEMORY;
  p->decodeStopReason = fake().decoded < fake().decodings
                            ? CUPTI_PM_SAMPLING_DECODE_STOP_REASON_COUNTER_DATA_FULL
                            : CUPTI_PM_SAMPLING_DECODE_STOP_REASON_END_OF_RECORDS;
  p->overflow = fake().failing.contains("overflow") ? 1 : 0;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiPmSamplingGetCounterDataSize(CUpti_PmSampling_GetCounterDataSize_Params* p) {
  p->counterDataSize = 64;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiPmSamplingCounterDataImageInitialize(
    CUpti_PmSampling_CounterDataImage_Initialize_Params*) {
  return CUPTI_SUCCESS;
}
CUptiResult cuptiPmSamplingGetCounterDataInfo(CUpti_PmSampling_GetCounterDataInfo_Params* p) {
  p->numTotalSamples = p->numPopulatedSamples = 4;
  p->numCompletedSamples = 3;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiPmSamplingCounterDataGetSampleInfo(
    CUpti_PmSampling_CounterData_GetSampleInfo_Params* p) {
  p->startTimestamp = 5000 + 1000 * (p->sampleIndex + 3 * (fake().decoded - 1));
  p->endTimestamp = p->startTimestamp + 1000;
  return CUPTI_SUCCESS;
}

}  // extern "C"
