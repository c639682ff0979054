#include "profiler/machine/operating_system.h"

#include <sys/utsname.h>

#include <cerrno>
#include <cstring>

#include "profiler/machine/system_file.h"

namespace ridgepoint {

Reading<std::string> read_kernel() {
  utsname names{};
  if (uname(&names) != 0) {
    return Reading<std::string>::absent(std::string("uname: ") + std::strerror(errno));
  }
  return Reading<std::string>::of(std::string(names.sysname) + ' ' + names.release + ' ' +
                                  names.machine);
}

Reading<std::string> parse_os_release(std::string_view text) {
  constexpr std::string_view kKey = "PRETTY_NAME=";
  for (const auto line : split_lines(text)) {
    if (!line.starts_with(kKey)) continue;
    auto value = trim(line.substr(kKey.size()));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.back() == value.front()) {
      value = value.substr(1, value.size() - 2);
    }
    if (!value.empty()) return Reading<std::string>::of(std::string(value));
  }
  return Reading<std::string>::absent("os-release has no PRETTY_NAME");
}

Reading<std::string> read_operating_system() {
  auto text = read_system_file("/etc/os-release");
  if (!text) text = read_system_file("/usr/lib/os-release");
  return text ? parse_os_release(text.value()) : text;
}

}  // namespace ridgepoint
