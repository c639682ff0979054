#include "harness/streaming/memory_group.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "harness/streaming/leftovers.h"
#include "profiler/machine/system_file.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

/// The control group for memory that this process is in.
struct OwnGroup {
  fs::path folder;
  bool unified = false;  // version 2
};

Reading<OwnGroup> own_group() {
  const auto text = read_system_file("/proc/self/cgroup");
  if (!text) return Reading<OwnGroup>::absent(text.why());
  OwnGroup unified;
  for (const auto line : split_lines(text.value())) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string controllers =
        "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    const std::string path(line.substr(second + 1));
    if (controllers.find(",memory,") != std::string::npos) {
      return Reading<OwnGroup>::of({fs::path("/sys/fs/cgroup/memory" + path), false});
    }
    if (controllers == ",,") unified = {fs::path("/sys/fs/cgroup" + path), true};
  }
  if (unified.folder.empty()) {
    return Reading<OwnGroup>::absent("this process is in no control group for memory");
  }
  return Reading<OwnGroup>::of(unified);
}

void write_text(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text << std::flush;
  if (out) return;
  throw Error(fmt::format("{}: cannot be written: {}", file.string(),
                          std::generic_category().message(errno)));
}

/// The number after `key` and a blank, in a file of such lines; 0 where there is none.
std::int64_t number_in(const fs::path& file, std::string_view key) {
  const auto text = read_system_file(file.string());
  if (!text) return 0;
  for (const auto line : split_lines(text.value())) {
    const auto words = split_words(line);
    if (words.size() == 2 && words[0] == key) return parse_integer(words[1]).value_or(0);
  }
  return 0;
}

}  // namespace

MemoryGroup::MemoryGroup(fs::path folder, bool unified)
    : folder_(std::move(folder)), unified_(unified) {}

Reading<std::shared_ptr<MemoryGroup>> MemoryGroup::make() {
  using Result = Reading<std::shared_ptr<MemoryGroup>>;
  const auto own = own_group();
  if (!own) return Result::absent(own.why());
  const fs::path folder = own.value().folder / own_name("");
  std::error_code problem;
  if (!fs::create_directory(folder, problem)) {
    return Result::absent(fmt::format("{}: no control group can be made: {}", folder.string(),
                                      problem ? problem.message() : "it is there already"));
  }
  const std::shared_ptr<MemoryGroup> group(new MemoryGroup(folder, own.value().unified));
  const char* const limit = own.value().unified ? "memory.max" : "memory.limit_in_bytes";
  if (::access((folder / limit).c_str(), W_OK) != 0) {
    return Result::absent(
        fmt::format("{}: memory cannot be limited there", (folder / limit).string()));
  }
  return Result::of(group);
}

MemoryGroup::~MemoryGroup() {
  std::error_code ignored;
  fs::remove(folder_, ignored);
}

void MemoryGroup::enter() const {
  write_text(folder_ / "cgroup.procs", std::to_string(::getpid()));
}

void MemoryGroup::set_limit(std::int64_t bytes) const {
  write_text(folder_ / (unified_ ? "memory.max" : "memory.limit_in_bytes"), std::to_string(bytes));
}

Reading<std::int64_t> MemoryGroup::anonymous_bytes() const {
  const std::string file = (folder_ / "memory.stat").string();
  if (const auto text = read_system_file(file); !text) {
    return Reading<std::int64_t>::absent(text.why());
  }
  return Reading<std::int64_t>::of(number_in(file, unified_ ? "anon" : "rss"));
}

bool MemoryGroup::ran_out() const {
  return number_in(folder_ / (unified_ ? "memory.events" : "memory.oom_control"), "oom_kill") > 0;
}

void remove_stale_groups() {
  const auto own = own_group();
  if (own) remove_leftovers(own.value().folder, "");
}

}  // namespace ridgepoint
