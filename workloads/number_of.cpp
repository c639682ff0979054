#include "workloads/number_of.h"

#include <fmt/format.h>

namespace ridgepoint {

std::string noun_for(std::int64_t count, std::string_view noun) {
  if (count == 1) return std::string(noun);
  const bool hisses =
      noun.ends_with("s") || noun.ends_with("x") || noun.ends_with("ch") || noun.ends_with("sh");
  return fmt::format("{}{}", noun, hisses ? "es" : "s");
}

std::string number_of(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}", count, noun_for(count, noun));
}

}  // namespace ridgepoint
