// Composes GGUF files for tests, good and bad: independent of the writer under test, and willing to
// write what no writer should.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ridgepoint {

class GgufBytes {
 public:
  std::uint32_t version = 3;
  std::uint64_t alignment = 32;
  std::string magic = "GGUF";

  template <typename T>
  GgufBytes& entry(std::string_view key, std::uint32_t type, T value) {
    begin_entry(key, type);
    append(metadata_, value);
    return *this;
  }
  GgufBytes& u32(std::string_view key, std::uint32_t value) { return entry(key, 4, value); }
  GgufBytes& f32(std::string_view key, float value) { return entry(key, 6, value); }
  GgufBytes& text(std::string_view key, std::string_view value) {
    begin_entry(key, 8);
    append_text(metadata_, value);
    return *this;
  }
  /// An entry whose value is these bytes, whatever they are.
  GgufBytes& raw(std::string_view key, std::uint32_t type, std::string_view value) {
    begin_entry(key, type);
    metadata_ += value;
    return *this;
  }

  struct Tensor {
    std::string name;
    std::vector<std::uint64_t> dimensions;  ///< innermost first, as stored
    std::uint32_t type;
    std::uint64_t offset;
  };
  /// A tensor of `size` bytes after those before it.
  GgufBytes& tensor(std::string name, std::vector<std::uint64_t> dimensions, std::uint32_t type,
                    std::uint64_t size) {
    tensors.push_back({std::move(name), std::move(dimensions), type, data_size});
    data_size = (data_size + size + alignment - 1) / alignment * alignment;
    return *this;
  }
  GgufBytes& f32_tensor(std::string name, std::vector<std::uint64_t> dimensions) {
    std::uint64_t size = 4;
    for (const std::uint64_t dimension : dimensions) {
      size *= dimension;
    }
    return tensor(std::move(name), std::move(dimensions), 0, size);
  }

  std::vector<Tensor> tensors;
  std::uint64_t data_size = 0;
  std::uint64_t extra_tensors = 0;  ///< that the header claims and nobody described
  std::uint64_t extra_entries = 0;

  /// Where the metadata begins, and where tensor `index` is described.
  static constexpr std::size_t kMetadataOffset = 24;
  [[nodiscard]] std::size_t info_offset(std::size_t index) const {
    std::size_t offset = kMetadataOffset + metadata_.size();
    for (std::size_t i = 0; i < index; ++i) {
      offset += 8 + tensors[i].name.size() + 4 + 8 * tensors[i].dimensions.size() + 4 + 8;
    }
    return offset;
  }

  [[nodiscard]] std::vector<std::byte> build() const {
    std::string file = magic;
    append(file, version);
    append(file, static_cast<std::uint64_t>(tensors.size()) + extra_tensors);
    append(file, entries_ + extra_entries);
    file += metadata_;
    for (const Tensor& tensor : tensors) {
      append_text(file, tensor.name);
      append(file, static_cast<std::uint32_t>(tensor.dimensions.size()));
      for (const std::uint64_t dimension : tensor.dimensions) {
        append(file, dimension);
      }
      append(file, tensor.type);
      append(file, tensor.offset);
    }
    if (alignment != 0) {
      file.resize((file.size() + alignment - 1) / alignment * alignment);
    }
    file.resize(file.size() + data_size);
    const auto bytes = std::as_bytes(std::span(file));
    return {bytes.begin(), bytes.end()};
  }

  template <typename T>
  static void append(std::string& to, T value) {
    to.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  static void append_text(std::string& to, std::string_view text) {
    append(to, static_cast<std::uint64_t>(text.size()));
    to += text;
  }

 private:
  void begin_entry(std::string_view key, std::uint32_t type) {
    append_text(metadata_, key);
    append(metadata_, type);
    ++entries_;
  }
  std::string metadata_;
  std::uint64_t entries_ = 0;
};

/// The smallest whole model: one layer of a llama with two heads of two elements.
inline GgufBytes small_llama() {
  GgufBytes file;
  file.text("general.architecture", "llama");
  file.text("general.name", "small");
  file.u32("llama.block_count", 1);
  file.u32("llama.context_length", 16);
  file.u32("llama.embedding_length", 4);
  file.u32("llama.feed_forward_length", 6);
  file.u32("llama.attention.head_count", 2);
  file.u32("llama.attention.head_count_kv", 1);
  file.f32("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  file.f32("llama.rope.freq_base", 10000.0F);
  file.f32_tensor("token_embd.weight", {4, 8});
  file.f32_tensor("blk.0.attn_norm.weight", {4});
  file.f32_tensor("blk.0.attn_q.weight", {4, 4});
  file.f32_tensor("blk.0.attn_k.weight", {4, 2});
  file.f32_tensor("blk.0.attn_v.weight", {4, 2});
  file.f32_tensor("blk.0.attn_output.weight", {4, 4});
  file.f32_tensor("blk.0.ffn_norm.weight", {4});
  file.f32_tensor("blk.0.ffn_gate.weight", {4, 6});
  file.f32_tensor("blk.0.ffn_up.weight", {4, 6});
  file.f32_tensor("blk.0.ffn_down.weight", {6, 4});
  file.f32_tensor("output_norm.weight", {4});
  file.f32_tensor("output.weight", {4, 8});
  return file;
}

}  // namespace ridgepoint
