#include "profiler/ceilings/ceiling.h"

#include <fmt/format.h>

namespace ridgepoint::ceilings {

std::string name_of(const Ceiling& ceiling) {
  std::string name = ceiling.what;
  if (ceiling.level == "outermost") {
    name += ", outermost level";
  } else if (!ceiling.level.empty()) {
    name += ", level " + ceiling.level;
  }
  name += fmt::format(", {} thread{}", ceiling.threads, ceiling.threads == 1 ? "" : "s");
  if (ceiling.streams > 0) {
    name += fmt::format(", {} stream{}", ceiling.streams, ceiling.streams == 1 ? "" : "s");
  }
  return name;
}

}  // namespace ridgepoint::ceilings
