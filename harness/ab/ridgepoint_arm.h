// RidgepointArm: cases of a ridgepoint executable, this one or that of another build. Each slice is
// one `ridgepoint run` of it into a database of its own, read back by its `export`, so that builds
// of any age can be compared: what they agree on is the command line and the JSON.
#pragma once

#include <string>
#include <vector>

#include "harness/ab/arm.h"
#include "harness/ab/child_program.h"
#include "results/store/scratch_file.h"

namespace ridgepoint {

class RidgepointArm : public Arm {
 public:
  /// `options` as after `ridgepoint run`; short budgets are added where they name none.
  RidgepointArm(std::string program, const std::string& options, ArmOptions arm_options);
  Slice run(const std::atomic<bool>& stop) override;

 private:
  [[nodiscard]] ChildProgramResult ask(const std::vector<std::string>& arguments,
                                       const std::atomic<bool>& stop) const;
  void add_defaults(const std::atomic<bool>& stop);

  std::string program_;
  std::vector<std::string> arguments_;
  ArmOptions options_;
  ScratchFile database_;  ///< kept over slices, and with it the answers of the reference
  bool defaults_added_ = false;
};

}  // namespace ridgepoint
