#include "harness/streaming/stream_plan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "harness/streaming/file_mapping.h"
#include "workloads/error.h"
#include "workloads/models/lower.h"

namespace ridgepoint {
namespace {

std::optional<StreamedWeight> find_in_files(const std::string& name, const TensorView& view,
                                            const std::vector<FileMapping>& mappings) {
  if (!view.mapped) return std::nullopt;
  const auto address = reinterpret_cast<std::uintptr_t>(view.bytes.data());
  for (const FileMapping& mapping : mappings) {
    if (address < mapping.first || address + view.bytes.size() > mapping.end) continue;
    return StreamedWeight{
        .name = name,
        .bytes = static_cast<std::int64_t>(view.bytes.size()),
        .file = mapping.file,
        .offset = mapping.offset + static_cast<std::int64_t>(address - mapping.first)};
  }
  return std::nullopt;
}

std::string group_name(const std::string& weight) {
  if (!weight.starts_with("blk.")) return weight;
  return weight.substr(0, weight.find('.', 4));
}

/// Matrices that products read, in order, and what else reads weights.
struct WeightUses {
  std::vector<std::string> multiplied;
  std::set<std::string> looked_up;
};

WeightUses uses_of(const Model& model) {
  const Graph graph = lower(model, {.batch = 1, .tokens = 1, .capacity = 1});
  WeightUses uses;
  for (const Node& node : graph.nodes()) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const Value& value = graph.value(node.inputs[i]);
      if (value.role != Role::weight || value.shape.size() < 2) continue;
      if (std::holds_alternative<MatrixProduct>(node.op) && i == 1) {
        uses.multiplied.push_back(value.name);
      } else {
        uses.looked_up.insert(value.name);
      }
    }
  }
  return uses;
}

}  // namespace

std::int64_t StreamGroup::bytes() const {
  std::int64_t sum = 0;
  for (const StreamedWeight& weight : weights) sum += weight.bytes;
  return sum;
}

std::int64_t StreamPlan::bytes() const {
  std::int64_t sum = fixed_bytes;
  for (const StreamGroup& group : groups) sum += group.bytes();
  return sum;
}

std::int64_t StreamPlan::streamed_bytes() const {
  std::int64_t sum = 0;
  for (const StreamGroup& group : groups) sum += group.resident ? 0 : group.bytes();
  return sum;
}

double StreamPlan::resident_share() const {
  return 1 - static_cast<double>(streamed_bytes()) / static_cast<double>(bytes());
}

StreamPlan plan_stream(const Model& model, const Backend& backend) {
  const auto mappings = file_mappings();
  const WeightUses uses = uses_of(model);
  StreamPlan plan;
  for (const std::string& name : uses.multiplied) {
    const TensorView& view = model.weights.find(name)->second;
    auto weight = find_in_files(name, view, mappings);
    if (!weight || uses.looked_up.contains(name)) {
      plan.fixed_bytes += byte_count(view.type, view.shape);
      if (weight && !backend.reorders(view.type)) plan.fixed_in_file_bytes += weight->bytes;
      continue;
    }
    weight->reordered = backend.reorders(view.type);
    if (plan.groups.empty() || plan.groups.back().name != group_name(name)) {
      plan.groups.push_back({.name = group_name(name), .weights = {}, .resident = true});
    }
    plan.groups.back().weights.push_back(std::move(*weight));
  }
  if (plan.groups.empty()) {
    throw Error(model.source +
                ": none of its weights lies in a file as it is used, so none can be streamed; give "
                "a GGUF file, as 'ridgepoint model make' writes one");
  }
  return plan;
}

StreamPlan with_budget(StreamPlan plan, std::int64_t budget) {
  const std::int64_t most = std::max<std::int64_t>(budget - plan.fixed_bytes, 0);
  const std::int64_t all = plan.bytes() - plan.fixed_bytes;
  std::int64_t kept = 0, passed = 0;
  for (StreamGroup& group : plan.groups) {
    passed += group.bytes();
    // As much of what was passed as of everything.
    const double wanted = static_cast<double>(most) / static_cast<double>(all);
    group.resident = kept + group.bytes() <= most && static_cast<double>(kept + group.bytes()) <=
                                                         wanted * static_cast<double>(passed) + 0.5;
    if (group.resident) kept += group.bytes();
  }
  for (StreamGroup& group : plan.groups) {
    if (group.resident || kept + group.bytes() > most) continue;
    group.resident = true;
    kept += group.bytes();
  }
  return plan;
}

}  // namespace ridgepoint
