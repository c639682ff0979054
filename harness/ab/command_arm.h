// CommandArm: any command; its wall time, or a number that it prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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

struct PrintedNumber {
  double value = 0;
  std::string unit;  ///< the word right behind it, or after blanks; empty when there is none
  bool operator==(const PrintedNumber&) const = default;
};

/// Every number that stands right after `pattern` (blanks, ':' and '=' may come between), in order.
/// Error for one that goes on in a way that is not read here: "1,900", "0x10", "1:30".
std::vector<PrintedNumber> numbers_after(std::string_view output, std::string_view pattern);

}  // namespace ridgepoint
