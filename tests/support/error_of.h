// What an Error says to the person who reads it: one line.
#pragma once

#include <gtest/gtest.h>

#include <concepts>
#include <string>

#include "workloads/error.h"

namespace ridgepoint {

/// The line of the Error that `call` throws. A failed test when it throws none, or when what it
/// says is not one line.
template <std::invocable Call>
std::string error_of(Call&& call) {
  try {
    static_cast<void>(call());
  } catch (const Error& error) {
    std::string line = error.what();
    EXPECT_FALSE(line.empty());
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    return line;
  }
  ADD_FAILURE() << "no Error was thrown";
  return {};
}

}  // namespace ridgepoint
