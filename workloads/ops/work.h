// Work: what an operator, a node or a graph must do at the least, from shapes alone. The
// denominator of every efficiency figure, so it counts compulsory traffic only: each weight, each
// live KV entry and each activation once, in the type it is stored in. A multiply-add is two FLOPs;
// exponentials, divisions and comparisons count one each.
#pragma once

#include <cstdint>

namespace ridgepoint {

struct Work {
  std::int64_t flops = 0;
  std::int64_t weight_bytes = 0;
  std::int64_t kv_bytes = 0;
  std::int64_t activation_bytes = 0;

  [[nodiscard]] std::int64_t bytes() const { return weight_bytes + kv_bytes + activation_bytes; }
  Work& operator+=(const Work& other) {
    flops += other.flops;
    weight_bytes += other.weight_bytes;
    kv_bytes += other.kv_bytes;
    activation_bytes += other.activation_bytes;
    return *this;
  }
  bool operator==(const Work&) const = default;
};

}  // namespace ridgepoint
