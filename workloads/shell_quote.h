// Quoting for lines that people paste into a POSIX shell.
#pragma once

#include <string>
#include <string_view>

namespace ridgepoint {

/// The word as it is when the shell would leave it alone, else in single quotes.
std::string shell_quote(std::string_view word);

}  // namespace ridgepoint
