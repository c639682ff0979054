// An opened engine: a library with the handle that its options made.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>

#include "backends/backend.h"
#include "backends/plugin/model_description.h"
#include "backends/plugin/plugin_library.h"

namespace ridgepoint {

/// Shared by a backend and its sessions, so that the engine is closed after the last of them. Calls
/// on it are made one at a time, whatever threads they come from, as the interface promises.
class PluginEngine {
 public:
  PluginEngine(const std::filesystem::path& library, std::string_view options);
  ~PluginEngine();
  PluginEngine(const PluginEngine&) = delete;
  PluginEngine& operator=(const PluginEngine&) = delete;

  [[nodiscard]] const PluginLibrary& library() const { return library_; }
  [[nodiscard]] Support supports(const ModelDescription& model,
                                 const ridgepoint_session_options& options) const;
  /// Never null. The caller closes it with the table's session_close.
  [[nodiscard]] ridgepoint_session* open_session(const ModelDescription& model,
                                                 const ridgepoint_session_options& options) const;

 private:
  PluginLibrary library_;
  ridgepoint_engine* engine_ = nullptr;
  mutable std::mutex mutex_;
};

}  // namespace ridgepoint
