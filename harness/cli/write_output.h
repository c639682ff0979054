// What a command leaves behind: on standard output, or in a file that is there whole or not at all.
#pragma once

#include <string>

namespace ridgepoint {

/// To `path`, or to standard output where that is empty. What was in the file is gone only when the
/// new text is on the disk. Error when it cannot be written.
void write_output(const std::string& path, const std::string& text);

/// Error when what was printed so far did not reach standard output.
void flush_output();

}  // namespace ridgepoint
