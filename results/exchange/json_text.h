// JSON from strangers: parsed with a bounded depth, errors as one line.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace ridgepoint {

/// Error "{origin}: not JSON at byte N ..." or when nested deeper than 64, which no export is and
/// which recursive code further on could not stand.
nlohmann::json parse_untrusted_json(std::string_view text, std::string_view origin);

/// For stored texts that ought to be JSON: a discarded value where they are not, or are too deep.
nlohmann::json parse_or_discard(std::string_view text);

/// The text at a place ("/model/fingerprint") of such a stored object; empty where none is there.
std::string text_at(std::string_view json, const char* place);

/// Python and Google Benchmark write NaN and Infinity as bare words, which JSON has not: they
/// become null. Nothing inside of strings is touched.
std::string without_bare_numbers(std::string_view text);

}  // namespace ridgepoint
