// Files that `import` reads: Google Benchmark's JSON and our own export. Whatever they hold, the
// answer is a run or an Error of one line; and a run that was accepted can be shown and exported,
// and its export comes back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "results/exchange/export.h"
#include "results/exchange/google_benchmark.h"
#include "results/exchange/json_export.h"
#include "results/report/table.h"
#include "workloads/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ridgepoint;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  RunWithRecords run;
  try {
    run = is_run_json(text) ? run_from_json(text, "input") : import_google_benchmark(text, "input");
  } catch (const Error& error) {
    if (std::string_view(error.what()).find('\n') != std::string_view::npos) std::abort();
    return 0;
  }
  const std::string json = run_to_json(run);
  if (run_to_json(run_from_json(json, "round trip")) != json) std::abort();
  if (run_table(run).empty() || export_run(run, "csv").empty() ||
      export_run(run, "markdown").empty()) {
    std::abort();
  }
  return 0;
}
