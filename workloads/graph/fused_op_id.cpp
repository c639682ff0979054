#include "workloads/graph/fused_op_id.h"

#include <algorithm>
#include <stdexcept>

namespace ridgepoint {

std::string fused_op_id(std::span<const std::string> op_ids) {
  if (op_ids.empty()) throw std::logic_error("fused_op_id: of no op");
  if (op_ids.size() == 1) return op_ids.front();
  std::string_view common = op_ids.front();
  for (const std::string& each : op_ids) {
    const auto [end, ignored] = std::ranges::mismatch(common, each);
    common = common.substr(0, static_cast<std::size_t>(end - common.begin()));
  }
  // Whole parts only.
  const std::size_t dot = common.rfind('.');
  const std::size_t start = dot == std::string_view::npos ? 0 : dot + 1;
  std::string id = op_ids.front().substr(0, start) + "{";
  for (const std::string& each : op_ids) {
    if (id.back() != '{') id += ',';
    id += each.substr(start);
  }
  return id + "}";
}

std::vector<std::string> members_of(std::string_view op_id) {
  const std::size_t open = op_id.find('{');
  if (open == std::string_view::npos || !op_id.ends_with('}')) return {std::string(op_id)};
  const std::string_view common = op_id.substr(0, open);
  std::string_view rest = op_id.substr(open + 1, op_id.size() - open - 2);
  std::vector<std::string> members;
  while (true) {
    const std::size_t comma = rest.find(',');
    members.push_back(std::string(common) + std::string(rest.substr(0, comma)));
    if (comma == std::string_view::npos) return members;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace ridgepoint
