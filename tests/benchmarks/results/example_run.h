// A database that goes away and a run to put into it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "results/store/store.h"

namespace ridgepoint {

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "ridgepoint-benchmark-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::filesystem::path database() const { return path_ / "runs.db"; }

 private:
  std::filesystem::path path_;
};

inline Run some_run() {
  Run run;
  run.id = new_uuid();
  run.suite = "benchmark";
  run.status = "running";
  run.started_unix_ns = 1'700'000'000'000'000'000;
  run.environment = R"({"cpu":{"cores":2,"model":"some"}})";
  run.environment_hash = "00";
  run.conditions = "{}";
  return run;
}

}  // namespace ridgepoint
