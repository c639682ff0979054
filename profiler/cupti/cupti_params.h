// Parameter blocks of CUPTI's functions. Included where CUPTI's headers are.
#pragma once

#include <cstddef>

namespace ridgepoint {

/// Parameters with the size that CUPTI checks, all else zero.
template <typename Params>
Params cupti_params(std::size_t size) {
  Params params{};
  params.structSize = size;
  return params;
}
#define RIDGEPOINT_CUPTI_PARAMS(name) ::ridgepoint::cupti_params<name>(name##_STRUCT_SIZE)

}  // namespace ridgepoint
