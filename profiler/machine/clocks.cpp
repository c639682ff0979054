#include "profiler/machine/clocks.h"

#include <set>

#include "profiler/machine/system_file.h"

namespace ridgepoint {

Clocks read_clocks(const std::string& root) {
  Clocks clocks;
  const auto online = read_system_file(root + "/online");
  const auto cpus = online ? parse_cpu_list(online.value()) : std::nullopt;
  if (!cpus) {
    const std::string why = online ? root + "/online: not a list of CPUs" : online.why();
    return Clocks{Reading<std::string>::absent(why),
                  Reading<std::vector<std::int64_t>>::absent(why)};
  }
  std::set<std::string> governors;
  std::vector<std::int64_t> khz;
  std::string why_no_governor, why_no_clock;
  for (const int cpu : *cpus) {
    const std::string folder = root + "/cpu" + std::to_string(cpu) + "/cpufreq/";
    if (const auto governor = read_system_file(folder + "scaling_governor")) {
      governors.emplace(trim(governor.value()));
    } else if (why_no_governor.empty()) {
      why_no_governor = "the kernel scales no clocks here (" + governor.why() + ")";
    }
    const auto clock = read_system_file(folder + "scaling_cur_freq");
    if (const auto value = clock ? parse_integer(clock.value()) : std::nullopt) {
      khz.push_back(*value);
    } else if (why_no_clock.empty()) {
      why_no_clock = clock ? folder + "scaling_cur_freq: not a number" : clock.why();
    }
  }
  std::string joined;
  for (const auto& governor : governors) joined += (joined.empty() ? "" : ",") + governor;
  clocks.governor = governors.empty() ? Reading<std::string>::absent(why_no_governor)
                                      : Reading<std::string>::of(std::move(joined));
  clocks.khz = khz.size() == cpus->size() && !khz.empty()
                   ? Reading<std::vector<std::int64_t>>::of(std::move(khz))
                   : Reading<std::vector<std::int64_t>>::absent(why_no_clock);
  return clocks;
}

}  // namespace ridgepoint
