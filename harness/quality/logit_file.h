// Stored logits: what a backend said about a text, kept so that others can be held against it
// without computing it again. A file of one header and, window by window, the greedy tokens and the
// float32 logits of the scored rows; byte for byte in docs/formats.md. Read and written in pieces.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "harness/quality/logit_source.h"
#include "workloads/formats/mapped_file.h"
#include "workloads/formats/replacing_file.h"

namespace ridgepoint {

struct LogitFileHeader {
  std::int64_t vocabulary = 0;
  std::int64_t windows = 0;
  std::int64_t rows = 0;    ///< over all windows
  std::int64_t greedy = 0;  ///< tokens after half of each window
  std::string windows_hash;
  std::string subject;  ///< case that computed them, JSON
  std::string model;    ///< fingerprint of its model
};

/// Whether the path is a file that begins as one of logits.
bool is_logit_file(const std::filesystem::path& path);

class LogitFileWriter {
 public:
  /// Reserves the whole file. Error when the disk has no room.
  LogitFileWriter(const std::filesystem::path& path, const LogitFileHeader& header);
  /// In the order of the text: a window's greedy tokens follow its rows.
  void add_rows(std::span<const float> logits);
  void add_greedy(std::span<const std::int32_t> tokens);
  /// The file appears under its name. std::logic_error when something is missing.
  void finish();

 private:
  void write(std::span<const std::byte> bytes);

  std::string head_;
  std::uint64_t size_ = 0, position_ = 0;
  ReplacingFile file_;
};

/// Error when the file is damaged. Anything may stand in it: sizes are checked before use.
class LogitFile : public LogitSource {
 public:
  explicit LogitFile(const std::filesystem::path& path);
  [[nodiscard]] const LogitFileHeader& header() const { return header_; }
  /// Error when it is not of these windows and this vocabulary, or has fewer greedy tokens.
  void require(const TextWindows& windows, std::int64_t vocabulary, std::int64_t greedy) const;

  void begin(const TextWindow& window) override;
  void read(std::int64_t rows, std::span<float> logits) override;
  std::vector<std::int32_t> greedy(std::int64_t count) override;

 private:
  void copy(std::span<std::byte> to);

  std::shared_ptr<const MappedFile> file_;
  LogitFileHeader header_;
  std::uint64_t position_ = 0;
};

}  // namespace ridgepoint
