#include "profiler/machine/load.h"

#include <charconv>
#include <string>

#include "profiler/machine/system_file.h"

namespace ridgepoint {

Reading<std::array<double, 3>> parse_load_average(std::string_view text) {
  const auto words = split_words(text);
  std::array<double, 3> result{};
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (i >= words.size() ||
        std::from_chars(words[i].data(), words[i].data() + words[i].size(), result[i]).ec !=
            std::errc{}) {
      return Reading<std::array<double, 3>>::absent("/proc/loadavg: three averages expected");
    }
  }
  return Reading<std::array<double, 3>>::of(result);
}

Reading<std::array<double, 3>> read_load_average() {
  const auto text = read_system_file("/proc/loadavg");
  return text ? parse_load_average(text.value())
              : Reading<std::array<double, 3>>::absent(text.why());
}

Reading<CpuTime> parse_cpu_time(std::string_view text) {
  // cpu user nice system idle iowait irq softirq steal guest guest_nice; guest time is part of
  // user.
  const auto lines = split_lines(text);
  const auto words = lines.empty() ? std::vector<std::string_view>{} : split_words(lines[0]);
  if (words.size() < 9 || words[0] != "cpu") {
    return Reading<CpuTime>::absent("/proc/stat: no line of all CPUs with steal time");
  }
  std::array<std::int64_t, 8> jiffies{};
  for (std::size_t i = 0; i < jiffies.size(); ++i) {
    const auto value = parse_integer(words[i + 1]);
    if (!value) return Reading<CpuTime>::absent("/proc/stat: a time is not a number");
    jiffies[i] = *value;
  }
  CpuTime time;
  time.busy = jiffies[0] + jiffies[1] + jiffies[2] + jiffies[5] + jiffies[6];
  time.steal = jiffies[7];
  time.total = time.busy + time.steal + jiffies[3] + jiffies[4];
  return Reading<CpuTime>::of(time);
}

Reading<CpuTime> read_cpu_time() {
  const auto text = read_system_file("/proc/stat");
  return text ? parse_cpu_time(text.value()) : Reading<CpuTime>::absent(text.why());
}

}  // namespace ridgepoint
