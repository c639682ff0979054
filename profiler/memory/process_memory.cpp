#include "profiler/memory/process_memory.h"

#include <algorithm>
#include <string>

#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

Reading<std::int64_t> field_bytes(std::string_view text, std::string_view key) {
  const auto field = find_field(text, key);
  if (!field) return Reading<std::int64_t>::absent("/proc/self/status has no " + std::string(key));
  const auto words = split_words(*field);
  const auto value = words.empty() ? std::nullopt : parse_integer(words[0]);
  if (!value || words.size() != 2 || words[1] != "kB") {
    return Reading<std::int64_t>::absent("/proc/self/status: " + std::string(key) +
                                         " is not in kB");
  }
  return Reading<std::int64_t>::of(*value * 1024);
}

}  // namespace

ProcessMemory parse_process_status(std::string_view text) {
  ProcessMemory memory;
  memory.peak_resident = field_bytes(text, "VmHWM");
  memory.resident = field_bytes(text, "VmRSS");
  memory.anonymous = field_bytes(text, "RssAnon");
  memory.file = field_bytes(text, "RssFile");
  memory.shared = field_bytes(text, "RssShmem");
  if (memory.peak_resident && memory.file) {
    memory.peak_anonymous = Reading<std::int64_t>::of(
        std::max<std::int64_t>(0, memory.peak_resident.value() - memory.file.value()));
  } else {
    memory.peak_anonymous = Reading<std::int64_t>::absent(
        memory.peak_resident ? memory.file.why() : memory.peak_resident.why());
  }
  return memory;
}

ProcessMemory read_process_memory() {
  const auto text = read_system_file("/proc/self/status");
  if (text) return parse_process_status(text.value());
  const auto absent = Reading<std::int64_t>::absent(text.why());
  return {absent, absent, absent, absent, absent, absent};
}

}  // namespace ridgepoint
