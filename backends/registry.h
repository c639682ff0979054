// The only place that knows which backends exist.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/backend.h"

namespace ridgepoint {

/// Opens "NAME[:key=value[,key=value...]]": a built-in by name, or a plug-in when NAME holds a '/'
/// or ends in ".so". Error for an unknown name (lists the known), an unknown option, or a library
/// that cannot be loaded or speaks another ABI version.
std::unique_ptr<Backend> open_backend(std::string_view spec);

struct BackendEntry {
  std::string name;
  std::string summary;
  std::vector<std::string> options;  ///< "latency_ns=N: how long a pass takes"
  std::string unavailable;           ///< why it cannot be opened here, one line; empty when it can
};
/// Built-in backends, for `list backends` and error lines.
std::vector<BackendEntry> list_backends();

}  // namespace ridgepoint
