#include "harness/quality/logit_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "workloads/error.h"
#include "workloads/formats/format_error.h"

namespace ridgepoint {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is little-endian, as it is");

constexpr std::string_view kLogitMagic = "RPLOGITS";
constexpr std::uint32_t kLogitVersion = 1;
constexpr std::uint64_t kLogitPrefix = 16;  // magic, version, length of the header
constexpr std::uint64_t kLongestLogitHeader = 1 << 20;
constexpr std::int64_t kMostLogitCount = std::int64_t{1} << 40;

std::string bytes_of_number(std::uint32_t value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string head_of(const LogitFileHeader& header) {
  const std::string json = nlohmann::json{
      {"vocabulary", header.vocabulary},
      {"windows", header.windows},
      {"rows", header.rows},
      {"greedy", header.greedy},
      {"windows_hash", header.windows_hash},
      {"case", header.subject},
      {"model", header.model}}.dump();
  return std::string(kLogitMagic) + bytes_of_number(kLogitVersion) +
         bytes_of_number(static_cast<std::uint32_t>(json.size())) + json;
}

/// Bytes after the header. Beyond every file when the figures are.
std::uint64_t payload_of(const LogitFileHeader& header) {
  const auto values = static_cast<unsigned __int128>(header.rows) *
                          static_cast<unsigned __int128>(header.vocabulary) +
                      static_cast<unsigned __int128>(header.windows) *
                          static_cast<unsigned __int128>(header.greedy);
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max() / 8;
  return values > kMost ? kMost : static_cast<std::uint64_t>(values) * 4;
}

std::int64_t count_in(const nlohmann::json& json, const char* key) {
  const auto& value = json.at(key);
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0 ||
      value.get<std::int64_t>() > kMostLogitCount) {
    throw Error(fmt::format("its {} cannot be", key));
  }
  return value.get<std::int64_t>();
}

}  // namespace

bool is_logit_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  std::ifstream file(path, std::ios::binary);
  std::string start(kLogitMagic.size(), '\0');
  return file.read(start.data(), static_cast<std::streamsize>(start.size())) &&
         start == kLogitMagic;
}

LogitFileWriter::LogitFileWriter(const std::filesystem::path& path, const LogitFileHeader& header)
    : head_(head_of(header)), size_(head_.size() + payload_of(header)), file_(path, size_) {
  write(std::as_bytes(std::span(head_)));
}

void LogitFileWriter::write(std::span<const std::byte> bytes) {
  if (bytes.size() > size_ - position_) {
    throw std::logic_error("LogitFileWriter: more than the header says");
  }
  file_.write(position_, bytes);
  position_ += bytes.size();
}

void LogitFileWriter::add_rows(std::span<const float> logits) {
  write(std::as_bytes(logits));
}

void LogitFileWriter::add_greedy(std::span<const std::int32_t> tokens) {
  write(std::as_bytes(tokens));
}

void LogitFileWriter::finish() {
  if (position_ != size_) throw std::logic_error("LogitFileWriter: less than the header says");
  file_.commit();
}

LogitFile::LogitFile(const std::filesystem::path& path) : file_(MappedFile::open(path)) {
  const auto bytes = file_->bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kLogitMagic) || bytes.size() < kLogitPrefix) {
    fail_at(file_->path(), 0, "is no file of logits",
            "give one that 'ridgepoint quality --save-logits' wrote");
  }
  std::uint32_t version = 0, length = 0;
  std::memcpy(&version, bytes.data() + kLogitMagic.size(), sizeof version);
  std::memcpy(&length, bytes.data() + kLogitMagic.size() + sizeof version, sizeof length);
  if (version != kLogitVersion) {
    fail_at(file_->path(), kLogitMagic.size(),
            fmt::format("version {} of a file of logits, where {} is read", version, kLogitVersion),
            "write it again with this version");
  }
  if (length > kLongestLogitHeader || length > bytes.size() - kLogitPrefix) {
    fail_at(file_->path(), kLogitMagic.size() + sizeof version, "the header is longer than can be");
  }
  try {
    const auto json = nlohmann::json::parse(text.substr(kLogitPrefix, length));
    header_.vocabulary = count_in(json, "vocabulary");
    header_.windows = count_in(json, "windows");
    header_.rows = count_in(json, "rows");
    header_.greedy = count_in(json, "greedy");
    header_.windows_hash = json.at("windows_hash").get<std::string>();
    header_.subject = json.at("case").get<std::string>();
    header_.model = json.at("model").get<std::string>();
  } catch (const nlohmann::json::exception&) {
    fail_at(file_->path(), kLogitPrefix, "the header is not what it should be");
  } catch (const Error& error) {
    fail_at(file_->path(), kLogitPrefix, error.what());
  }
  position_ = kLogitPrefix + length;
  if (bytes.size() - position_ != payload_of(header_)) {
    fail_at(file_->path(), position_,
            fmt::format("{} bytes of logits where the header promises {}", bytes.size() - position_,
                        payload_of(header_)));
  }
}

void LogitFile::require(const TextWindows& windows, std::int64_t vocabulary,
                        std::int64_t greedy) const {
  std::int64_t rows = 0;
  for (const auto& window : windows.windows) rows += std::ssize(window.targets);
  if (header_.vocabulary != vocabulary) {
    throw Error(fmt::format("{}: logits over a vocabulary of {}, where the model has {}",
                            file_->path(), header_.vocabulary, vocabulary));
  }
  if (header_.windows_hash != windows.hash || header_.windows != std::ssize(windows.windows) ||
      header_.rows != rows) {
    throw Error(fmt::format(
        "{}: logits of other windows; give the text, tokens, context and scored tokens of {}",
        file_->path(), in_quotes(header_.subject)));
  }
  if (header_.greedy < greedy) {
    throw Error(fmt::format("{}: keeps {} greedy tokens a window, fewer than {}; lower --greedy",
                            file_->path(), header_.greedy, greedy));
  }
}

void LogitFile::begin(const TextWindow&) {}

void LogitFile::copy(std::span<std::byte> to) {
  if (to.size() > file_->bytes().size() - position_) {
    throw std::logic_error("LogitFile: more is asked for than require() allowed");
  }
  std::ranges::copy(file_->bytes().subspan(position_, to.size()), to.begin());
  position_ += to.size();
}

void LogitFile::read(std::int64_t, std::span<float> logits) {
  copy(std::as_writable_bytes(logits));
}

std::vector<std::int32_t> LogitFile::greedy(std::int64_t count) {
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(header_.greedy));
  copy(std::as_writable_bytes(std::span(tokens)));
  for (const std::int32_t token : tokens) {
    if (token < 0 || token >= header_.vocabulary) {
      throw Error(fmt::format("{}: greedy token {} of a vocabulary of {}; write the file again",
                              file_->path(), token, header_.vocabulary));
    }
  }
  tokens.resize(static_cast<std::size_t>(std::min(count, header_.greedy)));
  return tokens;
}

}  // namespace ridgepoint
