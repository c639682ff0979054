// The form that the errors of every reader keep.
#pragma once

#include <gmock/gmock.h>

#include <string>

namespace ridgepoint {

/// "ORIGIN: byte OFFSET: ...WHAT...; a remedy", on one line.
inline ::testing::Matcher<std::string> IsErrorAt(const std::string& origin, std::size_t offset,
                                                 const std::string& what) {
  return ::testing::AllOf(::testing::StartsWith(origin + ": byte " + std::to_string(offset) + ": "),
                          ::testing::HasSubstr(what), ::testing::Not(::testing::HasSubstr("\n")),
                          ::testing::ContainsRegex("; [a-z][a-z ,:A-Z0-9_.-]+$"));
}

}  // namespace ridgepoint
