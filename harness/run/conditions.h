// What moved around the machine while a case was measured: before, after, and the differences that
// tell whether its samples were disturbed.
#pragma once

#include <string>

namespace ridgepoint {

class ConditionsAround {
 public:
  ConditionsAround();  ///< takes the readings before
  /// Takes the readings after; {"before": ..., "after": ..., "delta": ...} for Record::details.
  [[nodiscard]] std::string finish() const;

 private:
  std::string before_;
};

}  // namespace ridgepoint
