#include "profiler/machine/limits.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

// cgroup v1 means "no limit" by a number close to the largest that fits in pages.
constexpr std::int64_t kNoLimitBytes = std::int64_t{1} << 60;

Reading<std::vector<int>> read_affinity() {
  for (int room = 1024; room <= 65536; room *= 4) {
    const auto release = [](cpu_set_t* set) { CPU_FREE(set); };
    const std::unique_ptr<cpu_set_t, decltype(release)> set(CPU_ALLOC(room), release);
    if (!set) break;
    const auto size = CPU_ALLOC_SIZE(room);
    CPU_ZERO_S(size, set.get());
    if (sched_getaffinity(0, size, set.get()) != 0) {
      if (errno == EINVAL) continue;
      return Reading<std::vector<int>>::absent(std::string("sched_getaffinity: ") +
                                               std::strerror(errno));
    }
    std::vector<int> cpus;
    for (int cpu = 0; cpu < room; ++cpu) {
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), size, set.get())) cpus.push_back(cpu);
    }
    return Reading<std::vector<int>>::of(std::move(cpus));
  }
  return Reading<std::vector<int>>::absent("sched_getaffinity: more CPUs than were allowed for");
}

/// Path of this process for a version 1 controller, or of version 2 when `controller` is empty.
std::optional<std::string> find_path(const std::string& membership, std::string_view controller) {
  for (const auto line : split_lines(membership)) {
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    auto controllers = line.substr(first + 1, second - first - 1);
    const auto path = std::string(trim(line.substr(second + 1)));
    if (controller.empty() && controllers.empty()) return path;
    while (!controller.empty() && !controllers.empty()) {
      const auto comma = controllers.find(',');
      if (controllers.substr(0, comma) == controller) return path;
      if (comma == std::string_view::npos) break;
      controllers.remove_prefix(comma + 1);
    }
  }
  return std::nullopt;
}

/// The folder and each one above it up to the mount, which a container sees as its own.
std::vector<std::string> folders_up(const std::string& mount, std::string path) {
  std::vector<std::string> folders;
  while (!path.empty() && path != "/") {
    folders.push_back(mount + path);
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
  folders.push_back(mount);
  return folders;
}

/// The file's integer; -1, which is also how version 1 says "no limit", when there is none.
std::int64_t integer_in(const std::string& path) {
  const auto text = read_system_file(path);
  return text ? parse_integer(text.value()).value_or(-1) : -1;
}

std::optional<double> cpus_of(const std::string& folder, bool version_2) {
  if (version_2) {
    const auto text = read_system_file(folder + "/cpu.max");
    if (!text) return std::nullopt;
    const auto words = split_words(text.value());
    if (words.size() != 2) return std::nullopt;
    const auto quota = parse_integer(words[0]);
    const auto period = parse_integer(words[1]);
    if (!quota || !period || *period <= 0) return std::nullopt;
    return static_cast<double>(*quota) / static_cast<double>(*period);
  }
  const auto quota = integer_in(folder + "/cpu.cfs_quota_us");
  const auto period = integer_in(folder + "/cpu.cfs_period_us");
  if (quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<double>(quota) / static_cast<double>(period);
}

std::optional<std::int64_t> bytes_of(const std::string& folder, bool version_2) {
  const auto bytes = integer_in(folder + (version_2 ? "/memory.max" : "/memory.limit_in_bytes"));
  if (bytes < 0 || bytes >= kNoLimitBytes) return std::nullopt;
  return bytes;
}

template <class T, class ReadOne>
std::optional<T> tightest(const std::vector<std::string>& folders, bool version_2,
                          const ReadOne& read_one) {
  std::optional<T> result;
  for (const auto& folder : folders) {
    const auto here = read_one(folder, version_2);
    if (here && (!result || *here < *result)) result = here;
  }
  return result;
}

template <class T, class ReadOne>
Reading<T> read_limit(const std::string& membership, const std::string& mount,
                      std::string_view controller, const ReadOne& read_one) {
  std::optional<T> limit;
  if (const auto path = find_path(membership, controller)) {
    limit = tightest<T>(folders_up(mount + '/' + std::string(controller), *path), false, read_one);
  } else if (const auto unified = find_path(membership, "")) {
    limit = tightest<T>(folders_up(mount, *unified), true, read_one);
    if (!limit) limit = tightest<T>(folders_up(mount + "/unified", *unified), true, read_one);
  } else {
    return Reading<T>::absent("/proc/self/cgroup names no cgroup for " + std::string(controller));
  }
  return limit ? Reading<T>::of(*limit) : Reading<T>::absent("no limit");
}

}  // namespace

CgroupLimits read_cgroup_limits(const std::string& membership, const std::string& mount) {
  return {read_limit<double>(membership, mount, "cpu", cpus_of),
          read_limit<std::int64_t>(membership, mount, "memory", bytes_of)};
}

Limits read_limits() {
  Limits limits;
  limits.cpus = read_affinity();
  const auto membership = read_system_file("/proc/self/cgroup");
  if (membership) {
    auto cgroup = read_cgroup_limits(membership.value());
    limits.cgroup_cpus = std::move(cgroup.cpus);
    limits.cgroup_memory_bytes = std::move(cgroup.memory_bytes);
  } else {
    limits.cgroup_cpus = Reading<double>::absent(membership.why());
    limits.cgroup_memory_bytes = Reading<std::int64_t>::absent(membership.why());
  }
  return limits;
}

}  // namespace ridgepoint
