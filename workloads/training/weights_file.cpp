#include "workloads/training/weights_file.h"

#include <torch/torch.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "workloads/training/architecture.h"

namespace ridgepoint::training {
namespace {

constexpr std::int64_t kElementBytes = 2;
constexpr std::size_t kHeaderAlignment = 8;

// The JSON header: shapes and byte ranges, in storage order, padded with blanks.
std::string header_json() {
  std::ostringstream json;
  json << R"({"__metadata__":{"format":"pt"})";
  std::int64_t start_bytes = 0;
  for (const auto& spec : tensor_specs()) {
    const std::int64_t end_bytes = start_bytes + spec.elements() * kElementBytes;
    json << ",\"" << spec.name << R"(":{"dtype":"BF16","shape":[)";
    for (std::size_t i = 0; i < spec.shape.size(); ++i) json << (i ? "," : "") << spec.shape[i];
    json << R"(],"data_offsets":[)" << start_bytes << ',' << end_bytes << "]}";
    start_bytes = end_bytes;
  }
  json << '}';
  std::string text = json.str();
  text.resize((text.size() + kHeaderAlignment - 1) / kHeaderAlignment * kHeaderAlignment, ' ');
  return text;
}

// Writes beside the target, then renames, so a reader never meets half a file.
template <typename Write>
void write_atomically(const std::filesystem::path& path, Write write) {
  auto temporary = path;
  temporary += ".partial";
  std::ofstream file(temporary, std::ios::binary);
  write(file);
  file.close();
  if (!file) throw std::runtime_error("cannot write " + temporary.string());
  std::filesystem::rename(temporary, path);
}

}  // namespace

void write_weights(const std::filesystem::path& directory,
                   const std::vector<torch::Tensor>& weights) {
  std::filesystem::create_directories(directory);
  write_atomically(directory / "model.safetensors", [&](std::ofstream& file) {
    const std::string header = header_json();
    const std::uint64_t header_bytes = header.size();
    file.write(reinterpret_cast<const char*>(&header_bytes), sizeof header_bytes);
    file.write(header.data(), static_cast<std::streamsize>(header.size()));
    for (const auto& weight : weights) {
      const auto stored = weight.detach().to(torch::kBFloat16).contiguous();
      file.write(static_cast<const char*>(stored.const_data_ptr()),
                 static_cast<std::streamsize>(stored.nbytes()));
    }
  });
  write_atomically(directory / "config.json", [](std::ofstream& file) { file << config_json(); });
}

std::vector<torch::Tensor> read_weights(const std::filesystem::path& directory) {
  const auto path = directory / "model.safetensors";
  std::ifstream file(path, std::ios::binary);
  // Only this program's own layout is read: its header is a constant.
  const std::string expected = header_json();
  std::uint64_t header_bytes = 0;
  file.read(reinterpret_cast<char*>(&header_bytes), sizeof header_bytes);
  std::string header(expected.size(), '\0');
  if (file && header_bytes == expected.size()) {
    file.read(header.data(), static_cast<std::streamsize>(header.size()));
  }
  if (!file || header != expected) {
    throw std::runtime_error(path.string() + " is not written by this program");
  }
  std::vector<torch::Tensor> weights;
  for (const auto& spec : tensor_specs()) {
    auto weight = torch::empty(spec.shape, torch::kBFloat16);
    file.read(static_cast<char*>(weight.mutable_data_ptr()),
              static_cast<std::streamsize>(weight.nbytes()));
    weights.push_back(weight);
  }
  if (!file) throw std::runtime_error(path.string() + " is cut short");
  return weights;
}

}  // namespace ridgepoint::training
