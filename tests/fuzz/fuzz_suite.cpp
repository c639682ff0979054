// Suite text: whatever the bytes are, parse_suite and expand either give cases that survive their
// own JSON, or say Error in one line. The same bytes are tried as a case's JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "workloads/case.h"
#include "workloads/error.h"
#include "workloads/suites/suite.h"

namespace {

using namespace ridgepoint;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_one_line(const Error& error) {
  require(std::string_view(error.what()).find('\n') == std::string_view::npos);
}

void try_suite(std::string_view text) {
  Suite suite;
  std::vector<Case> cases;
  try {
    suite = parse_suite(text, "fuzz", "fuzz.toml");
    cases = expand(suite, {});
  } catch (const Error& error) {
    require_one_line(error);
    return;
  }
  require(!cases.empty() && static_cast<std::int64_t>(cases.size()) <= kMostCases);
  for (std::size_t i = 0; i < cases.size() && i < 16; ++i) {
    validate(cases[i]);
    require(case_from_json(to_json(cases[i])) == cases[i]);
    require(!to_command_line(resolve(cases[i], 2)).empty());
  }
}

void try_case(std::string_view json) {
  try {
    const Case value = case_from_json(json);
    require(to_json(case_from_json(to_json(value))) == to_json(value));
    require(!label(value).empty());
  } catch (const Error& error) {
    require_one_line(error);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_suite(text);
  try_case(text);
  return 0;
}
