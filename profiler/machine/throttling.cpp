#include "profiler/machine/throttling.h"

#include "profiler/machine/limits.h"
#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kMostWatchedCpus = 64;

}  // namespace

ThrottleCount::ThrottleCount(const std::string& root) {
  const auto limits = read_limits();
  if (!limits.cpus) {
    why_ = limits.cpus.why();
    return;
  }
  for (const int cpu : limits.cpus.value()) {
    if (files_.size() >= 2 * kMostWatchedCpus) break;
    const std::string folder = root + "/cpu" + std::to_string(cpu) + "/thermal_throttle/";
    for (const auto* name : {"core_throttle_count", "package_throttle_count"}) {
      CounterFile file(folder + name);
      if (file.is_open()) {
        files_.push_back(std::move(file));
      } else if (why_.empty()) {
        why_ = file.read().why();
      }
    }
  }
}

Reading<std::int64_t> ThrottleCount::read() {
  if (files_.empty()) return Reading<std::int64_t>::absent(why_);
  std::int64_t sum = 0;
  for (auto& file : files_) {
    const auto text = file.read();
    if (!text) return Reading<std::int64_t>::absent(text.why());
    const auto value = parse_integer(text.value());
    if (!value) return Reading<std::int64_t>::absent("thermal_throttle: not a number");
    sum += *value;
  }
  return Reading<std::int64_t>::of(sum);
}

}  // namespace ridgepoint
