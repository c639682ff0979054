#include "backends/plugin/plugin_engine.h"

#include <fmt/format.h>

#include <vector>

#include "backends/backend_options.h"
#include "backends/plugin/plugin_call.h"
#include "workloads/error.h"

namespace ridgepoint {

PluginEngine::PluginEngine(const std::filesystem::path& library, std::string_view options)
    : library_(load_plugin(library)) {
  const BackendOptions parsed(library_.path, options);
  if (library_.table.engine_open == nullptr) {
    parsed.finish("");
    return;
  }
  std::vector<ridgepoint_option> list;
  for (const auto& [key, value] : parsed.given()) list.push_back({key.c_str(), value.c_str()});
  const PluginReply reply = ask_plugin([&](char* error, std::uint64_t error_size) {
    return library_.table.engine_open(list.data(), list.size(), &engine_, error, error_size);
  });
  require_ok(library_, "engine_open", reply);
}

PluginEngine::~PluginEngine() {
  if (library_.table.engine_close != nullptr) library_.table.engine_close(engine_);
}

Support PluginEngine::supports(const ModelDescription& model,
                               const ridgepoint_session_options& options) const {
  if (library_.table.supports == nullptr) return Support::yes();
  const std::lock_guard lock(mutex_);
  const PluginReply reply = ask_plugin([&](char* error, std::uint64_t error_size) {
    return library_.table.supports(engine_, model.get(), &options, error, error_size);
  });
  if (reply.status == RIDGEPOINT_UNSUPPORTED) return Support::no(reply.reason);
  require_ok(library_, "supports", reply);
  return Support::yes();
}

ridgepoint_session* PluginEngine::open_session(const ModelDescription& model,
                                               const ridgepoint_session_options& options) const {
  const std::lock_guard lock(mutex_);
  ridgepoint_session* session = nullptr;
  const PluginReply reply = ask_plugin([&](char* error, std::uint64_t error_size) {
    return library_.table.session_open(engine_, model.get(), &options, &session, error, error_size);
  });
  require_ok(library_, "session_open", reply);
  if (session == nullptr) {
    throw Error(
        fmt::format("plug-in '{}': session_open returned no session and no error", library_.path));
  }
  return session;
}

}  // namespace ridgepoint
