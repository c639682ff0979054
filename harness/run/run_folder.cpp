#include "harness/run/run_folder.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kFolder = "folder";

Json object_of(const std::string& conditions) {
  Json json = Json::parse(conditions, nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? json : Json::object();
}

}  // namespace

void note_folder(Run& run) {
  std::error_code none;
  const fs::path folder = fs::current_path(none);
  if (none) return;
  Json conditions = object_of(run.conditions);
  conditions[kFolder] = folder.string();
  run.conditions = conditions.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void return_to_folder(const Run& run) {
  const Json conditions = object_of(run.conditions);
  const auto folder = conditions.find(kFolder);
  if (folder == conditions.end() || !folder->is_string()) return;
  std::error_code gone;
  fs::current_path(folder->get<std::string>(), gone);
}

}  // namespace ridgepoint
