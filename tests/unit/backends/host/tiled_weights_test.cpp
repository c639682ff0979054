#include "backends/host/tiled_weights.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "backends/host/worker_team.h"
#include "workloads/tensor/tensor.h"
#include "workloads/tensor/type.h"

namespace ridgepoint {
namespace {

TEST(TiledWeights, TakeNoMoreBytesThanTheFileHasButForStepsOfSixBits) {
  constexpr std::int64_t kOut = 64, kIn = 512;
  WorkerTeam team(1);
  int forms = 0;
  for (const TypeInfo& info : types()) {
    if (!TiledWeights::has_form(info.type)) continue;
    SCOPED_TRACE(info.name);
    ++forms;
    const std::vector<std::byte> bytes(
        static_cast<std::size_t>(byte_count(info.type, {kOut, kIn})));
    const TiledWeights tiled(TensorView{info.type, {kOut, kIn}, bytes}, host::kScalarKernels, team);
    // q4_K's steps of six bits become bytes.
    const bool steps = info.type == Type::q4_k;
    EXPECT_LE(static_cast<double>(tiled.bytes()),
              (steps ? 1.03 : 1.0) * static_cast<double>(bytes.size()));
  }
  EXPECT_GT(forms, 10);
}

}  // namespace
}  // namespace ridgepoint
