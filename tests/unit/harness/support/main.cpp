// The program of these tests is also the child that run_case starts: "test_harness measure 3 4".
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "harness/run/run_case.h"

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "measure") {
    try {
      return ridgepoint::measure_main(std::atoi(argv[2]), std::atoi(argv[3]));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      return 2;
    }
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
