#include "workloads/shell_quote.h"

namespace ridgepoint {

std::string shell_quote(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(word);
  }
  std::string quoted = "'";
  for (const char letter : word) {
    if (letter == '\'') {
      quoted += "'\\''";  // leave the quotes, an escaped quote, enter them again
    } else {
      quoted += letter;
    }
  }
  return quoted + "'";
}

}  // namespace ridgepoint
