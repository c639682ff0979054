#include "profiler/energy/nvml_probe.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>

namespace ridgepoint {
namespace {

// As nvml.h has them; the library keeps them from version to version.
constexpr int kNvmlSuccess = 0;
constexpr int kTemperatureOfGpu = 0;
constexpr int kClockOfMultiprocessors = 1;

struct ThrottleReason {
  std::uint64_t bit;
  std::string_view name;
};
constexpr std::array<ThrottleReason, 9> kThrottleReasons{{
    {0x1, "idle"},
    {0x2, "application clocks"},
    {0x4, "power limit"},
    {0x8, "hardware slowdown"},
    {0x10, "synchronised boost"},
    {0x20, "temperature (software)"},
    {0x40, "temperature (hardware)"},
    {0x80, "power brake"},
    {0x100, "display clocks"},
}};
constexpr std::uint64_t kSlowedDown = 0x4 | 0x8 | 0x20 | 0x40 | 0x80;

}  // namespace

std::string throttle_reasons(std::uint64_t mask) {
  std::string text;
  for (const ThrottleReason& reason : kThrottleReasons) {
    if ((mask & reason.bit) == 0) continue;
    if (!text.empty()) text += ", ";
    text += reason.name;
  }
  return text;
}

bool is_slowed_down(std::uint64_t mask) {
  return (mask & kSlowedDown) != 0;
}

struct NvmlProbe::Library {
  void* handle = nullptr;
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  const char* (*error_text)(int) = nullptr;
  int (*first_device)(unsigned, void**) = nullptr;
  int (*device_at)(const char*, void**) = nullptr;
  int (*energy_mj)(void*, unsigned long long*) = nullptr;
  int (*power_mw)(void*, unsigned*) = nullptr;
  int (*temperature)(void*, int, unsigned*) = nullptr;
  int (*clock_mhz)(void*, int, unsigned*) = nullptr;
  int (*throttling)(void*, unsigned long long*) = nullptr;
  bool ready = false;

  Library() = default;
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() {
    if (ready) shutdown();
    if (handle != nullptr) dlclose(handle);
  }

  template <typename Function>
  bool find(const char* name, Function& to) {
    to = reinterpret_cast<Function>(dlsym(handle, name));
    return to != nullptr;
  }
  bool find_all() {
    return find("nvmlInit_v2", init) && find("nvmlShutdown", shutdown) &&
           find("nvmlErrorString", error_text) &&
           find("nvmlDeviceGetHandleByIndex_v2", first_device) &&
           find("nvmlDeviceGetHandleByPciBusId_v2", device_at) &&
           find("nvmlDeviceGetTotalEnergyConsumption", energy_mj) &&
           find("nvmlDeviceGetPowerUsage", power_mw) &&
           find("nvmlDeviceGetTemperature", temperature) &&
           find("nvmlDeviceGetClockInfo", clock_mhz) &&
           find("nvmlDeviceGetCurrentClocksThrottleReasons", throttling);
  }

  /// What a call gave, times `unit`; or what the library calls its failure.
  template <typename Number>
  [[nodiscard]] Reading<double> reading(std::string_view what, int status, Number number,
                                        double unit) const {
    if (status == kNvmlSuccess) return Reading<double>::of(static_cast<double>(number) * unit);
    return Reading<double>::absent(fmt::format("NVML, {}: {}", what, error_text(status)));
  }
};

NvmlProbe::NvmlProbe(const std::string& library, const std::string& bus_id)
    : library_(std::make_unique<Library>()) {
  library_->handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library_->handle == nullptr) {
    why_ = fmt::format("no {}: there is no NVIDIA driver here", library);
    return;
  }
  if (!library_->find_all()) {
    why_ = fmt::format("{}: too old, without the functions that are needed", library);
    return;
  }
  if (const int status = library_->init(); status != kNvmlSuccess) {
    why_ = fmt::format("{}: {}", library, library_->error_text(status));
    return;
  }
  library_->ready = true;
  const int status = bus_id.empty() ? library_->first_device(0, &device_)
                                    : library_->device_at(bus_id.c_str(), &device_);
  if (status != kNvmlSuccess) {
    why_ = fmt::format("{}, {}: {}", library,
                       bus_id.empty() ? "the first device" : "the device at " + bus_id,
                       library_->error_text(status));
  }
}

NvmlProbe::~NvmlProbe() = default;

Reading<double> NvmlProbe::energy_j() const {
  if (!why_.empty()) return Reading<double>::absent(why_);
  unsigned long long energy = 0;
  const int status = library_->energy_mj(device_, &energy);
  return library_->reading("energy", status, energy, 1e-3);
}

Reading<double> NvmlProbe::power_w() const {
  if (!why_.empty()) return Reading<double>::absent(why_);
  unsigned number = 0;
  const int status = library_->power_mw(device_, &number);
  return library_->reading("power", status, number, 1e-3);
}

Reading<double> NvmlProbe::temperature_c() const {
  if (!why_.empty()) return Reading<double>::absent(why_);
  unsigned number = 0;
  const int status = library_->temperature(device_, kTemperatureOfGpu, &number);
  return library_->reading("temperature", status, number, 1.0);
}

Reading<double> NvmlProbe::clock_hz() const {
  if (!why_.empty()) return Reading<double>::absent(why_);
  unsigned number = 0;
  const int status = library_->clock_mhz(device_, kClockOfMultiprocessors, &number);
  return library_->reading("clock", status, number, 1e6);
}

Reading<std::uint64_t> NvmlProbe::throttling() const {
  if (!why_.empty()) return Reading<std::uint64_t>::absent(why_);
  unsigned long long mask = 0;
  const int status = library_->throttling(device_, &mask);
  if (status == kNvmlSuccess) return Reading<std::uint64_t>::of(mask);
  return Reading<std::uint64_t>::absent(
      fmt::format("NVML, throttling: {}", library_->error_text(status)));
}

void NvmlProbe::start() {
  before_j_ = energy_j();
}

std::vector<ProbeValue> NvmlProbe::stop() {
  std::vector<ProbeValue> values{
      {.name = "gpu_energy", .unit = "J", .note = "of the whole GPU, whatever ran on it"},
      {.name = "gpu_power", .unit = "W", .note = "at the end, averaged by the driver"},
      {.name = "gpu_temperature", .unit = "C", .note = "at the end"},
      {.name = "gpu_clock", .unit = "Hz", .note = "of the multiprocessors, at the end"},
      {.name = "gpu_slowed_down", .unit = "1", .note = "at the end"}};
  if (!why_.empty()) return all_absent(std::move(values), why_);
  if (!before_j_) return all_absent(std::move(values), "not started");
  const Reading<double> before = *before_j_, after = energy_j();
  before_j_.reset();
  const bool both = before.has_value() && after.has_value();
  if (both && after.value() >= before.value()) {
    values[0].value = Reading<double>::of(after.value() - before.value());
  } else {
    values[0].value = both ? Reading<double>::absent(
                                 "NVML, energy: the counter went back, so the driver began anew")
                      : before ? after
                               : before;
  }
  values[1].value = power_w();
  values[2].value = temperature_c();
  values[3].value = clock_hz();
  const Reading<std::uint64_t> mask = throttling();
  values[4].value = mask ? Reading<double>::of(is_slowed_down(mask.value()) ? 1 : 0)
                         : Reading<double>::absent(mask.why());
  if (mask && mask.value() != 0) values[4].note = "at the end: " + throttle_reasons(mask.value());
  return values;
}

}  // namespace ridgepoint
