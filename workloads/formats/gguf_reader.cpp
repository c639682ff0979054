#include "workloads/formats/gguf_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <numeric>

#include "workloads/error.h"
#include "workloads/formats/format_error.h"

namespace ridgepoint {

namespace {

static_assert(std::endian::native == std::endian::little, "GGUF is read in place");

// More than any model has, and little enough to bound what a hostile header can make us allocate.
constexpr std::uint64_t kMostTensors = 1'000'000;
constexpr std::uint64_t kMostEntries = 100'000;
constexpr std::uint64_t kLongestKey = 65535;
constexpr std::uint32_t kMostDimensions = 4;
constexpr int kDeepestArray = 4;
constexpr std::uint64_t kLargestAlignment = std::uint64_t{1} << 30;
constexpr std::string_view kMakeAgain = "make the file again with a current converter";

/// Bytes of a value of fixed size, 0 for strings and arrays.
std::size_t fixed_size(GgufValueType type) {
  switch (type) {
    case GgufValueType::u8:
    case GgufValueType::i8:
    case GgufValueType::boolean:
      return 1;
    case GgufValueType::u16:
    case GgufValueType::i16:
      return 2;
    case GgufValueType::u32:
    case GgufValueType::i32:
    case GgufValueType::f32:
      return 4;
    case GgufValueType::u64:
    case GgufValueType::i64:
    case GgufValueType::f64:
      return 8;
    case GgufValueType::text:
    case GgufValueType::array:
      break;
  }
  return 0;
}

/// Names of the ggml types that are not read here, for the error line.
std::string_view foreign_type_name(std::uint32_t id) {
  constexpr std::array<std::string_view, 40> kNames{
      "f32",     "f16",    "q4_0",    "q4_1",  "",       "",      "q5_0",  "q5_1",
      "q8_0",    "q8_1",   "q2_K",    "q3_K",  "q4_K",   "q5_K",  "q6_K",  "q8_K",
      "iq2_xxs", "iq2_xs", "iq3_xxs", "iq1_s", "iq4_nl", "iq3_s", "iq2_s", "iq4_xs",
      "i8",      "i16",    "i32",     "i64",   "f64",    "iq1_m", "bf16",  "",
      "",        "",       "tq1_0",   "tq2_0", "",       "",      "",      "mxfp4"};
  return id < kNames.size() ? kNames[id] : std::string_view{};
}

/// A cursor that cannot leave the file.
class Cursor {
 public:
  Cursor(std::span<const std::byte> bytes, std::string_view origin)
      : bytes_(bytes), origin_(origin) {}

  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - offset_; }

  std::span<const std::byte> take(std::uint64_t size, std::string_view what) {
    if (size > remaining()) {
      fail(fmt::format("{} takes {} bytes and {} are left", what, size, remaining()));
    }
    const auto taken = bytes_.subspan(offset_, static_cast<std::size_t>(size));
    offset_ += taken.size();
    return taken;
  }
  template <typename T>
  T number(std::string_view what) {
    T value;
    std::memcpy(&value, take(sizeof value, what).data(), sizeof value);
    return value;
  }
  std::string_view text(std::string_view what) {
    const auto length = number<std::uint64_t>(what);
    const auto characters = take(length, what);
    return {reinterpret_cast<const char*>(characters.data()), characters.size()};
  }
  [[nodiscard]] std::span<const std::byte> since(std::size_t start) const {
    return bytes_.subspan(start, offset_ - start);
  }
  [[noreturn]] void fail(std::string_view what, std::string_view remedy = kDamagedFile) const {
    fail_from(offset_, what, remedy);
  }
  [[noreturn]] void fail_from(std::size_t start, std::string_view what,
                              std::string_view remedy = kDamagedFile) const {
    fail_at(origin_, start, what, remedy);
  }

 private:
  std::span<const std::byte> bytes_;
  std::string_view origin_;
  std::size_t offset_ = 0;
};

GgufValueType read_value_type(Cursor& cursor, std::string_view key) {
  const std::size_t start = cursor.offset();
  const auto type = cursor.number<std::uint32_t>("the type of a value");
  if (type > static_cast<std::uint32_t>(GgufValueType::f64)) {
    cursor.fail_from(start,
                     fmt::format("the value of {} has the unknown type {}", in_quotes(key), type));
  }
  return static_cast<GgufValueType>(type);
}

void skip_value(Cursor& cursor, GgufValueType type, std::string_view key, int depth);

void skip_array(Cursor& cursor, std::string_view key, int depth) {
  if (depth > kDeepestArray) {
    cursor.fail(
        fmt::format("the arrays in {} are nested more than {} deep", in_quotes(key), kDeepestArray),
        "remove the key from the file");
  }
  const GgufValueType element = read_value_type(cursor, key);
  const std::size_t start = cursor.offset();
  const auto count = cursor.number<std::uint64_t>("the length of an array");
  const std::size_t size = fixed_size(element);
  // The least that an element can take: its bytes, a string's length, or an array's type and
  // length.
  const std::size_t least = size != 0 ? size : element == GgufValueType::text ? 8 : 12;
  if (count > cursor.remaining() / least) {
    cursor.fail_from(
        start, fmt::format("the array in {} says it has {} elements of at least {} bytes, and "
                           "{} bytes are left",
                           in_quotes(key), count, least, cursor.remaining()));
  }
  if (size != 0) {
    cursor.take(count * size, "an array");
    return;
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    skip_value(cursor, element, key, depth + 1);
  }
}

void skip_value(Cursor& cursor, GgufValueType type, std::string_view key, int depth) {
  if (type == GgufValueType::text) {
    cursor.text("a string");
  } else if (type == GgufValueType::array) {
    skip_array(cursor, key, depth);
  } else {
    cursor.take(fixed_size(type), "a value");
  }
}

GgufEntry read_entry(Cursor& cursor) {
  GgufEntry entry;
  const std::size_t start = cursor.offset();
  entry.key = cursor.text("a key");
  if (entry.key.empty() || entry.key.size() > kLongestKey) {
    cursor.fail_from(start, fmt::format("a key has {} characters, and 1 to {} are allowed",
                                        entry.key.size(), kLongestKey));
  }
  entry.type = read_value_type(cursor, entry.key);
  entry.offset = cursor.offset();
  skip_value(cursor, entry.type, entry.key, 1);
  entry.value = cursor.since(static_cast<std::size_t>(entry.offset));
  return entry;
}

Shape read_shape(Cursor& cursor, std::string_view tensor) {
  std::size_t start = cursor.offset();
  const auto dimensions = cursor.number<std::uint32_t>("the number of dimensions");
  if (dimensions == 0 || dimensions > kMostDimensions) {
    cursor.fail_from(start, fmt::format("tensor {} has {} dimensions, and 1 to {} are allowed",
                                        in_quotes(tensor), dimensions, kMostDimensions));
  }
  Shape shape(dimensions);
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    start = cursor.offset();
    const auto length = cursor.number<std::uint64_t>("a dimension");
    if (length == 0 ||
        length > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      cursor.fail_from(start, fmt::format("dimension {} of tensor {} is {}", i, in_quotes(tensor),
                                          std::bit_cast<std::int64_t>(length)));
    }
    shape[dimensions - 1 - i] = static_cast<std::int64_t>(length);
  }
  return shape;
}

Type read_tensor_type(Cursor& cursor, std::string_view tensor) {
  const std::size_t start = cursor.offset();
  const auto id = cursor.number<std::uint32_t>("the type of a tensor");
  if (const auto type = find_gguf_type(id)) {
    return *type;
  }
  const std::string_view foreign = foreign_type_name(id);
  if (foreign.empty()) {
    cursor.fail_from(start, fmt::format("tensor {} has the unknown type {}", in_quotes(tensor), id),
                     "the file is damaged or newer than this reader: make it again as q8_0 or f16");
  }
  cursor.fail_from(start,
                   fmt::format("tensor {} has type {}, which is not supported by this version",
                               in_quotes(tensor), foreign),
                   "convert the model to f32, f16, bf16, q8_0, q4_0, q5_0 or Q4_K_M");
}

/// A description as stored: the place of its bytes is not known before all have been read.
struct TensorInfo {
  GgufTensor tensor;
  std::uint64_t relative_offset = 0;
  std::uint64_t size = 0;
};

TensorInfo read_tensor_info(Cursor& cursor) {
  TensorInfo info;
  const std::size_t start = cursor.offset();
  const auto fail_here = [&](const std::string& what) { cursor.fail_from(start, what); };
  info.tensor.info_offset = start;
  info.tensor.name = cursor.text("the name of a tensor");
  if (info.tensor.name.empty() || info.tensor.name.size() > kGgufLongestTensorName) {
    fail_here(fmt::format("the name of a tensor has {} characters, and 1 to {} are allowed",
                          info.tensor.name.size(), kGgufLongestTensorName));
  }
  info.tensor.view.shape = read_shape(cursor, info.tensor.name);
  info.tensor.view.type = read_tensor_type(cursor, info.tensor.name);
  try {
    info.size =
        static_cast<std::uint64_t>(byte_count(info.tensor.view.type, info.tensor.view.shape));
  } catch (const Error& error) {
    fail_here(fmt::format("tensor {} has an impossible size ({})", in_quotes(info.tensor.name),
                          error.what()));
  }
  info.relative_offset = cursor.number<std::uint64_t>("the offset of a tensor");
  return info;
}

template <typename Items, typename Name>
std::vector<std::size_t> order_by(const Items& items, Name name) {
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return name(items[a]) != name(items[b]) ? name(items[a]) < name(items[b]) : a < b;
  });
  return order;
}

template <typename Items, typename Name>
auto find_in(const Items& items, const std::vector<std::size_t>& order, std::string_view wanted,
             Name name) -> decltype(items.data()) {
  const auto found = std::lower_bound(
      order.begin(), order.end(), wanted,
      [&](std::size_t index, std::string_view value) { return name(items[index]) < value; });
  return found != order.end() && name(items[*found]) == wanted ? &items[*found] : nullptr;
}

std::string_view key_of(const GgufEntry& entry) {
  return entry.key;
}
std::string_view name_of_tensor(const GgufTensor& tensor) {
  return tensor.name;
}

void check_magic(Cursor& cursor) {
  if (cursor.remaining() < kGgufMagic.size()) {
    cursor.fail(fmt::format("the file has {} bytes and is no GGUF file", cursor.remaining()));
  }
  const auto magic = cursor.take(kGgufMagic.size(), "the magic number");
  const std::string_view letters{reinterpret_cast<const char*>(magic.data()), magic.size()};
  if (letters != kGgufMagic) {
    cursor.fail_from(
        0, fmt::format("not a GGUF file: it begins with {} instead of 'GGUF'", in_quotes(letters)),
        "name a GGUF file, or a directory with config.json and safetensors");
  }
}

std::uint32_t read_version(Cursor& cursor) {
  const std::size_t start = cursor.offset();
  const auto version = cursor.number<std::uint32_t>("the version");
  if (version != 0 && (version & 0xffffU) == 0) {
    cursor.fail_from(start, "the file is big-endian GGUF, which is not supported",
                     "convert the model again for a little-endian machine");
  }
  if (version < 2 || version > kGgufVersion) {
    cursor.fail_from(
        start,
        fmt::format("GGUF version {} is not supported, only 2 and {} are", version, kGgufVersion),
        kMakeAgain);
  }
  return version;
}

std::uint64_t read_count(Cursor& cursor, std::string_view what, std::size_t least_bytes,
                         std::uint64_t most) {
  const std::size_t start = cursor.offset();
  const auto count = cursor.number<std::uint64_t>("a count");
  if (count > most) {
    cursor.fail_from(
        start, fmt::format("the header says {} {}, and at most {} are allowed", count, what, most));
  }
  if (count > cursor.remaining() / least_bytes) {
    cursor.fail_from(start,
                     fmt::format("the header says {} {}, which do not fit the {} bytes that follow",
                                 count, what, cursor.remaining()));
  }
  return count;
}

double shortest_decimal(float value) {
  std::array<char, 64> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  double result = 0;
  std::from_chars(digits.data(), written.ptr, result);
  return result;
}

template <typename T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

std::optional<std::int64_t> as_integer(GgufValueType type, const std::byte* from) {
  switch (type) {
    case GgufValueType::u8:
      return load<std::uint8_t>(from);
    case GgufValueType::i8:
      return load<std::int8_t>(from);
    case GgufValueType::u16:
      return load<std::uint16_t>(from);
    case GgufValueType::i16:
      return load<std::int16_t>(from);
    case GgufValueType::u32:
      return load<std::uint32_t>(from);
    case GgufValueType::i32:
      return load<std::int32_t>(from);
    case GgufValueType::i64:
      return load<std::int64_t>(from);
    case GgufValueType::u64:
      if (const auto value = load<std::uint64_t>(from);
          value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return static_cast<std::int64_t>(value);
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::string describe_fixed(GgufValueType type, const std::byte* from) {
  switch (type) {
    case GgufValueType::boolean:
      return load<std::uint8_t>(from) != 0 ? "true" : "false";
    case GgufValueType::f32:
      return fmt::format("{}", load<float>(from));
    case GgufValueType::f64:
      return fmt::format("{}", load<double>(from));
    case GgufValueType::u64:
      return fmt::format("{}", load<std::uint64_t>(from));
    default:
      return fmt::format("{}", as_integer(type, from).value_or(0));
  }
}

/// `value` was checked when the file was parsed.
std::string describe_array(std::span<const std::byte> value) {
  constexpr std::uint64_t kShown = 3;
  const auto element = static_cast<GgufValueType>(load<std::uint32_t>(value.data()));
  const auto count = load<std::uint64_t>(value.data() + 4);
  std::string text = "[";
  std::size_t at = 12;
  for (std::uint64_t i = 0; i < std::min(count, kShown) && element != GgufValueType::array; ++i) {
    if (element == GgufValueType::text) {
      const auto length = static_cast<std::size_t>(load<std::uint64_t>(value.data() + at));
      text += in_quotes({reinterpret_cast<const char*>(value.data()) + at + 8, length});
      at += 8 + length;
    } else {
      text += describe_fixed(element, value.data() + at);
      at += fixed_size(element);
    }
    text += ", ";
  }
  if (count <= kShown && element != GgufValueType::array) {
    return text.substr(0, text.size() - (count > 0 ? 2 : 0)) + "]";
  }
  return text + fmt::format("... {} {}]", count, name_of(element));
}

}  // namespace

std::string_view name_of(GgufValueType type) {
  constexpr std::array<std::string_view, 13> kNames{"u8",  "i8",  "u16",  "i16",    "u32",
                                                    "i32", "f32", "bool", "string", "array",
                                                    "u64", "i64", "f64"};
  return kNames.at(static_cast<std::size_t>(type));
}

GgufFile GgufFile::parse(std::span<const std::byte> bytes, std::string origin) {
  GgufFile file;
  file.origin_ = std::move(origin);
  Cursor cursor(bytes, file.origin_);
  check_magic(cursor);
  file.version_ = read_version(cursor);
  const auto tensor_count = read_count(cursor, "tensors", 33, kMostTensors);
  const auto entry_count = read_count(cursor, "metadata keys", 14, kMostEntries);

  for (std::uint64_t i = 0; i < entry_count; ++i) {
    file.metadata_.push_back(read_entry(cursor));
  }
  file.metadata_by_key_ = order_by(file.metadata_, key_of);
  for (std::size_t i = 1; i < file.metadata_by_key_.size(); ++i) {
    const GgufEntry& entry = file.metadata_[file.metadata_by_key_[i]];
    if (entry.key == file.metadata_[file.metadata_by_key_[i - 1]].key) {
      fail_at(file.origin_, entry.offset,
              fmt::format("the key {} is there twice", in_quotes(entry.key)), kMakeAgain);
    }
  }
  if (const GgufEntry* entry = file.find(kGgufAlignmentKey)) {
    const auto alignment = file.unsigned_integer(kGgufAlignmentKey).value_or(0);
    if (!std::has_single_bit(alignment) || alignment > kLargestAlignment) {
      fail_at(file.origin_, entry->offset,
              fmt::format("the alignment is {}, which is not a power of two up to {}", alignment,
                          kLargestAlignment));
    }
    file.alignment_ = alignment;
  }

  file.tensor_table_offset_ = cursor.offset();
  std::vector<TensorInfo> infos;
  for (std::uint64_t i = 0; i < tensor_count; ++i) {
    infos.push_back(read_tensor_info(cursor));
  }
  // No overflow: the cursor is inside the file and the alignment at most 2^30.
  file.data_offset_ = (cursor.offset() + file.alignment_ - 1) / file.alignment_ * file.alignment_;

  for (TensorInfo& info : infos) {
    GgufTensor& tensor = info.tensor;
    if (info.relative_offset % file.alignment_ != 0) {
      fail_at(file.origin_, tensor.info_offset,
              fmt::format("tensor {} is at offset {}, which is not a multiple of the alignment {}",
                          in_quotes(tensor.name), info.relative_offset, file.alignment_));
    }
    if (__builtin_add_overflow(file.data_offset_, info.relative_offset, &tensor.data_offset) ||
        tensor.data_offset > bytes.size() || info.size > bytes.size() - tensor.data_offset) {
      fail_at(file.origin_, tensor.info_offset,
              fmt::format("tensor {} has {} bytes at offset {} of the data, which begin at byte {} "
                          "of a file of {} bytes",
                          in_quotes(tensor.name), info.size, info.relative_offset,
                          file.data_offset_, bytes.size()));
    }
    tensor.view.bytes = bytes.subspan(static_cast<std::size_t>(tensor.data_offset),
                                      static_cast<std::size_t>(info.size));
    file.tensors_.push_back(std::move(tensor));
  }

  file.tensors_by_name_ = order_by(file.tensors_, name_of_tensor);
  for (std::size_t i = 1; i < file.tensors_by_name_.size(); ++i) {
    const GgufTensor& tensor = file.tensors_[file.tensors_by_name_[i]];
    if (tensor.name == file.tensors_[file.tensors_by_name_[i - 1]].name) {
      fail_at(file.origin_, tensor.info_offset,
              fmt::format("tensor {} is there twice", in_quotes(tensor.name)), kMakeAgain);
    }
  }
  const auto by_place =
      order_by(file.tensors_, [](const GgufTensor& tensor) { return tensor.data_offset; });
  for (std::size_t i = 1; i < by_place.size(); ++i) {
    const GgufTensor& before = file.tensors_[by_place[i - 1]];
    const GgufTensor& tensor = file.tensors_[by_place[i]];
    if (tensor.data_offset - before.data_offset < before.view.bytes.size()) {
      fail_at(file.origin_, tensor.info_offset,
              fmt::format("tensor {} begins at byte {}, inside tensor {}", in_quotes(tensor.name),
                          tensor.data_offset, in_quotes(before.name)));
    }
  }
  return file;
}

const GgufEntry* GgufFile::find(std::string_view key) const {
  return find_in(metadata_, metadata_by_key_, key, key_of);
}

const GgufTensor* GgufFile::find_tensor(std::string_view name) const {
  return find_in(tensors_, tensors_by_name_, name, name_of_tensor);
}

std::optional<std::int64_t> GgufFile::integer(std::string_view key) const {
  const GgufEntry* entry = find(key);
  if (entry == nullptr) {
    return std::nullopt;
  }
  const auto value = as_integer(entry->type, entry->value.data());
  if (!value) {
    fail_type(*entry, "a whole number below 2^63");
  }
  return value;
}

std::vector<std::int64_t> GgufFile::integers(std::string_view key) const {
  const GgufEntry* entry = find(key);
  if (entry == nullptr) return {};
  if (entry->type != GgufValueType::array) return {*integer(key)};
  const auto element = static_cast<GgufValueType>(load<std::uint32_t>(entry->value.data()));
  const auto count = load<std::uint64_t>(entry->value.data() + 4);
  std::vector<std::int64_t> values;
  std::size_t at = 12;
  for (std::uint64_t i = 0; i < count; ++i, at += fixed_size(element)) {
    const auto value = as_integer(element, entry->value.data() + at);
    if (!value) fail_type(*entry, "whole numbers below 2^63");
    values.push_back(*value);
  }
  if (values.empty()) fail_type(*entry, "at least one whole number");
  return values;
}

std::optional<std::uint64_t> GgufFile::unsigned_integer(std::string_view key) const {
  const GgufEntry* entry = find(key);
  if (entry == nullptr) {
    return std::nullopt;
  }
  if (entry->type == GgufValueType::u64) {
    return load<std::uint64_t>(entry->value.data());
  }
  const auto value = as_integer(entry->type, entry->value.data());
  if (!value || *value < 0) {
    fail_type(*entry, "a whole number that is not negative");
  }
  return static_cast<std::uint64_t>(*value);
}

std::optional<double> GgufFile::real(std::string_view key) const {
  const GgufEntry* entry = find(key);
  if (entry == nullptr) {
    return std::nullopt;
  }
  if (entry->type == GgufValueType::f32) {
    return shortest_decimal(load<float>(entry->value.data()));
  }
  if (entry->type == GgufValueType::f64) {
    return load<double>(entry->value.data());
  }
  fail_type(*entry, "f32 or f64");
}

std::optional<bool> GgufFile::boolean(std::string_view key) const {
  const GgufEntry* entry = find(key);
  if (entry == nullptr) {
    return std::nullopt;
  }
  if (entry->type != GgufValueType::boolean) {
    fail_type(*entry, "bool");
  }
  return load<std::uint8_t>(entry->value.data()) != 0;
}

std::optional<std::string_view> GgufFile::text(std::string_view key) const {
  const GgufEntry* entry = find(key);
  if (entry == nullptr) {
    return std::nullopt;
  }
  if (entry->type != GgufValueType::text) {
    fail_type(*entry, "string");
  }
  return std::string_view{reinterpret_cast<const char*>(entry->value.data()) + 8,
                          entry->value.size() - 8};
}

void GgufFile::fail_type(const GgufEntry& entry, std::string_view wanted) const {
  fail_at(origin_, entry.offset,
          fmt::format("{} is {} ({}) where {} is needed", in_quotes(entry.key), describe(entry),
                      name_of(entry.type), wanted),
          kMakeAgain);
}

std::string describe(const GgufEntry& entry) {
  if (entry.type == GgufValueType::text) {
    return in_quotes(
        {reinterpret_cast<const char*>(entry.value.data()) + 8, entry.value.size() - 8});
  }
  if (entry.type == GgufValueType::array) {
    return describe_array(entry.value);
  }
  return describe_fixed(entry.type, entry.value.data());
}

}  // namespace ridgepoint
