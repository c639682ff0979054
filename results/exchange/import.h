// Import: other programs' results as runs. One table says which formats there are and how a text of
// each is recognised; commands, help and the fuzzer derive from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/exchange/file_text.h"
#include "results/record_stream.h"

namespace ridgepoint {

struct ImportFile {
  std::string name;  ///< without its folder
  FileText text;
};

/// One result of a program: a file, or the files of a folder that belong together.
struct ImportSource {
  std::string origin;              ///< path, for error lines
  std::vector<ImportFile> files;   ///< at least one; the first decides the format
  std::filesystem::path folder{};  ///< that the first file lies in; empty: there is no such folder
  /// When the first file was last written: the date of a run whose program wrote none. 0: unknown.
  std::int64_t modified_unix_ns = 0;
  /// The text of the first file of the name; empty when there is none.
  [[nodiscard]] std::string_view find(std::string_view name) const;
  /// A further file, which the first one names: one of `files`, or one below `folder`. Nothing when
  /// it is not there. Whoever wrote the name is a stranger, so there is an Error for one that leads
  /// out of the folder (also by a link) or to anything but a regular file.
  [[nodiscard]] std::optional<FileText> beside(const std::filesystem::path& name) const;
};

/// Whether a name, as it stands, leads to a place below the folder that it starts from.
bool stays_inside(const std::filesystem::path& name);

struct ImportFormat {
  std::string_view name;     ///< for --format
  std::string_view summary;  ///< for people: which program, which options of it
  /// From the beginning of the first file; never throws.
  bool (*recognises)(std::string_view text);
  /// The stream reads `source`, which must outlive it. Error, at once or from the stream.
  RecordStream (*import)(const ImportSource& source);
  /// Names of files that are read from a folder together, in this order; empty: a file only.
  std::vector<std::string_view> folder_files{};
  /// False for a format whose files carry ids of their own: such a run may have gone on since.
  bool ids_follow_from_content = true;
};

/// In the order in which they are tried.
std::span<const ImportFormat> import_formats();
/// Null for a name that is not among them.
const ImportFormat* find_import_format(std::string_view name);

/// By `format`, or what the first file looks like when that is empty. Error that names what is
/// understood when it looks like nothing known. A run without a date gets that of its file, with a
/// note, and its conditions say so ("dated_by": "file").
RecordStream import_results(const ImportSource& source, std::string_view format = {});

/// A file, or a folder in which some format's files lie. Error when it cannot be read or is empty.
ImportSource read_import_source(const std::string& path);

}  // namespace ridgepoint
