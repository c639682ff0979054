// The one way errors travel through Ridgepoint: an exception inside, one line at every process
// edge.
//
// A person who typed something wrong reads exactly one line: what is wrong, where (file, byte,
// line, option), what to do. `Error` is that line. Programming mistakes stay ordinary
// std::logic_error, so that the process edge can tell "your input" (exit code 2) from "our bug"
// (exit code 70). The profiler never throws: a reading is a value, or absent with a reason.
#pragma once

#include <stdexcept>
#include <string>

namespace ridgepoint {

/// Bad input or a refused request, worded for the person who gave it. Immutable; any thread.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace ridgepoint
