#include "workloads/ops/op.h"

namespace ridgepoint {

std::string_view name_of(const Op& op) {
  return std::visit([](const auto& each) { return each.kName; }, op);
}

Shape output_shape(const Op& op, std::span<const Value> inputs) {
  return std::visit([&](const auto& each) { return each.output_shape(inputs); }, op);
}

Type output_type(const Op& op, std::span<const Value> inputs) {
  if (std::holds_alternative<Sample>(op)) return Type::i32;
  if (std::holds_alternative<KvAppend>(op)) return inputs[KvAppend::kCacheInput].type;
  return Type::f32;
}

Work work_of(const Op& op, std::span<const Value> inputs, const Value& output, const Step& step) {
  return std::visit([&](const auto& each) { return each.work(inputs, output, step); }, op);
}

}  // namespace ridgepoint
