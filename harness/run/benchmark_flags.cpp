#include "harness/run/benchmark_flags.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

// Before the user's flags, so that theirs win.
constexpr std::array<const char*, 2> kDefaultFlags = {"--benchmark_min_time=0.5",
                                                      "--benchmark_repetitions=1"};

}  // namespace

void accept_benchmark_flags(const std::vector<std::string>& flags) {
  std::vector<std::string> words = {"ridgepoint"};
  words.insert(words.end(), kDefaultFlags.begin(), kDefaultFlags.end());
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  int count = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  benchmark::Initialize(&count, argv.data());
  if (count > 1) {
    throw Error(
        fmt::format("after --: Google Benchmark does not take '{}'; look at its value", argv[1]));
  }
}

}  // namespace ridgepoint
