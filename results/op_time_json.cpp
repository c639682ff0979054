#include "results/op_time_json.h"

#include <nlohmann/json.hpp>

namespace ridgepoint {

nlohmann::json json_of(const OpTime& op) {
  return {{"phase", op.phase},
          {"op_id", op.op_id},
          {"op", op.op},
          {"time_ns", op.time_ns},
          {"passes", op.passes},
          {"work_flops", op.work_flops},
          {"work_bytes", op.work_bytes},
          {"weight_bytes", op.weight_bytes},
          {"kv_bytes", op.kv_bytes},
          {"activation_bytes", op.activation_bytes},
          {"weight_type", op.weight_type},
          {"low_ns", op.low_ns},
          {"high_ns", op.high_ns}};
}

}  // namespace ridgepoint
