#include "results/record.h"

namespace ridgepoint {

const Series* Measurement::find(std::string_view name) const {
  for (const Series& entry : series) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace ridgepoint
