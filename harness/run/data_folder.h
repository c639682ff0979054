// Where what ships with Ridgepoint lies: suites and bundled weights. $RIDGEPOINT_DATA, else
// ../share/ridgepoint beside the executable, else the source tree that it was built from. The
// folder holds suites/NAME.toml and weights/NAME/ (a Hugging Face directory).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/models/model.h"
#include "workloads/suites/suite.h"

namespace ridgepoint {

/// Error when there is none, with the places that were tried.
std::filesystem::path data_folder();

/// Names, sorted; empty when there is no data folder.
std::vector<std::string> bundled_suites();
std::vector<std::string> bundled_models();

/// By bundled name or path to a .toml file; Error lists what there is.
Suite load_suite(std::string_view name_or_path);
/// What a case's `model` names: an existing path, a bundled model, or a shape (then type and seed
/// matter). Error lists what was tried.
Model open_model(std::string_view reference, std::string_view type, std::uint64_t seed,
                 int threads);

/// Error where open_model would have one; makes no synthetic weights and keeps nothing open.
void check_model(std::string_view reference);

/// As open_model, without shapes: a path or a bundled model.
Model open_model_file(std::string_view reference);

}  // namespace ridgepoint
