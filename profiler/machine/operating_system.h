// Which kernel and which distribution.
#pragma once

#include <string>
#include <string_view>

#include "profiler/reading.h"

namespace ridgepoint {

/// "Linux 6.1.0-28-amd64 x86_64"
Reading<std::string> read_kernel();
/// PRETTY_NAME of the text of /etc/os-release, unquoted.
Reading<std::string> parse_os_release(std::string_view text);
Reading<std::string> read_operating_system();

}  // namespace ridgepoint
