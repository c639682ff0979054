#include "workloads/formats/json_error.h"

#include "workloads/formats/format_error.h"

namespace ridgepoint {

std::string reason_of(std::string_view parser_message) {
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while ..."
  if (const auto place = parser_message.find(", column "); place != std::string_view::npos) {
    if (const auto colon = parser_message.find(": ", place); colon != std::string_view::npos) {
      parser_message.remove_prefix(colon + 2);
    }
  }
  return in_quotes(parser_message);
}

std::uint64_t offset_of_key(std::string_view text, std::string_view key) {
  const std::string wanted = '"' + std::string(key) + '"';
  const auto at = text.find(wanted);
  return at == std::string_view::npos ? 0 : at;
}

}  // namespace ridgepoint
