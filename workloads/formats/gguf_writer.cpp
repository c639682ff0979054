#include "workloads/formats/gguf_writer.h"

#include <bit>
#include <cstring>
#include <stdexcept>

namespace ridgepoint {

namespace {

static_assert(std::endian::native == std::endian::little, "GGUF is written as it lies in memory");

std::uint64_t aligned(std::uint64_t size) {
  return (size + kGgufDefaultAlignment - 1) / kGgufDefaultAlignment * kGgufDefaultAlignment;
}

void append_bytes(std::vector<std::byte>& to, const void* from, std::size_t size) {
  const std::size_t at = to.size();
  if (size == 0) return;
  to.resize(at + size);
  std::memcpy(to.data() + at, from, size);
}

template <typename T>
void append(std::vector<std::byte>& to, T value) {
  append_bytes(to, &value, sizeof value);
}

void append_text(std::vector<std::byte>& to, std::string_view text) {
  append(to, static_cast<std::uint64_t>(text.size()));
  append_bytes(to, text.data(), text.size());
}

// Magic, version, tensor count, metadata count.
constexpr std::uint64_t kPreambleBytes = 4 + 4 + 8 + 8;

}  // namespace

void GgufWriter::add_key(std::string_view key, GgufValueType type) {
  append_text(metadata_, key);
  append(metadata_, static_cast<std::uint32_t>(type));
  ++metadata_count_;
}

void GgufWriter::add_text(std::string_view key, std::string_view value) {
  add_key(key, GgufValueType::text);
  append_text(metadata_, value);
}

void GgufWriter::add_u32(std::string_view key, std::uint32_t value) {
  add_key(key, GgufValueType::u32);
  append(metadata_, value);
}

void GgufWriter::add_u64(std::string_view key, std::uint64_t value) {
  add_key(key, GgufValueType::u64);
  append(metadata_, value);
}

void GgufWriter::add_f32(std::string_view key, float value) {
  add_key(key, GgufValueType::f32);
  append(metadata_, value);
}

void GgufWriter::add_boolean(std::string_view key, bool value) {
  add_key(key, GgufValueType::boolean);
  append(metadata_, static_cast<std::uint8_t>(value ? 1 : 0));
}

void GgufWriter::add_array(std::string_view key, GgufValueType of, std::size_t count) {
  add_key(key, GgufValueType::array);
  append(metadata_, static_cast<std::uint32_t>(of));
  append(metadata_, static_cast<std::uint64_t>(count));
}

void GgufWriter::add_texts(std::string_view key, std::span<const std::string> values) {
  add_array(key, GgufValueType::text, values.size());
  for (const std::string& value : values) append_text(metadata_, value);
}

void GgufWriter::add_i32s(std::string_view key, std::span<const std::int32_t> values) {
  add_array(key, GgufValueType::i32, values.size());
  append_bytes(metadata_, values.data(), values.size_bytes());
}

void GgufWriter::add_f32s(std::string_view key, std::span<const float> values) {
  add_array(key, GgufValueType::f32, values.size());
  append_bytes(metadata_, values.data(), values.size_bytes());
}

void GgufWriter::add_stored(std::string_view key, GgufValueType type,
                            std::span<const std::byte> value) {
  add_key(key, type);
  append_bytes(metadata_, value.data(), value.size());
}

void GgufWriter::add_tensor(std::string_view name, Type type, const Shape& shape) {
  if (name.empty() || name.size() > kGgufLongestTensorName) {
    throw std::logic_error("a GGUF tensor name must have 1 to 64 characters: " + std::string(name));
  }
  tensors_.push_back({std::string(name), type, shape, data_bytes_});
  tensor_info_bytes_ += 8 + name.size() + 4 + 8 * shape.size() + 4 + 8;
  data_bytes_ += aligned(static_cast<std::uint64_t>(byte_count(type, shape)));
}

std::vector<std::byte> GgufWriter::header() const {
  std::vector<std::byte> bytes;
  append_bytes(bytes, kGgufMagic.data(), kGgufMagic.size());
  append(bytes, kGgufVersion);
  append(bytes, static_cast<std::uint64_t>(tensors_.size()));
  append(bytes, metadata_count_);
  append_bytes(bytes, metadata_.data(), metadata_.size());
  for (const Placed& tensor : tensors_) {
    append_text(bytes, tensor.name);
    append(bytes, static_cast<std::uint32_t>(tensor.shape.size()));
    for (auto dimension = tensor.shape.rbegin(); dimension != tensor.shape.rend(); ++dimension) {
      append(bytes, static_cast<std::uint64_t>(*dimension));
    }
    append(bytes, type_info(tensor.type).gguf_id);
    append(bytes, tensor.relative_offset);
  }
  bytes.resize(static_cast<std::size_t>(aligned(bytes.size())));
  return bytes;
}

std::uint64_t GgufWriter::tensor_offset(std::size_t index) const {
  return file_size() - data_bytes_ + tensors_.at(index).relative_offset;
}

std::uint64_t GgufWriter::file_size() const {
  return aligned(kPreambleBytes + metadata_.size() + tensor_info_bytes_) + data_bytes_;
}

}  // namespace ridgepoint
