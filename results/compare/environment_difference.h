// What differs between the environments of two runs, and whether they may be compared at all. A
// machine that differs makes every time a measurement of the machine; a build that differs is what
// comparisons are for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

enum class EnvironmentPart : std::uint8_t {
  machine,  ///< CPU, topology, memory, huge pages, kernel, OS, virtualisation, limits
  build,    ///< compiler, flags, tool version, commit: may differ, that is what is compared
  other,    ///< whatever else a record says, shown only
};
std::string_view name_of(EnvironmentPart part);

struct EnvironmentDifference {
  EnvironmentPart part = EnvironmentPart::other;
  std::string key;   ///< "cpu/model"
  std::string a, b;  ///< as text; "not known" where one does not say
  /// A machine key that both sides know: these runs are incomparable.
  bool blocks = false;
  bool operator==(const EnvironmentDifference&) const = default;
};

/// Of two stable environments (Run::environment, docs/formats.md), machine first, then by key.
/// Texts that are not JSON objects say nothing, and nothing is then known to differ.
std::vector<EnvironmentDifference> environment_differences(std::string_view a, std::string_view b);

/// Whether nothing of that blocks a comparison.
bool same_machine(std::string_view a, std::string_view b);

/// Where a key of the environment ("cpu/model") belongs.
EnvironmentPart part_of(std::string_view key);

}  // namespace ridgepoint
