#include "workloads/formats/write_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "workloads/error.h"
#include "workloads/formats/gguf_architecture.h"
#include "workloads/formats/gguf_writer.h"
#include "workloads/formats/owned_bytes.h"
#include "workloads/formats/replacing_file.h"
#include "workloads/tensor/convert.h"

namespace ridgepoint {

namespace {

constexpr std::string_view kFileTypeKey = "general.file_type";
constexpr std::string_view kQuantisationKey = "general.quantization_version";
constexpr std::uint32_t kQuantisationVersion = 2;

/// A tensor of the file: the bytes of one or several, one after the other.
struct WrittenTensor {
  std::string name;
  Type type;
  Shape shape;
  std::vector<std::span<const std::byte>> pieces;
};

/// Collects what the file will hold.
class Layout {
 public:
  explicit Layout(const Model& model) : model_(model) {}

  void add_stored(const GgufTensor& tensor) {
    const TensorView& view = tensor.view;
    tensors_.push_back({std::string(tensor.name), view.type, view.shape, {view.bytes}});
  }
  /// As the model has it.
  void add(const std::string& name) {
    const TensorView& view = model_.weights.at(name);
    check(name, view.type);
    tensors_.push_back({name, view.type, view.shape, {view.bytes}});
  }
  /// Q, K and V below each other under the name of the whole.
  void add_fused(const std::string& whole, const std::array<std::string, 3>& parts) {
    WrittenTensor fused{whole, model_.weights.at(parts[0]).type, {}, {}};
    for (const std::string& part : parts) {
      const TensorView& view = model_.weights.at(part);
      check(part, view.type);
      if (view.type != fused.type) {
        throw Error(
            fmt::format("tensor '{}': GGUF stores it with '{}' as one, and {} is not {}; "
                        "choose one type for both",
                        part, parts[0], name_of(view.type), name_of(fused.type)));
      }
      if (fused.shape.empty()) {
        fused.shape = view.shape;
      } else {
        fused.shape[0] += view.shape[0];
      }
      fused.pieces.push_back(view.bytes);
    }
    tensors_.push_back(std::move(fused));
  }
  /// For what is no matrix, and so of a type without row header.
  void to_f32(WrittenTensor& tensor) {
    if (tensor.type == Type::f32) return;
    const TypeInfo& info = type_info(tensor.type);
    std::vector<std::span<const std::byte>> widened;
    for (const auto piece : tensor.pieces) {
      const auto blocks = piece.size() / static_cast<std::size_t>(info.block_bytes);
      std::vector<float> values(blocks * static_cast<std::size_t>(info.block_elements));
      to_float(tensor.type, piece, values);
      widened.push_back(keep(std::as_bytes(std::span(values))));
    }
    tensor.type = Type::f32;
    tensor.pieces = std::move(widened);
  }
  /// Of each head, row i of the first half and row i of the second half become neighbours.
  void to_adjacent_pairs(WrittenTensor& tensor, std::int64_t head_dim) {
    const auto source = tensor.pieces.at(0);
    const auto rows = static_cast<std::size_t>(tensor.shape.at(0));
    const auto head = static_cast<std::size_t>(head_dim);
    const std::size_t stride = source.size() / rows;
    std::vector<std::byte> reordered(source.size());
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t within = row % head;
      const std::size_t from = row - within + within / 2 + within % 2 * (head / 2);
      std::ranges::copy(source.subspan(from * stride, stride),
                        reordered.begin() + static_cast<std::ptrdiff_t>(row * stride));
    }
    tensor.pieces = {keep(reordered)};
  }
  std::vector<WrittenTensor>& tensors() { return tensors_; }

 private:
  static void check(const std::string& name, Type type) {
    if (type_info(type).gguf_id == kNoGgufId) {
      throw Error(fmt::format("tensor '{}': a GGUF file cannot hold {}; choose another type for it",
                              name, name_of(type)));
    }
  }
  std::span<const std::byte> keep(std::span<const std::byte> bytes) {
    auto& copy = owned_.emplace_back(bytes.size());
    std::ranges::copy(bytes, copy.bytes().begin());
    return copy.bytes();
  }

  const Model& model_;
  std::vector<WrittenTensor> tensors_;
  std::vector<OwnedBytes> owned_;
};

std::array<std::string, 3> parts_of_fused(std::string_view whole) {
  constexpr std::string_view kWhole = ".attn_qkv.";
  const std::size_t at = whole.find(kWhole);
  const std::string_view before = whole.substr(0, at), after = whole.substr(at + kWhole.size());
  return {fmt::format("{}.attn_q.{}", before, after), fmt::format("{}.attn_k.{}", before, after),
          fmt::format("{}.attn_v.{}", before, after)};
}

bool is_fused(std::string_view name) {
  return name.find(".attn_qkv.") != std::string_view::npos;
}

/// The file's own tensors in its own order.
void lay_out_as(const GgufFile& origin, const Model& model, Layout& layout) {
  for (const GgufTensor& tensor : origin.tensors()) {
    const std::string name(tensor.name);
    if (model.weights.contains(name)) {
      layout.add(name);
    } else if (is_fused(name) && model.weights.contains(parts_of_fused(name)[0])) {
      layout.add_fused(name, parts_of_fused(name));
    } else {
      layout.add_stored(tensor);
    }
  }
}

void lay_out_as_converted(const Model& model, Layout& layout) {
  const ModelConfig& config = model.config;
  const bool reorder =
      config.architecture == Architecture::llama && config.rope_pairing == RopePairing::halves;
  for (const TensorPlan& plan : tensor_plan(config)) {
    const std::string whole = fused_name(plan.name, config.architecture);
    const bool query = plan.name.find(".attn_q.") != std::string::npos;
    const bool key = plan.name.find(".attn_k.") != std::string::npos;
    if (whole.empty()) {
      layout.add(plan.name);
    } else if (query) {
      layout.add_fused(whole, parts_of_fused(whole));
    } else {
      continue;
    }
    WrittenTensor& tensor = layout.tensors().back();
    if (!plan.matrix) layout.to_f32(tensor);
    if (reorder && (query || key)) layout.to_adjacent_pairs(tensor, config.head_dim);
  }
}

void copy_metadata(const GgufFile& origin, ModelType type, GgufWriter& writer) {
  for (const GgufEntry& entry : origin.metadata()) {
    const bool ours = entry.key == kGgufAlignmentKey || entry.key == kFileTypeKey ||
                      entry.key == kQuantisationKey;
    if (!ours) writer.add_stored(entry.key, entry.type, entry.value);
  }
  writer.add_u32(kFileTypeKey, type.gguf_file_type());
  writer.add_u32(kQuantisationKey, kQuantisationVersion);
}

void compose_metadata(const Model& model, ModelType type, const AddMetadata& add_tokeniser,
                      GgufWriter& writer) {
  ModelConfig config = model.config;
  // What lies in halves is put into pairs.
  if (config.architecture == Architecture::llama) config.rope_pairing = RopePairing::adjacent;
  write_gguf_config(config, type, writer);
  add_tokeniser(writer);
  if (model.synthetic) {
    writer.add_boolean(kSyntheticKey, true);
    writer.add_u64(kSeedKey, model.seed);
  }
}

}  // namespace

void write_no_vocabulary(GgufWriter& writer) {
  writer.add_text("tokenizer.ggml.model", "no_vocab");
}

void write_gguf_model(const Model& model, ModelType type, const GgufFile* origin,
                      const std::filesystem::path& path, const AddMetadata& add_tokeniser) {
  Layout layout(model);
  GgufWriter writer;
  std::vector<float> factors;
  if (origin != nullptr) {
    lay_out_as(*origin, model, layout);
    copy_metadata(*origin, type, writer);
  } else {
    lay_out_as_converted(model, layout);
    compose_metadata(model, type, add_tokeniser, writer);
    for (const double factor : model.config.rope_frequency_factors) {
      factors.push_back(static_cast<float>(factor));
    }
    if (!factors.empty()) {
      layout.tensors().insert(layout.tensors().begin(),
                              {std::string(kRopeFactorsTensor),
                               Type::f32,
                               {static_cast<std::int64_t>(factors.size())},
                               {std::as_bytes(std::span(factors))}});
    }
  }
  for (const WrittenTensor& tensor : layout.tensors()) {
    writer.add_tensor(tensor.name, tensor.type, tensor.shape);
  }
  ReplacingFile file(path, writer.file_size());
  file.write(0, writer.header());
  for (std::size_t i = 0; i < layout.tensors().size(); ++i) {
    std::uint64_t offset = writer.tensor_offset(i);
    for (const auto piece : layout.tensors()[i].pieces) {
      file.write(offset, piece);
      offset += piece.size();
    }
  }
  file.commit();
}

}  // namespace ridgepoint
