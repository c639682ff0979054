// GoogleBenchmarkArm: any program built on Google Benchmark; one figure a benchmark that it has,
// the median over the repetitions of the process.
#pragma once

#include <string>

#include "harness/ab/arm.h"

namespace ridgepoint {

class GoogleBenchmarkArm : public Arm {
 public:
  GoogleBenchmarkArm(const std::string& command, ArmOptions options);
  Slice run(const std::atomic<bool>& stop) override;

 private:
  std::vector<std::string> arguments_;
  ArmOptions options_;
};

}  // namespace ridgepoint
