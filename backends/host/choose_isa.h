// Which instruction set a host backend computes with. Kernels that nobody has run on a CPU of their
// own (AMX's) have to pass a self-check first (self_check.h), whoever asked for them; where they
// fail it, the best of the others is taken, and the choice says so.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "backends/host/isa.h"

namespace ridgepoint {

struct IsaChoice {
  Isa isa = Isa::scalar;
  std::string note;  ///< what speaks against a better one; mostly empty

  /// "avx512 (of scalar, avx2, avx512)", or "avx512 (of ..., amx; not amx: self-check failed,
  /// ...)".
  [[nodiscard]] std::string text() const;
};

/// Empty when the kernels of an instruction set compute what they should; otherwise what is wrong.
using IsaCheck = std::function<std::string(Isa)>;
/// Only AMX is in doubt. The answer is kept.
std::string check_isa(Isa isa);

/// The last of `there` that is available, automatic and passes.
IsaChoice choose_isa(std::span<const IsaEntry> there = isas(), const IsaCheck& check = &check_isa);
/// The one that was asked for. Error when there is no such, or when it fails its check.
IsaChoice take_isa(std::string_view name, const IsaCheck& check = &check_isa);

}  // namespace ridgepoint
