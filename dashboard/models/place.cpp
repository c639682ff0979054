// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/place.h"

#include <utility>

namespace ridgepoint {

void Itinerary::go(Place place) {
  if (place == here()) return;
  places_.resize(at_ + 1);
  places_.push_back(std::move(place));
  if (places_.size() > kMost) places_.erase(places_.begin());
  at_ = places_.size() - 1;
}

bool Itinerary::back() {
  if (!can_go_back()) return false;
  --at_;
  return true;
}

bool Itinerary::forward() {
  if (!can_go_forward()) return false;
  ++at_;
  return true;
}

void Itinerary::start_anew(Place place) {
  places_ = {std::move(place)};
  at_ = 0;
}

}  // namespace ridgepoint
