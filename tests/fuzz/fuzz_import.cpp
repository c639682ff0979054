// Files that `import` reads, of every format, or of the one that RIDGEPOINT_FUZZ_FORMAT names.
// Whatever they hold, the answer is a run or an Error of one line; and a run that was accepted can
// be shown, compared, seen through every lens and exported, and its export comes back the same. A
// line of its own, "== NAME", begins another file of the same folder.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "results/compare/compared_metrics.h"
#include "results/compare/judge.h"
#include "results/exchange/export.h"
#include "results/exchange/import.h"
#include "results/exchange/json_export.h"
#include "results/lens/lens.h"
#include "results/report/case_report.h"
#include "results/report/lens_table.h"
#include "results/report/table.h"
#include "workloads/content_hash.h"
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

std::string_view asked_format() {
  static const char* const format = std::getenv("RIDGEPOINT_FUZZ_FORMAT");
  return format == nullptr ? "" : format;
}

/// What costs many times what reading does is done for one accepted input in sixteen, chosen by its
/// content so that a finding comes again.
bool is_looked_at_in_full(std::string_view text) {
  return content_hash(text).back() == '0';
}

void compare_with_itself(const Record& record) {
  static const std::string kAll(kAllMetrics);
  for (const std::string& metric : compared_metrics(record, record, {&kAll, 1})) {
    ComparisonRow row;
    weigh(record, record, metric, 0.02, 0.01, row);
    require(row.verdict != Verdict::slower && row.verdict != Verdict::faster);
  }
}

}  // namespace
}  // namespace ridgepoint

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ridgepoint;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const ImportSource source = source_of(input);
  RunWithRecords run;
  try {
    run = collect(import_results(source, asked_format()));
  } catch (const Error& error) {
    require(std::string_view(error.what()).find('\n') == std::string_view::npos);
    return 0;
  }
  if (!is_looked_at_in_full(input)) return 0;
  for (const Record& record : run.records) {
    require(!case_report(run.run, record).empty());
    compare_with_itself(record);
  }
  const std::string json = run_to_json(run);
  require(run_to_json(run_from_json(json, "round trip")) == json);
  require(!run_table(run).empty() && !export_run(run, "csv").empty() &&
          !export_run(run, "markdown").empty());
  for (const std::string_view lens : lens_names()) require(!lens_table(run, lens).empty());
  return 0;
}
