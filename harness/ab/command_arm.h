// CommandArm: any command; its wall time, or a number that it prints.
#pragma once

#include <string>

#include "harness/ab/arm.h"

namespace ridgepoint {

class CommandArm : public Arm {
 public:
  CommandArm(std::string command, ArmOptions options);
  Slice run(const std::atomic<bool>& stop) override;

 private:
  std::string command_;
  ArmOptions options_;
};

/// Every number that stands right after `pattern` (blanks, ':' and '=' may come between), in order.
std::vector<double> numbers_after(std::string_view output, std::string_view pattern);

}  // namespace ridgepoint
