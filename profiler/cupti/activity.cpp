#include "profiler/cupti/activity.h"

namespace ridgepoint {

std::uint32_t Activities::name(std::string_view text) {
  if (const auto known = places.find(text); known != places.end()) return known->second;
  const auto place = static_cast<std::uint32_t>(names.size());
  names.emplace_back(text);
  places.emplace(std::string(text), place);
  return place;
}

}  // namespace ridgepoint
