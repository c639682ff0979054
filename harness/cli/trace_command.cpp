// trace: the spans of a profiled case, for programs that show traces.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/profile_text.h"
#include "profiler/trace/chrome_json.h"
#include "profiler/trace/perfetto.h"
#include "results/report/table.h"
#include "results/store/trace_codec.h"
#include "results/store/trace_of.h"
#include "workloads/error.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

struct TraceArguments {
  std::string run = "latest";
  std::string output;
};

/// The first case of the run that kept spans.
Record traced_record(const Store& store, const std::string& text) {
  const RunWithRecords data = chosen_records(store, text);
  if (data.records.empty()) {
    throw Error(fmt::format("{}: no case of it was measured yet; resume the run first", text));
  }
  Record first = store.record(data.run.id, data.records.front().ordinal);
  for (std::size_t i = 1; i < data.records.size() && first.measurement.trace.empty(); ++i) {
    Record next = store.record(data.run.id, data.records[i].ordinal);
    if (!next.measurement.trace.empty()) return next;
  }
  return first;
}

int write_trace(const Invocation& invocation, const TraceArguments& arguments) {
  const bool is_json = arguments.output.ends_with(".json");
  if (!is_json && !arguments.output.ends_with(".pftrace")) {
    throw Error(fmt::format("--output: {}: end it in .pftrace (Perfetto) or .json (Chrome)",
                            arguments.output));
  }
  const Store store = invocation.open_store(OpenMode::read_only);
  const Record record = traced_record(store, arguments.run);
  const Trace trace = trace_of(record);
  const auto written = is_json ? write_chrome_json(trace, arguments.output)
                               : write_perfetto(trace, arguments.output);
  if (!written) throw Error(fmt::format("{}; choose another place with --output", written.why()));
  std::int64_t dropped = 0;
  for (const TracedLine& line : trace.lines) dropped += line.dropped;
  fmt::print("{}: case {} ({}), {}, {}{}\n", arguments.output, record.ordinal,
             label(record.subject), number_of(count_spans(trace), "span"),
             format_value(static_cast<double>(written.value()), "bytes"),
             dropped > 0 ? fmt::format("; {} more had no room", dropped) : std::string());
  return kExitOk;
}

}  // namespace

void add_trace_command(CLI::App& app, Invocation& invocation) {
  const auto arguments = std::make_shared<TraceArguments>();
  CLI::App* command =
      add_command(app, invocation, "trace",
                  "Write the spans of a profiled case for ui.perfetto.dev or a Chrome viewer",
                  [&invocation, arguments] { return write_trace(invocation, *arguments); });
  command
      ->add_option("RUN[/CASE]", arguments->run,
                   "Run id (or its first characters), label, or 'latest'; without a case the first "
                   "that kept spans")
      ->capture_default_str();
  command->add_option("-o,--output", arguments->output, "File to write: .pftrace or .json")
      ->required();
}

}  // namespace ridgepoint
