#include "workloads/formats/safetensors_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "workloads/error.h"
#include "workloads/formats/format_error.h"
#include "workloads/formats/json_error.h"

namespace ridgepoint {

namespace {

static_assert(std::endian::native == std::endian::little, "safetensors is read in place");

// The limit of the format's own library.
constexpr std::uint64_t kLongestHeader = 100'000'000;
constexpr std::uint64_t kPrefixBytes = 8;
constexpr std::size_t kMostTensorDimensions = 16;
constexpr std::string_view kMetadataKey = "__metadata__";

struct Dtype {
  std::string_view name;
  std::int64_t bytes;
};
constexpr std::array<Dtype, 17> kDtypes{{{"BOOL", 1},
                                         {"U8", 1},
                                         {"I8", 1},
                                         {"F8_E5M2", 1},
                                         {"F8_E4M3", 1},
                                         {"F8_E8M0", 1},
                                         {"I16", 2},
                                         {"U16", 2},
                                         {"F16", 2},
                                         {"BF16", 2},
                                         {"I32", 4},
                                         {"U32", 4},
                                         {"F32", 4},
                                         {"I64", 8},
                                         {"U64", 8},
                                         {"F64", 8},
                                         {"C64", 8}}};

const Dtype* find_dtype(std::string_view name) {
  const auto found = std::find_if(kDtypes.begin(), kDtypes.end(),
                                  [&](const Dtype& dtype) { return dtype.name == name; });
  return found != kDtypes.end() ? &*found : nullptr;
}

/// What the header says about one tensor.
struct Described {
  std::string name;
  std::string dtype;
  Shape shape;
  std::vector<std::uint64_t> data_offsets;
  bool has_dtype = false;
  bool has_shape = false;
  bool has_offsets = false;
};

/// Takes the header's JSON event by event, so that a hostile one cannot make a tree of itself:
/// anything that does not belong into a header ends the parse at once.
class HeaderHandler {
 public:
  HeaderHandler(std::string_view origin, std::string_view header)
      : origin_(origin), header_(header) {}

  std::vector<Described> tensors;
  std::map<std::string, std::string, std::less<>> metadata;

  // The names and signatures from here on are those of nlohmann's SAX interface.
  bool null() { unexpected("null"); }
  bool boolean(bool /*value*/) { unexpected("true or false"); }
  bool number_integer(std::int64_t value) {
    unexpected(fmt::format("the negative number {}", value));
  }
  bool number_unsigned(std::uint64_t value) {
    if (place_ == Place::shape) {
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        unexpected(fmt::format("the dimension {}", value));
      }
      if (current().shape.size() == kMostTensorDimensions) {
        unexpected(fmt::format("more than {} dimensions", kMostTensorDimensions));
      }
      current().shape.push_back(static_cast<std::int64_t>(value));
    } else if (place_ == Place::offsets) {
      if (current().data_offsets.size() == 2) {
        unexpected("a third offset");
      }
      current().data_offsets.push_back(value);
    } else {
      unexpected(fmt::format("the number {}", value));
    }
    return true;
  }
  bool number_float(double /*value*/, const std::string& text) {
    unexpected(fmt::format("the number {}", in_quotes(text)));
  }
  bool string(std::string& value) {
    if (place_ == Place::metadata) {
      metadata[key_] = value;
    } else if (place_ == Place::tensor && key_ == "dtype") {
      current().dtype = value;
      current().has_dtype = true;
    } else {
      unexpected(fmt::format("the string {}", in_quotes(value)));
    }
    return true;
  }
  bool binary(nlohmann::json::binary_t& /*value*/) { unexpected("binary data"); }
  bool start_object(std::size_t /*elements*/) {
    if (place_ == Place::start) {
      place_ = Place::top;
    } else if (place_ == Place::top && key_ == kMetadataKey) {
      place_ = Place::metadata;
    } else if (place_ == Place::top) {
      tensors.emplace_back().name = key_;
      place_ = Place::tensor;
    } else {
      unexpected("an object");
    }
    return true;
  }
  bool key(std::string& value) {
    if (place_ == Place::tensor && value != "dtype" && value != "shape" &&
        value != "data_offsets") {
      unexpected(fmt::format("the key {}", in_quotes(value)));
    }
    key_ = value;
    return true;
  }
  bool end_object() {
    place_ = place_ == Place::top ? Place::end : Place::top;
    return true;
  }
  bool start_array(std::size_t /*elements*/) {
    if (place_ == Place::tensor && key_ == "shape" && !current().has_shape) {
      current().has_shape = true;
      place_ = Place::shape;
    } else if (place_ == Place::tensor && key_ == "data_offsets" && !current().has_offsets) {
      current().has_offsets = true;
      place_ = Place::offsets;
    } else {
      unexpected("an array");
    }
    return true;
  }
  bool end_array() {
    place_ = Place::tensor;
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*last_token*/,
                   const nlohmann::json::exception& error) {
    fail_at(origin_, kPrefixBytes + (position > 0 ? position - 1 : 0),
            "the header is not valid JSON: " + reason_of(error.what()));
  }

 private:
  enum class Place { start, top, metadata, tensor, shape, offsets, end };

  Described& current() { return tensors.back(); }
  [[noreturn]] void unexpected(const std::string& what) {
    const std::string_view tensor =
        tensors.empty() ? std::string_view{} : std::string_view(tensors.back().name);
    const std::string_view near = place_ == Place::top || place_ == Place::metadata ? key_ : tensor;
    fail_at(origin_, kPrefixBytes + offset_of_key(header_, near),
            near.empty() ? fmt::format("the header has {} where it cannot be", what)
                         : fmt::format("the header has {} in or near {}", what, in_quotes(near)));
  }

  std::string_view origin_;
  std::string_view header_;
  Place place_ = Place::start;
  std::string key_;
};

std::string_view read_header(std::span<const std::byte> bytes, std::string_view origin) {
  if (bytes.size() < kPrefixBytes) {
    fail_at(origin, 0,
            fmt::format("the file has {} bytes, and the length of the header alone takes {}",
                        bytes.size(), kPrefixBytes));
  }
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > kLongestHeader || length > bytes.size() - kPrefixBytes) {
    fail_at(
        origin, 0,
        fmt::format("the header is said to have {} bytes in a file of {}", length, bytes.size()),
        "the file is cut short or no safetensors file: copy it again");
  }
  const auto header = bytes.subspan(kPrefixBytes, static_cast<std::size_t>(length));
  return {reinterpret_cast<const char*>(header.data()), header.size()};
}

}  // namespace

SafetensorsFile SafetensorsFile::parse(std::span<const std::byte> bytes, std::string origin) {
  SafetensorsFile file;
  file.origin_ = std::move(origin);
  file.header_ = read_header(bytes, file.origin_);
  HeaderHandler handler(file.origin_, file.header_);
  nlohmann::json::sax_parse(file.header_, &handler);

  const std::uint64_t data_begin = kPrefixBytes + file.header_.size();
  const std::uint64_t data_size = bytes.size() - data_begin;
  const auto fail = [&](const std::string& name, const std::string& what) {
    fail_at(file.origin_, file.name_offset(name),
            fmt::format("tensor {} {}", in_quotes(name), what));
  };
  file.metadata_ = std::move(handler.metadata);
  for (Described& described : handler.tensors) {
    if (!described.has_dtype || !described.has_shape || described.data_offsets.size() != 2) {
      fail(described.name, "has no dtype, shape or pair of data_offsets");
    }
    const Dtype* dtype = find_dtype(described.dtype);
    if (dtype == nullptr) {
      fail(described.name, "has the unknown dtype " + in_quotes(described.dtype));
    }
    const std::uint64_t begin = described.data_offsets[0];
    const std::uint64_t end = described.data_offsets[1];
    if (begin > end || end > data_size) {
      fail(described.name,
           fmt::format("is said to be at {} to {} of {} data bytes", begin, end, data_size));
    }
    std::int64_t size = 0;
    try {
      if (__builtin_mul_overflow(element_count(described.shape), dtype->bytes, &size)) {
        throw Error("more bytes than 64 bits can count");
      }
    } catch (const Error& error) {
      fail(described.name, fmt::format("has an impossible size ({})", error.what()));
    }
    if (end - begin != static_cast<std::uint64_t>(size)) {
      fail(described.name,
           fmt::format("has {} bytes at its offsets, and {} {} takes {}", end - begin,
                       described.dtype, to_string(described.shape), size));
    }
    file.tensors_.push_back({std::move(described.name), dtype->name, std::move(described.shape),
                             bytes.subspan(static_cast<std::size_t>(data_begin + begin),
                                           static_cast<std::size_t>(size)),
                             data_begin + begin});
  }

  std::sort(file.tensors_.begin(), file.tensors_.end(),
            [](const SafetensorsTensor& a, const SafetensorsTensor& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(
      file.tensors_.begin(), file.tensors_.end(),
      [](const SafetensorsTensor& a, const SafetensorsTensor& b) { return a.name == b.name; });
  if (twice != file.tensors_.end()) {
    fail(twice->name, "is there twice");
  }
  std::vector<const SafetensorsTensor*> by_place;
  for (const SafetensorsTensor& tensor : file.tensors_) {
    by_place.push_back(&tensor);
  }
  std::sort(
      by_place.begin(), by_place.end(), [](const SafetensorsTensor* a, const SafetensorsTensor* b) {
        return a->offset != b->offset ? a->offset < b->offset : a->bytes.size() < b->bytes.size();
      });
  std::uint64_t expected = data_begin;
  for (const SafetensorsTensor* tensor : by_place) {
    if (tensor->offset != expected) {
      fail(tensor->name,
           fmt::format("begins at byte {}, and the bytes before it end at {}: tensors {}",
                       tensor->offset, expected,
                       tensor->offset < expected ? "overlap" : "leave a gap"));
    }
    expected += tensor->bytes.size();
  }
  if (expected != bytes.size()) {
    fail_at(file.origin_, expected,
            fmt::format("{} bytes follow the last tensor", bytes.size() - expected));
  }
  return file;
}

const SafetensorsTensor* SafetensorsFile::find(std::string_view name) const {
  const auto found = std::lower_bound(tensors_.begin(), tensors_.end(), name,
                                      [](const SafetensorsTensor& tensor, std::string_view wanted) {
                                        return tensor.name < wanted;
                                      });
  return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

std::uint64_t SafetensorsFile::name_offset(std::string_view tensor) const {
  return kPrefixBytes + offset_of_key(header_, tensor);
}

}  // namespace ridgepoint
