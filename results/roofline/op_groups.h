// The profiled ops of one phase, the same op of all layers together, longest first: what tables and
// explanations speak of.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/roofline/case_profile.h"

namespace ridgepoint::roofline {

struct OpGroup {
  std::string name;  ///< "layer.*.attention.q" (results/op_family.h)
  std::string op;
  std::size_t count = 0;
  Range time_ns;
  double share = 0;                                ///< of the pass
  OpWork work;                                     ///< summed; the type is the first op's
  std::map<std::string, double> bytes_by_level{};  ///< from which they come, by the model
  Range roof_ns, share_of_roof;
  std::string unit;  ///< of attained: of the roof that most of the time belongs to
  Range attained;
  std::string bound_by;  ///< of most of its time, with the share of it where others differ
  std::size_t mistrusted = 0;
  /// Counted over compulsory bytes, of those of its ops that were counted; nothing: none was.
  std::optional<double> amplification{};
  /// Of those of its ops that were counted; nothing: none was.
  std::optional<double> counted_bytes{}, counted_flops{};
  std::string cause;  ///< of the first that is mistrusted
};

std::vector<OpGroup> grouped(const ProfiledPhase& phase);

/// Of all ops of a phase.
std::map<std::string, double> bytes_by_level(const ProfiledPhase& phase);

}  // namespace ridgepoint::roofline
