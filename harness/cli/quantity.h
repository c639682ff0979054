// Quantities as people type them: "2%", "10m".
#pragma once

#include <string>
#include <string_view>

namespace ridgepoint {

/// "2%" is 0.02, and so is "0.02". Error that names `option` for anything else, and for what does
/// not lie between 0 % and 100 %.
double parse_share(std::string_view text, std::string_view option);

/// "0.05": a number of nats above 0. Error that names `option`.
double parse_nats(std::string_view text, std::string_view option);

/// Seconds: "90", "90s", "1.5m", "1h30m", "500ms". Error that names `option`.
double parse_duration_seconds(std::string_view text, std::string_view option);

}  // namespace ridgepoint
