#include "harness/roofline/gpu_ceilings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

#include "backends/registry.h"
#include "harness/environment/new_run.h"
#include "harness/roofline/ceiling_records.h"
#include "results/roofline/attach_profile.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

/// The number of "cuda:N".
std::string device_number(const std::string& device) {
  constexpr std::string_view kName = "cuda";
  const std::string_view text = device;
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  if (text == kName) return "0";
  const std::string_view number =
      text.starts_with("cuda:") ? text.substr(kName.size() + 1) : std::string_view();
  if (number.empty() || number.size() > 4 || !std::ranges::all_of(number, is_digit)) {
    throw Error(fmt::format("--device: '{}' is no device; give cuda:0, cuda:1, ...", device));
  }
  return std::string(number);
}

}  // namespace

std::string backend_of_device(const std::string& device) {
  return "cuda:device=" + device_number(device);
}

GpuCeilings measure_gpu_ceilings(Store& store, const std::string& device, const std::string& label,
                                 const std::string& command, const DeviceCeilingOptions& options,
                                 const std::atomic<bool>& stop) {
  const auto backend = open_backend(backend_of_device(device));
  GpuCeilings made;
  made.run = new_run(std::string(kGpuCeilingsSuite) + device_number(device), label, command);
  made.measured = backend->measure_ceilings(options, stop);
  store_ceilings(store, made.run, made.measured);
  return made;
}

}  // namespace ridgepoint
