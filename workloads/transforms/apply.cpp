#include "workloads/transforms/apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "workloads/error.h"
#include "workloads/nearest_name.h"
#include "workloads/transforms/encode.h"

namespace ridgepoint {

namespace {

/// Parts of the matrices' names that are no numbers: what patterns are made of.
std::vector<std::string_view> known_parts(std::span<const TensorPlan> matrices) {
  std::set<std::string_view> parts;
  for (const TensorPlan& matrix : matrices) {
    const std::string_view name = matrix.name;
    for (std::size_t start = 0; start < name.size();) {
      const std::size_t end = std::min(name.find('.', start), name.size());
      const std::string_view part = name.substr(start, end - start);
      if (part.find_first_not_of("0123456789") != std::string_view::npos) parts.insert(part);
      start = end + 1;
    }
  }
  return {parts.begin(), parts.end()};
}

void check_rules(const Transform& transform, std::span<const TensorPlan> matrices) {
  for (const Rule& rule : transform.rules) {
    if (std::ranges::any_of(
            matrices, [&](const TensorPlan& each) { return fits(rule.pattern, each.name); })) {
      continue;
    }
    const auto parts = known_parts(matrices);
    throw Error(
        fmt::format("transform: no matrix of this model fits '{}'{}; 'ridgepoint model info "
                    "MODEL --tensors' lists their names",
                    rule.pattern, did_you_mean(rule.pattern, parts)));
  }
}

/// Types that an automatic choice tries, the smallest first.
std::vector<Type> candidates(const Automatic& automatic, const TensorView& tensor) {
  std::vector<std::pair<std::int64_t, Type>> found;
  for (const TypeInfo& info : types()) {
    const bool asked = automatic.among.empty()
                           ? info.weight
                           : std::ranges::find(automatic.among, info.type) != automatic.among.end();
    const bool whole = info.row_header_bytes != 0 || tensor.row_length() % info.block_elements == 0;
    if (!asked || !whole) continue;
    const std::int64_t bytes = byte_count(info.type, tensor.shape);
    if (std::cmp_less(bytes, tensor.bytes.size())) found.emplace_back(bytes, info.type);
  }
  std::ranges::sort(found);
  std::vector<Type> ordered;
  for (const auto& [bytes, type] : found) ordered.push_back(type);
  return ordered;
}

struct Made {
  Type type = Type::f32;
  Encoded encoded;
};

/// Nothing when the tensor stays as it is.
std::optional<Made> make(const Choice& choice, const TensorPlan& plan, const ModelConfig& config,
                         const TensorView& tensor, const Survey& surveyed, int threads) {
  if (const auto* automatic = std::get_if<Automatic>(&choice)) {
    for (const Type type : candidates(*automatic, tensor)) {
      try {
        if (auto encoded = encode(plan.name, tensor, surveyed, {type}, threads, automatic->error)) {
          return Made{type, std::move(*encoded)};
        }
      } catch (const Error&) {
        // Its scales cannot hold these numbers: not a candidate.
      }
    }
    return std::nullopt;
  }
  ToType to;
  if (const auto* mixture = std::get_if<ToMixture>(&choice)) {
    to.type = mixture->type.of(plan, config);
  } else {
    to = std::get<ToType>(choice);
  }
  if (to.type == tensor.type && !to.tensor_scale) return std::nullopt;
  return Made{to.type, *encode(plan.name, tensor, surveyed, to, threads)};
}

/// Puts bytes under the model's own care.
void own(Model& model, TensorView& view, std::shared_ptr<OwnedBytes> bytes) {
  view.bytes = bytes->bytes();
  view.mapped = false;
  model.storage.push_back(std::move(bytes));
}

/// What is left of the old bytes is copied, so that they can go.
void let_go(Model& model, const std::set<std::string, std::less<>>& changed,
            std::vector<std::shared_ptr<const void>> old) {
  for (auto& [name, view] : model.weights) {
    if (changed.contains(name)) continue;
    auto copy = std::make_shared<OwnedBytes>(view.bytes.size());
    std::ranges::copy(view.bytes, copy->bytes().begin());
    own(model, view, std::move(copy));
  }
  old.clear();
}

}  // namespace

const TensorChange* TransformReport::worst() const {
  const auto found = std::ranges::max_element(changes, {}, &TensorChange::relative_error);
  return found == changes.end() ? nullptr : &*found;
}

Transformed apply_transform(Model model, const Transform& transform, int threads) {
  std::vector<TensorPlan> matrices = tensor_plan(model.config);
  std::erase_if(matrices, [&](const TensorPlan& plan) {
    return !plan.matrix || !model.weights.contains(plan.name);
  });
  check_rules(transform, matrices);

  Transformed result;
  TransformReport& report = result.report;
  report.bytes_before = model.weight_bytes();
  auto old = std::exchange(model.storage, {});
  std::set<std::string, std::less<>> changed;
  double energy = 0, squared_error = 0;
  for (const TensorPlan& plan : matrices) {
    const Choice& choice = choice_for(transform, plan.name);
    if (std::holds_alternative<Keep>(choice)) continue;
    TensorView& view = model.weights.at(plan.name);
    const Survey surveyed = survey(plan.name, view, threads);
    energy += surveyed.energy;
    auto made = make(choice, plan, model.config, view, surveyed, threads);
    if (!made) continue;
    squared_error += made->encoded.squared_error;
    TensorChange change{
        plan.name, view.type, made->type, static_cast<std::int64_t>(view.bytes.size()), 0, 0};
    view.type = made->type;
    own(model, view, std::move(made->encoded.bytes));
    change.bytes_after = static_cast<std::int64_t>(view.bytes.size());
    if (surveyed.energy > 0) {
      change.relative_error = std::sqrt(made->encoded.squared_error / surveyed.energy);
    }
    report.changes.push_back(std::move(change));
    changed.insert(plan.name);
  }
  if (changed.size() == matrices.size() && !matrices.empty()) {
    let_go(model, changed, std::move(old));
  } else {
    model.storage.insert(model.storage.end(), old.begin(), old.end());
  }
  model.weight_type = most_common_type(model.weights);
  report.bytes_after = model.weight_bytes();
  report.relative_error = energy > 0 ? std::sqrt(squared_error / energy) : 0;
  result.model = std::move(model);
  return result;
}

}  // namespace ridgepoint
