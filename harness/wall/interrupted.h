// Interrupted: the user stopped what was being measured; what was measured before stays.
#pragma once

#include <atomic>
#include <exception>

namespace ridgepoint {

struct Interrupted : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "interrupted"; }
};

inline void throw_if(const std::atomic<bool>& stop) {
  if (stop.load()) throw Interrupted();
}

}  // namespace ridgepoint
