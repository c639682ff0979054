// A text as config.json and as model.safetensors.index.json. A config that is taken must be one
// that everything after it can compute with. Nothing but Error may come out.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "workloads/error.h"
#include "workloads/formats/hugging_face_config.h"
#include "workloads/models/model.h"

namespace {

volatile std::int64_t sink;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    ridgepoint::ModelConfig config = ridgepoint::parse_hugging_face_config(text, "config.json");
    sink = static_cast<std::int64_t>(ridgepoint::inverse_frequencies(config).size());
    sink = ridgepoint::kv_bytes_per_token(config, ridgepoint::Type::f16);
    // A plan of ten thousand layers is the same layer over and over.
    config.layers = std::min<std::int64_t>(config.layers, 2);
    sink = ridgepoint::parameter_count(config);
  } catch (const ridgepoint::Error&) {
  }
  try {
    sink = static_cast<std::int64_t>(
        ridgepoint::parse_shard_index(text, "model.safetensors.index.json").size());
  } catch (const ridgepoint::Error&) {
  }
  return 0;
}
