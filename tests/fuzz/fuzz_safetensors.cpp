// A file's bytes through the safetensors reader, and as the weights of the smallest llama and
// GPT-2. Nothing but Error may come out.
#include <cstddef>
#include <cstdint>
#include <span>

#include "workloads/error.h"
#include "workloads/formats/hugging_face_config.h"
#include "workloads/formats/hugging_face_model.h"
#include "workloads/formats/safetensors_reader.h"

namespace {

volatile unsigned sink;

void look_at(std::span<const std::byte> bytes) {
  if (!bytes.empty()) {
    sink = static_cast<unsigned>(bytes.front()) + static_cast<unsigned>(bytes.back());
  }
}

void make_model(const ridgepoint::ModelConfig& config, const ridgepoint::SafetensorsFile& file) {
  try {
    const auto model = ridgepoint::hugging_face_model(config, std::span(&file, 1), "fuzz");
    for (const auto& [name, view] : model.weights) {
      look_at(view.row(view.rows() - 1));
    }
    sink = static_cast<unsigned>(ridgepoint::fingerprint(model).size());
  } catch (const ridgepoint::Error&) {
  }
}

const ridgepoint::ModelConfig kLlama = ridgepoint::parse_hugging_face_config(
    R"({"model_type":"llama","hidden_size":4,"num_hidden_layers":1,"num_attention_heads":2,
        "num_key_value_heads":1,"intermediate_size":2,"max_position_embeddings":8,
        "rms_norm_eps":1e-5,"vocab_size":3,"tie_word_embeddings":true})",
    "llama");
const ridgepoint::ModelConfig kGpt2 = ridgepoint::parse_hugging_face_config(
    R"({"model_type":"gpt2","n_embd":2,"n_head":1,"n_layer":1,"n_positions":2,"n_inner":3,
        "vocab_size":3})",
    "gpt2");

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto file =
        ridgepoint::SafetensorsFile::parse(std::as_bytes(std::span(data, size)), "fuzz");
    for (const auto& tensor : file.tensors()) {
      look_at(tensor.bytes);
    }
    make_model(kLlama, file);
    make_model(kGpt2, file);
  } catch (const ridgepoint::Error&) {
  }
  return 0;
}
