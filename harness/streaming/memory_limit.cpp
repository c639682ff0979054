#include "harness/streaming/memory_limit.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

/// The control group for memory that this process is in.
struct MemoryGroup {
  fs::path folder;
  bool unified = false;  // version 2
};

Reading<MemoryGroup> own_memory_group() {
  const auto text = read_system_file("/proc/self/cgroup");
  if (!text) return Reading<MemoryGroup>::absent(text.why());
  MemoryGroup unified;
  for (const auto line : split_lines(text.value())) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string controllers =
        "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    const std::string path(line.substr(second + 1));
    if (controllers.find(",memory,") != std::string::npos) {
      return Reading<MemoryGroup>::of({fs::path("/sys/fs/cgroup/memory" + path), false});
    }
    if (controllers == ",,") unified = {fs::path("/sys/fs/cgroup" + path), true};
  }
  if (unified.folder.empty()) {
    return Reading<MemoryGroup>::absent("this process is in no control group for memory");
  }
  return Reading<MemoryGroup>::of(unified);
}

/// Empty when it was written.
std::string write_text(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text << std::flush;
  return out ? std::string()
             : fmt::format("{}: cannot be written: {}", file.string(),
                           std::generic_category().message(errno));
}

}  // namespace

MemoryLimit::MemoryLimit(fs::path group, fs::path before)
    : group_(std::move(group)), before_(std::move(before)) {}

Reading<std::shared_ptr<MemoryLimit>> MemoryLimit::set(std::int64_t bytes) {
  using Result = Reading<std::shared_ptr<MemoryLimit>>;
  const auto own = own_memory_group();
  if (!own) return Result::absent(own.why());
  const fs::path group = own.value().folder / fmt::format("ridgepoint-{}", ::getpid());
  std::error_code problem;
  if (!fs::create_directory(group, problem)) {
    return Result::absent(fmt::format("{}: no control group can be made: {}", group.string(),
                                      problem ? problem.message() : "it is there already"));
  }
  const std::shared_ptr<MemoryLimit> limit(new MemoryLimit(group, own.value().folder));
  const fs::path file = group / (own.value().unified ? "memory.max" : "memory.limit_in_bytes");
  std::string why = write_text(file, std::to_string(bytes));
  if (why.empty()) why = write_text(group / "cgroup.procs", std::to_string(::getpid()));
  return why.empty() ? Result::of(limit) : Result::absent(why);
}

MemoryLimit::~MemoryLimit() {
  static_cast<void>(write_text(before_ / "cgroup.procs", std::to_string(::getpid())));
  std::error_code ignored;
  fs::remove(group_, ignored);
}

}  // namespace ridgepoint
