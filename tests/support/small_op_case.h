// One case for every operator, small enough to compute by plain loops in no time.
#pragma once

#include <string>

#include "workloads/case.h"

namespace ridgepoint {

/// Every size that some operator reads is set, each to another number where that is possible.
inline Case small_op_case(const std::string& op, const std::string& type = "f32") {
  Case subject;
  subject.workload = "op";
  subject.op = op;
  subject.type = type;
  subject.rows = 3;
  subject.batch = 2;
  subject.in = 64;
  subject.out = 96;
  subject.heads = 4;
  subject.kv_heads = 2;
  subject.head_dim = 16;
  subject.depth = 5;
  return subject;
}

}  // namespace ridgepoint
