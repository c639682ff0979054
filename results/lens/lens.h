// Lens: a record's token timings as one peer would report them, each figure with where it comes
// from, or with the reason why it cannot be had. Definitions are those of the peers' own sources;
// docs/metrics.md puts them side by side.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

struct LensFigure {
  std::string name;             ///< as the peer writes it: "mean_tpot_ms"
  std::string unit;             ///< "ms", "ns", "s", "tokens/s"
  std::optional<double> value;  ///< empty: refused
  std::string basis;            ///< how it came about; of a refusal, the reason
};

/// "vllm", "mlperf", "aiperf", "guidellm", "llama-bench".
std::span<const std::string_view> lens_names();

/// Error for a name that is not among them. A record that is not about tokens has no figures.
std::vector<LensFigure> look_through(const Record& record, std::string_view lens);

}  // namespace ridgepoint
