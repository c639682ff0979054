// Where the program that shows what is stored lies: beside this one. It is a program of its own,
// because it needs Qt, which nothing else here does.
#pragma once

#include <filesystem>
#include <optional>

namespace ridgepoint {

/// Empty where Ridgepoint was built without it.
std::optional<std::filesystem::path> dashboard_program();

}  // namespace ridgepoint
