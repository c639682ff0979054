// Files that `import` reads, of every format. Whatever they hold, the answer is a run or an Error
// of one line; and a run that was accepted can be shown, seen through every lens and exported, and
// its export comes back the same. A line of its own, "== NAME", begins another file of the same
// folder.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "results/exchange/export.h"
#include "results/exchange/import.h"
#include "results/exchange/json_export.h"
#include "results/lens/lens.h"
#include "results/report/lens_table.h"
#include "results/report/table.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

ImportSource source_of(std::string_view text) {
  constexpr std::string_view kMark = "\n== ";
  ImportSource source{"input", {{"input", ""}}};
  for (;;) {
    const std::size_t end = text.find(kMark);
    source.files.back().text = FileText(text.substr(0, end));
    if (end == std::string_view::npos || source.files.size() == 4) return source;
    text.remove_prefix(end + kMark.size());
    const std::size_t line = std::min(text.find('\n'), text.size());
    source.files.push_back({std::string(text.substr(0, line)), ""});
    text.remove_prefix(std::min(line + 1, text.size()));
  }
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace
}  // namespace ridgepoint

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ridgepoint;
  const ImportSource source =
      source_of(std::string_view(reinterpret_cast<const char*>(data), size));
  RunWithRecords run;
  try {
    run = collect(import_results(source));
  } catch (const Error& error) {
    require(std::string_view(error.what()).find('\n') == std::string_view::npos);
    return 0;
  }
  const std::string json = run_to_json(run);
  require(run_to_json(run_from_json(json, "round trip")) == json);
  require(!run_table(run).empty() && !export_run(run, "csv").empty() &&
          !export_run(run, "markdown").empty());
  for (const std::string_view lens : lens_names()) require(!lens_table(run, lens).empty());
  return 0;
}
