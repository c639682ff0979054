#include "results/op_family.h"

#include <algorithm>

namespace ridgepoint {

std::string op_family(std::string_view op_id) {
  std::string family;
  for (std::size_t from = 0; from <= op_id.size();) {
    const std::size_t to = std::min(op_id.find('.', from), op_id.size());
    const std::string_view part = op_id.substr(from, to - from);
    const bool is_number =
        !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
    if (from > 0) family += '.';
    family += is_number ? std::string_view("*") : part;
    from = to + 1;
  }
  return family;
}

}  // namespace ridgepoint
