#include "results/exchange/json_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "workloads/error.h"

namespace ridgepoint {

nlohmann::json parse_untrusted_json(std::string_view text, std::string_view origin) {
  constexpr int kDeepest = 64;
  const auto refuse_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > kDeepest) {
      throw Error(fmt::format("{}: JSON nested deeper than {}; no export is: check the file",
                              origin, kDeepest));
    }
    return true;
  };
  try {
    return nlohmann::json::parse(text, refuse_depth);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(fmt::format("{}: not JSON at byte {}; the file was cut or is of another kind",
                            origin, error.byte));
  } catch (const nlohmann::json::out_of_range&) {
    throw Error(fmt::format("{}: a number too large for JSON readers; check the file", origin));
  }
}

nlohmann::json parse_or_discard(std::string_view text) {
  try {
    return parse_untrusted_json(text, "");
  } catch (const Error&) {
    return nlohmann::json(nlohmann::json::value_t::discarded);
  }
}

std::string text_at(std::string_view json, const char* place) {
  const nlohmann::json object = parse_or_discard(json);
  const nlohmann::json::json_pointer path(place);
  if (!object.is_object() || !object.contains(path) || !object.at(path).is_string()) return {};
  return object.at(path).get<std::string>();
}

std::string without_bare_numbers(std::string_view text) {
  constexpr std::string_view kWords[] = {"-NaN", "NaN", "-Infinity", "Infinity",
                                         "-nan", "nan", "-inf",      "inf"};
  std::string result;
  result.reserve(text.size());
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      result += c;
      if (c == '\\' && i + 1 < text.size()) {
        result += text[++i];
      } else if (c == '"') {
        in_string = false;
      }
      continue;
    }
    std::string_view word;
    for (const std::string_view candidate : kWords) {
      if (text.substr(i, candidate.size()) == candidate) {
        word = candidate;
        break;
      }
    }
    if (word.empty()) {
      in_string = c == '"';
      result += c;
    } else {
      result += "null";
      i += word.size() - 1;
    }
  }
  return result;
}

}  // namespace ridgepoint
