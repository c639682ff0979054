// What a test says about an error: the line itself, and that it has the form that every reader
// keeps.
#pragma once

#include <gmock/gmock.h>

#include <string>

#include "workloads/error.h"

namespace ridgepoint {

/// The line of the Error that `action` throws; a failed test and an empty string when it throws
/// none.
template <typename Action>
std::string error_line(const Action& action) {
  try {
    static_cast<void>(action());
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no Error was thrown";
  return {};
}

/// "ORIGIN: byte OFFSET: ...WHAT...; a remedy", on one line.
inline testing::Matcher<std::string> IsErrorAt(const std::string& origin, std::size_t offset,
                                               const std::string& what) {
  return testing::AllOf(testing::StartsWith(origin + ": byte " + std::to_string(offset) + ": "),
                        testing::HasSubstr(what), testing::Not(testing::HasSubstr("\n")),
                        testing::ContainsRegex("; [a-z][a-z ,:A-Z0-9_.-]+$"));
}

}  // namespace ridgepoint
