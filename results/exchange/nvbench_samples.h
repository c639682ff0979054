// The samples that nvbench writes beside its JSON (`--jsonbin`), little-endian float32, one after
// the other: which files of an ImportSource they are, and what is in them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "results/exchange/import.h"

namespace ridgepoint {

/// What a summary says of a file of samples.
struct NvbenchSampleFile {
  std::string filename;    ///< as it stands there
  std::int64_t count = 0;  ///< of samples
};

class NvbenchSampleReader {
 public:
  explicit NvbenchSampleReader(const ImportSource& source) : source_(source) {}

  struct Samples {
    std::vector<double> values;  ///< in the file's own unit; finite or not
    bool missing = false;        ///< there is no such file
  };
  /// Error when it lies outside of the JSON's folder, was read before, or has another size.
  Samples read(const NvbenchSampleFile& file);

  /// Hashes of what was read so far, one after the other; empty: nothing.
  [[nodiscard]] const std::string& content_hashes() const { return content_hashes_; }

 private:
  [[nodiscard]] std::vector<std::filesystem::path> places_of(const std::string& filename) const;

  const ImportSource& source_;
  std::set<std::string> read_;
  std::string content_hashes_;
};

}  // namespace ridgepoint
