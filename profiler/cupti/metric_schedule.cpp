#include "profiler/cupti/metric_schedule.h"

#include <fmt/format.h>

#include <array>
#include <memory>

#include "profiler/cupti/toolkit_library.h"

#if defined(RIDGEPOINT_HAS_CUPTI)
#include <cupti_profiler_host.h>
#include <dlfcn.h>

#include "profiler/cupti/cupti_params.h"
#endif

namespace ridgepoint {

std::span<const MetricWish> roofline_metrics() {
  static const std::array<MetricWish, 7> kWishes{{
      {"time_ns", {"gpu__time_duration.sum"}},
      {"sm_cycles", {"sm__cycles_elapsed.max"}},
      {"dram_read_bytes", {"dram__bytes_read.sum", "dram__bytes_op_read.sum"}},
      {"dram_write_bytes", {"dram__bytes_write.sum", "dram__bytes_op_write.sum"}},
      {"l2_bytes", {"lts__t_sectors_srcunit_tex.sum"}, 32},
      {"tensor_active_percent",
       {"sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_elapsed",
        "sm__pipe_tensor_op_hmma_cycles_active.avg.pct_of_peak_sustained_elapsed"}},
      {"tensor_instructions", {"sm__inst_executed_pipe_tensor.sum"}},
  }};
  return kWishes;
}

std::span<const MetricWish> operation_metrics() {
  static const std::array<MetricWish, 8> kWishes{{
      {"tensor_bf16_operations", {"sm__ops_path_tensor_src_bf16_dst_fp32.sum"}},
      // Chips without the first count sums of f32 apart, which are all that is used here.
      {"tensor_f16_operations",
       {"sm__ops_path_tensor_src_fp16.sum", "sm__ops_path_tensor_src_fp16_dst_fp32.sum"}},
      {"tensor_tf32_operations", {"sm__ops_path_tensor_src_tf32_dst_fp32.sum"}},
      // Blackwell counts all types of at most eight bits together; no smaller one is used here.
      {"tensor_fp8_operations",
       {"sm__ops_path_tensor_src_fp8.sum", "sm__ops_path_tensor_src_fp4_fp6_fp8_dst_fp32.sum"}},
      {"tensor_int8_operations", {"sm__ops_path_tensor_src_int8.sum"}},
      {"fused_multiply_adds", {"smsp__sass_thread_inst_executed_op_ffma_pred_on.sum"}},
      {"multiplications", {"smsp__sass_thread_inst_executed_op_fmul_pred_on.sum"}},
      {"additions", {"smsp__sass_thread_inst_executed_op_fadd_pred_on.sum"}},
  }};
  return kWishes;
}

std::span<const MetricWish> sampled_metrics() {
  static const std::array<MetricWish, 3> kWishes{{
      {"dram_read_bytes", {"dram__bytes_read.sum", "dram__bytes_op_read.sum"}},
      {"dram_write_bytes", {"dram__bytes_write.sum", "dram__bytes_op_write.sum"}},
      {"tensor_active_percent",
       {"sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_elapsed",
        "sm__pipe_tensor_op_hmma_cycles_active.avg.pct_of_peak_sustained_elapsed"}},
  }};
  return kWishes;
}

#if defined(RIDGEPOINT_HAS_CUPTI)

namespace {

struct CuptiHost {
  void* handle = nullptr;
  decltype(&cuptiProfilerHostGetSupportedChips) chips = nullptr;
  decltype(&cuptiProfilerHostInitialize) initialize = nullptr;
  decltype(&cuptiProfilerHostDeinitialize) deinitialize = nullptr;
  decltype(&cuptiProfilerHostGetMetricProperties) properties = nullptr;
  decltype(&cuptiProfilerHostConfigAddMetrics) add_metrics = nullptr;
  decltype(&cuptiProfilerHostGetConfigImageSize) config_size = nullptr;
  decltype(&cuptiProfilerHostGetConfigImage) config = nullptr;
  decltype(&cuptiProfilerHostGetNumOfPasses) passes = nullptr;

  CuptiHost() = default;
  CuptiHost(const CuptiHost&) = delete;
  CuptiHost& operator=(const CuptiHost&) = delete;
  // Never closed: CUPTI keeps threads and hooks of its own, and cuptiFinalize is to be avoided.

  template <typename Function>
  bool find(const char* name, Function& to) {
    to = reinterpret_cast<Function>(dlsym(handle, name));
    return to != nullptr;
  }
  bool find_all() {
    return find("cuptiProfilerHostGetSupportedChips", chips) &&
           find("cuptiProfilerHostInitialize", initialize) &&
           find("cuptiProfilerHostDeinitialize", deinitialize) &&
           find("cuptiProfilerHostGetMetricProperties", properties) &&
           find("cuptiProfilerHostConfigAddMetrics", add_metrics) &&
           find("cuptiProfilerHostGetConfigImageSize", config_size) &&
           find("cuptiProfilerHostGetConfigImage", config) &&
           find("cuptiProfilerHostGetNumOfPasses", passes);
  }
  /// Empty when it is ready.
  std::string open(const std::string& library) {
    handle = open_toolkit_library(library);
    if (handle == nullptr)
      return fmt::format("no {}, in the loader's places or the toolkit's", library);
    return find_all() ? "" : fmt::format("{}: without the host functions of CUDA 13", library);
  }
};

/// A chip's counters, until it goes.
class ChipMetrics {
 public:
  ChipMetrics(const CuptiHost& host, const std::string& chip,
              std::span<const std::uint8_t> available, CounterUse use)
      : host_(host) {
    auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_Initialize_Params);
    params.profilerType = use == CounterUse::sampling ? CUPTI_PROFILER_TYPE_PM_SAMPLING
                                                      : CUPTI_PROFILER_TYPE_RANGE_PROFILER;
    params.pChipName = chip.c_str();
    params.pCounterAvailabilityImage = available.empty() ? nullptr : available.data();
    if (host_.initialize(&params) == CUPTI_SUCCESS) object_ = params.pHostObject;
  }
  ChipMetrics(const ChipMetrics&) = delete;
  ChipMetrics& operator=(const ChipMetrics&) = delete;
  ~ChipMetrics() {
    if (object_ == nullptr) return;
    auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_Deinitialize_Params);
    params.pHostObject = object_;
    host_.deinitialize(&params);
  }
  [[nodiscard]] bool known() const { return object_ != nullptr; }

  [[nodiscard]] bool has(const std::string& metric) const {
    auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_GetMetricProperties_Params);
    params.pHostObject = object_;
    params.pMetricName = metric.c_str();
    return host_.properties(&params) == CUPTI_SUCCESS;
  }

  /// Empty when it worked.
  std::string configure(MetricSchedule& schedule) const {
    std::vector<const char*> names;
    for (const ScheduledMetric& metric : schedule.metrics) names.push_back(metric.name.c_str());
    auto add = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_ConfigAddMetrics_Params);
    add.pHostObject = object_;
    add.ppMetricNames = names.data();
    add.numMetrics = names.size();
    if (const auto status = host_.add_metrics(&add); status != CUPTI_SUCCESS) {
      return failed("adding metrics", status);
    }
    auto size = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_GetConfigImageSize_Params);
    size.pHostObject = object_;
    if (const auto status = host_.config_size(&size); status != CUPTI_SUCCESS) {
      return failed("sizing the configuration", status);
    }
    schedule.config.resize(size.configImageSize);
    auto image = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_GetConfigImage_Params);
    image.pHostObject = object_;
    image.configImageSize = schedule.config.size();
    image.pConfigImage = schedule.config.data();
    if (const auto status = host_.config(&image); status != CUPTI_SUCCESS) {
      return failed("making the configuration", status);
    }
    auto passes = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_GetNumOfPasses_Params);
    passes.configImageSize = schedule.config.size();
    passes.pConfigImage = schedule.config.data();
    if (const auto status = host_.passes(&passes); status != CUPTI_SUCCESS) {
      return failed("counting passes", status);
    }
    schedule.passes = passes.numOfPasses;
    return {};
  }

 private:
  [[nodiscard]] static std::string failed(std::string_view what, CUptiResult status) {
    return fmt::format("CUPTI, {}: status {}", what, static_cast<int>(status));
  }
  const CuptiHost& host_;
  CUpti_Profiler_Host_Object* object_ = nullptr;
};

}  // namespace

Reading<std::vector<std::string>> known_chips(const std::string& library) {
  using Names = Reading<std::vector<std::string>>;
  CuptiHost host;
  if (const std::string why = host.open(library); !why.empty()) return Names::absent(why);
  auto params = RIDGEPOINT_CUPTI_PARAMS(CUpti_Profiler_Host_GetSupportedChips_Params);
  if (const auto status = host.chips(&params); status != CUPTI_SUCCESS) {
    return Names::absent(fmt::format("CUPTI, listing chips: status {}", static_cast<int>(status)));
  }
  return Names::of({params.ppChipNames, params.ppChipNames + params.numChips});
}

Reading<MetricSchedule> schedule_metrics(const std::string& chip,
                                         std::span<const MetricWish> wishes,
                                         const std::string& library,
                                         std::span<const std::uint8_t> available, CounterUse use) {
  using Made = Reading<MetricSchedule>;
  CuptiHost host;
  if (const std::string why = host.open(library); !why.empty()) return Made::absent(why);
  const ChipMetrics metrics(host, chip, available, use);
  if (!metrics.known()) return Made::absent(fmt::format("this CUPTI knows no chip '{}'", chip));
  MetricSchedule schedule{.chip = chip, .metrics = {}, .left_out = {}, .config = {}, .passes = 0};
  for (const MetricWish& wish : wishes) {
    const std::string* found = nullptr;
    for (const std::string& name : wish.names) {
      if (found == nullptr && metrics.has(name)) found = &name;
    }
    if (found != nullptr) {
      schedule.metrics.push_back({wish.meaning, *found, wish.factor});
    } else {
      schedule.left_out.push_back(
          fmt::format("{}: {} has no {}", wish.meaning, chip, fmt::join(wish.names, " or ")));
    }
  }
  if (schedule.metrics.empty()) {
    return Made::absent(fmt::format("{} has none of what is wanted", chip));
  }
  if (const std::string why = metrics.configure(schedule); !why.empty()) return Made::absent(why);
  return Made::of(std::move(schedule));
}

#else

namespace {
constexpr std::string_view kNoCupti = "this build has no CUPTI (there was no CUDA toolkit)";
}  // namespace

Reading<std::vector<std::string>> known_chips(const std::string&) {
  return Reading<std::vector<std::string>>::absent(kNoCupti);
}

Reading<MetricSchedule> schedule_metrics(const std::string&, std::span<const MetricWish>,
                                         const std::string&, std::span<const std::uint8_t>,
                                         CounterUse) {
  return Reading<MetricSchedule>::absent(kNoCupti);
}

#endif

}  // namespace ridgepoint
