// FileText: the text of a file to import, either in memory or as the file's own pages: a gigabyte
// of rows need not be copied to be looked at once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "workloads/formats/mapped_file.h"

namespace ridgepoint {

/// Copies share a mapping. A mapped file must not be cut while it is read.
class FileText {
 public:
  FileText() = default;
  FileText(std::string text) : own_(std::move(text)) {}  // NOLINT: a text is a text
  FileText(const char* text) : own_(text) {}             // NOLINT
  FileText(std::string_view text) : own_(text) {}        // NOLINT
  explicit FileText(std::shared_ptr<const MappedFile> mapped) : mapped_(std::move(mapped)) {}

  [[nodiscard]] std::string_view view() const {
    if (!mapped_) return own_;
    const auto bytes = mapped_->bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  operator std::string_view() const { return view(); }  // NOLINT
  [[nodiscard]] bool empty() const { return view().empty(); }

 private:
  std::string own_;
  std::shared_ptr<const MappedFile> mapped_;
};

}  // namespace ridgepoint
