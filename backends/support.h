// Support: yes, or no with the reason.
#pragma once

#include <string>
#include <utility>

namespace ridgepoint {

struct Support {
  bool supported = true;
  std::string reason;  ///< one line, when not
  static Support yes() { return {}; }
  static Support no(std::string why) { return {false, std::move(why)}; }
};

}  // namespace ridgepoint
