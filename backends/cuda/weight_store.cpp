#include "backends/cuda/weight_store.h"

#include <algorithm>
#include <vector>

#include "workloads/tensor/convert.h"

namespace ridgepoint::cuda {
namespace {

constexpr std::int64_t kStagingBytes = std::int64_t{8} << 20U;

/// Plain numbers whose rows need no filling up go as they lie.
bool lies_as_wanted(const TensorView& weight, const MatrixLayout& layout) {
  return layout.bytes == weight.bytes.size() &&
         (weight.type == Type::f32 || weight.type == Type::f16 || weight.type == Type::bf16);
}

void upload(const TensorView& weight, const MatrixLayout& layout, Device& device, std::byte* to) {
  if (lies_as_wanted(weight, layout)) {
    device.copy_in(to, weight.bytes);
    return;
  }
  const Matrix& shape = layout.shape;
  const std::int64_t a_row = shape.code_pitch + shape.upper_pitch + shape.scale_pitch;
  const std::int64_t most =
      std::clamp<std::int64_t>(kStagingBytes / std::max<std::int64_t>(a_row, 1), 1, shape.out);
  std::vector<std::byte> staging(static_cast<std::size_t>(most * a_row));
  for (std::int64_t begin = 0; begin < shape.out; begin += most) {
    const std::int64_t end = std::min(begin + most, shape.out);
    std::ranges::fill(staging, std::byte{0});
    const auto part = [&](std::int64_t first, std::int64_t pitch) {
      return std::span(staging).subspan(static_cast<std::size_t>(first * most),
                                        static_cast<std::size_t>((end - begin) * pitch));
    };
    const RepackedRows rows{
        .codes = part(0, shape.code_pitch),
        .upper = part(shape.code_pitch, shape.upper_pitch),
        .scales = part(shape.code_pitch + shape.upper_pitch, shape.scale_pitch)};
    repack_rows(weight, layout, begin, end, rows);
    device.copy_in(to + begin * shape.code_pitch, rows.codes);
    device.copy_in(to + layout.upper_offset + begin * shape.upper_pitch, rows.upper);
    device.copy_in(to + layout.scale_offset + begin * shape.scale_pitch, rows.scales);
  }
}

}  // namespace

std::shared_ptr<const DeviceMatrix> WeightStore::matrix(const TensorView& weight) {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<const DeviceMatrix>& known =
      matrices_[Key{weight.bytes.data(), weight.type, weight.shape}];
  if (auto found = known.lock()) return found;
  const MatrixLayout layout = layout_of(weight.type, weight.shape.at(0), weight.shape.at(1));
  auto made = std::make_shared<DeviceMatrix>();
  made->memory = arena_->take(layout.bytes, MemoryClass::weights);
  made->matrix = layout.at(made->memory.data());
  upload(weight, layout, arena_->device(), made->memory.data());
  known = made;
  return made;
}

std::shared_ptr<const DeviceVector> WeightStore::vector(const TensorView& weight) {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<const DeviceVector>& known =
      vectors_[Key{weight.bytes.data(), weight.type, weight.shape}];
  if (auto found = known.lock()) return found;
  std::vector<float> floats(static_cast<std::size_t>(element_count(weight.shape)));
  to_float(weight.type, weight.bytes, floats);
  auto made = std::make_shared<DeviceVector>();
  const auto bytes = std::as_bytes(std::span(floats));
  made->memory = arena_->take(bytes.size(), MemoryClass::weights);
  arena_->device().copy_in(made->memory.data(), bytes);
  known = made;
  return made;
}

}  // namespace ridgepoint::cuda
