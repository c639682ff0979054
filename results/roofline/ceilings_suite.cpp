#include "results/roofline/ceilings_suite.h"

#include <fmt/format.h>

namespace ridgepoint {

std::string device_of(const Case& subject) {
  constexpr std::string_view kGpu = "cuda", kNumber = "device=";
  const std::string_view spec = subject.backend;
  const std::size_t options = spec.find(':');
  if (spec.substr(0, options) != kGpu) return {};
  const std::size_t at = spec.find(kNumber);
  if (at == std::string_view::npos) return "cuda:0";
  const std::string_view number = spec.substr(at + kNumber.size());
  return fmt::format("cuda:{}", number.substr(0, number.find(',')));
}

std::string ceilings_suite(const Case& subject) {
  const std::string device = device_of(subject);
  return device.empty() ? std::string(kCeilingsSuite)
                        : fmt::format("{} {}", kCeilingsSuite, device);
}

std::optional<std::string> ceilings_device(std::string_view suite) {
  if (suite == kCeilingsSuite) return "";
  if (!suite.starts_with(kGpuCeilingsSuite)) return std::nullopt;
  return std::string(suite.substr(kCeilingsSuite.size() + 1));
}

}  // namespace ridgepoint
