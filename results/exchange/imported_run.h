// What every import of another program's results has in common: ids that follow from the text, so
// that the same file comes in once; a run that is finished; cases of workload "imported".
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "results/record.h"

namespace ridgepoint {

/// UUID (version 5): the same text, the same id, on every machine.
std::string uuid_of_text(std::string_view text);

/// What a run is filled from; everything may be empty.
struct ImportedFacts {
  std::string_view program;     ///< "llama-bench"
  std::string program_version;  ///< "b4753 (c392e509)"
  std::string command;          ///< its command line, where the file says; the program otherwise
  std::int64_t started_unix_ns = 0;
  std::int64_t finished_unix_ns = 0;
};

/// A finished run of suite "imported". `text` is what the id follows from; `environment` and
/// `conditions` are JSON objects, of which the first is hashed.
Run imported_run(std::string_view text, const ImportedFacts& facts,
                 const nlohmann::json& environment, const nlohmann::json& conditions);

/// A record of the run, of workload "imported". Its id (UUID version 8) is the run's with the
/// ordinal at its end: ids of one import lie side by side in every index, which is what makes a
/// million of them cheap to store. Error when the name cannot be kept (empty, control characters).
Record imported_record(const Run& run, std::int64_t ordinal, std::string_view name);

/// Canonical JSON; bytes that are not UTF-8 become U+FFFD.
std::string json_text(const nlohmann::json& json);

/// A member that is a finite number.
std::optional<double> finite_number(const nlohmann::json& object, std::string_view key);
/// A member that is a text; empty for anything else.
std::string text_member(const nlohmann::json& object, std::string_view key);

/// Seconds as whole nanoseconds; nothing for what is not finite or does not fit in 64 bits.
std::optional<std::int64_t> ns_of_seconds(double seconds);

}  // namespace ridgepoint
