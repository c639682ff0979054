#include "harness/wall/open_slice.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "backends/registry.h"
#include "backends/session.h"
#include "harness/run/data_folder.h"
#include "harness/wall/slice_probe.h"
#include "profiler/machine/topology.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"
#include "workloads/models/shapes.h"
#include "workloads/models/slice.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kSliceVocabulary = 1024;

const ModelConfig* shape_of(const Case& variant) {
  // A bundled model's name is that of a shape, too, and means its trained weights.
  const auto bundled = bundled_models();
  if (std::ranges::find(bundled, variant.model) != bundled.end()) return nullptr;
  std::error_code ignored;
  return std::filesystem::exists(variant.model, ignored) ? nullptr : find_shape(variant.model);
}

ModelType type_of(const Case& variant) {
  return variant.type.empty() ? ModelType(Type::f16) : ModelType::parse(variant.type);
}

std::unique_ptr<Backend> open_engine(Case& variant, const Model& outline, int threads) {
  if (!variant.backend.empty()) {
    auto backend = open_backend(variant.backend);
    if (backend->computes()) return backend;
    throw Error(
        fmt::format("--backend: {} computes nothing, so nothing can be predicted of it; "
                    "give one that does, as cpu",
                    variant.backend));
  }
  std::string reason;
  for (const char* name : {"cpu", "quantized", "reference"}) {
    auto backend = open_backend(name);
    const auto support =
        backend->supports(outline, SessionOptions{.capacity = 16, .threads = threads});
    if (support.supported) {
      variant.backend = name;
      return backend;
    }
    reason = support.reason;
  }
  throw Error(fmt::format("{}: no backend runs it: {}", variant.model, reason));
}

}  // namespace

std::int64_t cold_bytes() {
  std::int64_t caches = std::int64_t{32} << 20;
  if (const auto topology = read_topology()) {
    for (const auto& [name, bytes] : topology.value().cache_bytes) {
      caches = std::max(caches, bytes * topology.value().cache_count.at(name));
    }
  }
  return 4 * caches;
}

bool is_shape(const Case& variant) {
  return shape_of(variant) != nullptr;
}

void refuse_type_of(const Case& variant) {
  throw Error(fmt::format(
      "--type: {} has weights of its own; leave --type out, or write them in another type with: "
      "ridgepoint model transform",
      variant.model));
}

OpenSlice open_slice(Case& variant, int threads) {
  OpenSlice opened;
  const ModelConfig* shape = shape_of(variant);
  if (shape == nullptr && !variant.type.empty()) refuse_type_of(variant);
  opened.outline =
      shape != nullptr ? outline_model(*shape, type_of(variant)) : open_model_file(variant.model);
  opened.backend = open_engine(variant, opened.outline, threads);
  opened.slice =
      slice_model(opened.outline, slice_layers(opened.outline, cold_bytes()), kSliceVocabulary);
  if (shape != nullptr) {
    opened.slice = synthesise_model(opened.slice.config, type_of(variant),
                                    static_cast<std::uint64_t>(variant.seed), threads);
  }
  return opened;
}

}  // namespace ridgepoint
