#include "backends/host/choose_isa.h"

#include <fmt/format.h>

#include <cstddef>

#include "backends/host/self_check.h"
#include "workloads/error.h"

namespace ridgepoint {

std::string IsaChoice::text() const {
  return fmt::format("{} (of {}{}{})", name_of(isa), isas_here(), note.empty() ? "" : "; ", note);
}

std::string check_isa(Isa isa) {
  if (isa != Isa::amx) return "";
  static const std::string kWrong =
      find_wrong_product(host::kernels_for(Isa::amx), host::kernels_for(Isa::avx512));
  return kWrong;
}

IsaChoice choose_isa(std::span<const IsaEntry> there, const IsaCheck& check) {
  std::string note;
  for (std::size_t i = there.size(); i-- > 0;) {
    const IsaEntry& entry = there[i];
    if (!entry.available || !entry.automatic) continue;
    const std::string wrong = check(entry.isa);
    if (wrong.empty()) return {.isa = entry.isa, .note = std::move(note)};
    note +=
        fmt::format("{}not {}: self-check failed, {}", note.empty() ? "" : "; ", entry.name, wrong);
  }
  throw Error(fmt::format("isa: no instruction set computes what it should here: {}", note));
}

IsaChoice take_isa(std::string_view name, const IsaCheck& check) {
  const Isa isa = parse_isa(name);
  if (const std::string wrong = check(isa); !wrong.empty()) {
    throw Error(
        fmt::format("isa: {} fails its self-check on this CPU: {}; leave isa out for one "
                    "that passes",
                    name, wrong));
  }
  return {.isa = isa, .note = ""};
}

}  // namespace ridgepoint
