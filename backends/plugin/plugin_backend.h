// A backend that somebody else wrote: a shared library that speaks the C interface of
// ridgepoint_plugin.h. Whole models only; what crosses the border is checked here.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "backends/backend.h"

namespace ridgepoint {

/// Loads `library` and opens its engine with `options` ("key=value[,key=value...]"). Error, one
/// line with the path: no such file, no shared library, no entry function, another ABI version, a
/// table with holes, options that the engine refuses. An accepted library stays loaded until the
/// process ends: engines start threads and register destructors that must not outlive their code.
std::unique_ptr<Backend> open_plugin(const std::filesystem::path& library,
                                     std::string_view options);

}  // namespace ridgepoint
