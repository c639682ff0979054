// Random weights for a named shape, in memory and as a GGUF file.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "workloads/error.h"
#include "workloads/formats/gguf_architecture.h"
#include "workloads/formats/gguf_writer.h"
#include "workloads/formats/load_model.h"
#include "workloads/formats/owned_bytes.h"
#include "workloads/formats/replacing_file.h"
#include "workloads/formats/synthetic_tensor.h"
#include "workloads/formats/write_model.h"
#include "workloads/models/shapes.h"
#include "workloads/nearest_name.h"
#include "workloads/tensor/parallel_rows.h"

namespace ridgepoint {

namespace {

// Large enough to amortise a system call, small enough for 64 threads to hold one each.
constexpr std::int64_t kPieceBytes = std::int64_t{256} * 1024;

ModelConfig config_of(std::string_view shape) {
  const ModelConfig* found = find_shape(shape);
  if (found == nullptr) {
    std::vector<std::string_view> names;
    std::string known;
    for (const ModelConfig& config : shapes()) {
      names.push_back(config.name);
      known += (known.empty() ? "" : ", ") + config.name;
    }
    throw Error(fmt::format("unknown shape '{}'{}; use one of {}", shape,
                            did_you_mean(shape, names), known));
  }
  ModelConfig config = *found;
  // A GGUF file stores these as f32: rounding them here makes both ways the same model.
  for (double& factor : config.rope_frequency_factors) {
    factor = static_cast<float>(factor);
  }
  return config;
}

/// A tensor of the file: one canonical tensor, or several below each other.
struct FileTensor {
  std::string name;
  Type type;
  Shape shape;
  std::vector<SyntheticTensor> parts;
};

std::vector<FileTensor> file_tensors(const ModelConfig& config, ModelType type,
                                     std::uint64_t seed) {
  std::vector<FileTensor> tensors;
  for (TensorPlan& plan : tensor_plan(config)) {
    const std::string fused = fused_name(plan.name, config.architecture);
    SyntheticTensor part(plan, type.of(plan, config), seed);
    const auto whole =
        fused.empty()
            ? tensors.rend()
            : std::find_if(tensors.rbegin(), tensors.rend(),
                           [&](const FileTensor& tensor) { return tensor.name == fused; });
    if (whole != tensors.rend()) {
      if (whole->type != part.type()) {
        throw std::logic_error("the parts of " + fused + " differ in type");
      }
      whole->shape[0] += plan.shape[0];
      whole->parts.push_back(std::move(part));
    } else {
      tensors.push_back({fused.empty() ? plan.name : fused, part.type(), plan.shape, {part}});
    }
  }
  return tensors;
}

std::vector<RowSet> rows_of(std::span<const SyntheticTensor> tensors) {
  std::vector<RowSet> rows;
  for (const SyntheticTensor& tensor : tensors) {
    rows.push_back({tensor.rows(), tensor.row_bytes()});
  }
  return rows;
}

}  // namespace

Model synthesise_model(std::string_view shape, ModelType type, std::uint64_t seed, int threads) {
  return synthesise_model(config_of(shape), type, seed, threads);
}

Model synthesise_model(const ModelConfig& config, ModelType type, std::uint64_t seed, int threads) {
  Model model;
  model.config = config;
  model.source = "shape:" + config.name;
  model.synthetic = true;
  model.seed = seed;
  std::vector<SyntheticTensor> tensors;
  std::vector<std::span<std::byte>> targets;
  for (TensorPlan& plan : tensor_plan(model.config)) {
    const Type stored = type.of(plan, model.config);
    const SyntheticTensor& tensor = tensors.emplace_back(std::move(plan), stored, seed);
    auto buffer = std::make_shared<OwnedBytes>(static_cast<std::size_t>(tensor.bytes()));
    targets.push_back(buffer->bytes());
    model.weights.emplace(tensor.plan().name,
                          TensorView{tensor.type(), tensor.plan().shape, targets.back()});
    model.storage.push_back(std::move(buffer));
  }
  model.weight_type = most_common_type(model.weights);
  for_each_row_range(rows_of(tensors), kPieceBytes, threads, [&]() -> RowWorker {
    return [&, scratch = std::vector<float>{}](const RowRange& range) mutable {
      const SyntheticTensor& tensor = tensors[range.tensor];
      const auto stride = static_cast<std::size_t>(tensor.row_bytes());
      tensor.fill(range.first, range.count,
                  targets[range.tensor].subspan(static_cast<std::size_t>(range.first) * stride,
                                                static_cast<std::size_t>(range.count) * stride),
                  scratch);
    };
  });
  return model;
}

void write_synthetic_gguf(std::string_view shape, ModelType type, std::uint64_t seed, int threads,
                          const std::filesystem::path& path) {
  const ModelConfig config = config_of(shape);
  GgufWriter writer;
  write_gguf_config(config, type, writer);
  write_no_vocabulary(writer);
  writer.add_boolean(kSyntheticKey, true);
  writer.add_u64(kSeedKey, seed);
  const std::vector<float> factors(config.rope_frequency_factors.begin(),
                                   config.rope_frequency_factors.end());
  if (!factors.empty()) {
    writer.add_tensor(kRopeFactorsTensor, Type::f32, {static_cast<std::int64_t>(factors.size())});
  }
  const std::vector<FileTensor> placed = file_tensors(config, type, seed);
  for (const FileTensor& tensor : placed) {
    writer.add_tensor(tensor.name, tensor.type, tensor.shape);
  }

  std::vector<SyntheticTensor> parts;
  std::vector<std::uint64_t> offsets;
  std::size_t index = factors.empty() ? 0 : 1;
  for (const FileTensor& tensor : placed) {
    std::uint64_t offset = writer.tensor_offset(index++);
    for (const SyntheticTensor& part : tensor.parts) {
      parts.push_back(part);
      offsets.push_back(offset);
      offset += static_cast<std::uint64_t>(part.bytes());
    }
  }

  ReplacingFile file(path, writer.file_size());
  file.write(0, writer.header());
  if (!factors.empty()) {
    file.write(writer.tensor_offset(0), std::as_bytes(std::span(factors)));
  }
  for_each_row_range(rows_of(parts), kPieceBytes, threads, [&]() -> RowWorker {
    return [&, scratch = std::vector<float>{},
            buffer = std::vector<std::byte>{}](const RowRange& range) mutable {
      const SyntheticTensor& part = parts[range.tensor];
      buffer.resize(static_cast<std::size_t>(range.count * part.row_bytes()));
      part.fill(range.first, range.count, buffer, scratch);
      file.write(offsets[range.tensor] + static_cast<std::uint64_t>(range.first * part.row_bytes()),
                 buffer);
    };
  });
  file.commit();
}

}  // namespace ridgepoint
