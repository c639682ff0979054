// Libraries of the CUDA Toolkit, found at run time.
#pragma once

#include <string>

namespace ridgepoint {

/// Opens "libcupti.so.13" where the loader looks, then where toolkits are put, of which they do not
/// tell the loader. Null when it is in neither; never closed.
void* open_toolkit_library(const std::string& name);

}  // namespace ridgepoint
