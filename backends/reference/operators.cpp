#include "backends/reference/operators.h"

#include <variant>

namespace ridgepoint::reference {

void run(const Op& op, const Call& call) {
  std::visit([&](const auto& each) { run(each, call); }, op);
}

std::size_t scratch_bytes(const Op& op, const Call& call) {
  return std::visit(
      [&]<typename T>(const T& each) -> std::size_t {
        constexpr bool kNone = std::is_same_v<T, Embedding> || std::is_same_v<T, KvAppend> ||
                               std::is_same_v<T, Softmax> || std::is_same_v<T, SiluGate> ||
                               std::is_same_v<T, Gelu> || std::is_same_v<T, Add> ||
                               std::is_same_v<T, SelectLast> || std::is_same_v<T, Sample>;
        if constexpr (kNone) {
          return 0;
        } else {
          return scratch_bytes(each, call);
        }
      },
      op);
}

}  // namespace ridgepoint::reference
