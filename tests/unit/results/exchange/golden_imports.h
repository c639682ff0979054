// The real files of tests/golden/imports.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "results/exchange/import.h"

namespace ridgepoint {

inline std::string golden_import(const std::string& name) {
  return RIDGEPOINT_SOURCE_DIR "/tests/golden/imports/" + name;
}

/// Every record of a file or folder there, imported by what it looks like.
inline RunWithRecords imported(const std::string& name) {
  const ImportSource source = read_import_source(golden_import(name));
  return collect(import_results(source));
}

/// A text as if it were a file.
inline RunWithRecords imported_text(const std::string& text, std::string_view format = {}) {
  const ImportSource source{"file", {{"file", text}}};
  return collect(import_results(source, format));
}

}  // namespace ridgepoint
