#include "backends/plugin/plugin_backend.h"

#include <utility>

#include "backends/plugin/model_description.h"
#include "backends/plugin/plugin_call.h"
#include "backends/plugin/plugin_engine.h"
#include "backends/plugin/plugin_session.h"
#include "backends/session.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr const char* kModelsOnly =
    "plug-ins execute whole models; operator cases need a built-in backend";

class PluginBackend : public Backend {
 public:
  explicit PluginBackend(std::shared_ptr<const PluginEngine> engine) : engine_(std::move(engine)) {}

  [[nodiscard]] BackendDescription describe() const override {
    const ridgepoint_plugin& table = engine_->library().table;
    std::string summary = printable(table.name);
    if (table.summary != nullptr) summary += ": " + printable(table.summary);
    return {engine_->library().path, printable(table.version), std::move(summary)};
  }

  [[nodiscard]] Support supports(const Graph&) const override { return Support::no(kModelsOnly); }
  [[nodiscard]] std::shared_ptr<Cache> make_cache(const Graph&) const override {
    throw Error(kModelsOnly);
  }
  [[nodiscard]] std::unique_ptr<Execution> prepare(const Graph&, const WeightMap&,
                                                   const PrepareOptions&) const override {
    throw Error(kModelsOnly);
  }

  [[nodiscard]] Support supports(const Model& model, const SessionOptions& options) const override {
    if (options.record) return Support::no(std::string(kNothingToRecord));
    if (options.allocation != Allocation::arena) {
      return Support::no("how an engine behind a library allocates is its own affair");
    }
    if (type_info(options.kv_type).gguf_id == kNoGgufId) {
      return Support::no("the interface to engines behind a library has no number for KV in fp8");
    }
    return engine_->supports(ModelDescription(model), ridgepoint::describe(options));
  }
  [[nodiscard]] std::unique_ptr<Session> open_session(
      const Model& model, const SessionOptions& options) const override {
    return std::make_unique<PluginSession>(engine_, model, options);
  }

 private:
  std::shared_ptr<const PluginEngine> engine_;
};

}  // namespace

std::unique_ptr<Backend> open_plugin(const std::filesystem::path& library,
                                     std::string_view options) {
  return std::make_unique<PluginBackend>(std::make_shared<const PluginEngine>(library, options));
}

}  // namespace ridgepoint
