// list WHAT: what is stored, and what there is to choose from.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "backends/registry.h"
#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/run/data_folder.h"
#include "results/report/table.h"
#include "results/report/time_text.h"
#include "results/store/ab_store.h"
#include "workloads/error.h"
#include "workloads/models/shapes.h"

namespace ridgepoint {
namespace {

using Rows = std::vector<std::vector<std::string>>;

int list_runs(const Invocation& invocation) {
  const auto runs = invocation.open_store(OpenMode::read_only).list_runs();
  if (runs.empty()) {
    throw Error(fmt::format("{}: holds no runs; make one with 'ridgepoint run'",
                            invocation.database_path().string()));
  }
  fmt::print("{}", runs_table(runs));
  return kExitOk;
}

int list_cases(const Invocation& invocation) {
  const auto cases = invocation.open_store(OpenMode::read_only).known_cases();
  if (cases.empty()) {
    throw Error(fmt::format("{}: holds no cases; make some with 'ridgepoint run'",
                            invocation.database_path().string()));
  }
  Rows rows{{"case", "reruns with: ridgepoint run ..."}};
  for (const auto& known : cases) {
    rows.push_back({case_hash(known).substr(0, 8),
                    is_never_run(known)
                        ? fmt::format("({}: not a case of ridgepoint run)", label(known))
                        : to_command_line(known)});
  }
  fmt::print("{}", align(rows));
  return kExitOk;
}

int list_ab_sessions(const Invocation& invocation) {
  const auto sessions = AbStore(invocation.database_path(), OpenMode::read_only).list();
  if (sessions.empty()) {
    throw Error(fmt::format("{}: holds no A/B sessions; make one with 'ridgepoint ab'",
                            invocation.database_path().string()));
  }
  Rows rows{{"session", "started", "label", "status", "verdict", "A", "B"}};
  for (const auto& session : sessions) {
    rows.push_back({session.id.substr(0, 8), time_text(session.started_unix_ns), session.label,
                    session.status, std::string(name_of(session.verdict)), session.a, session.b});
  }
  fmt::print("{}", align(rows));
  return kExitOk;
}

int list_backends_table(const Invocation&) {
  Rows rows{{"backend", "what it is", "options"}};
  for (const auto& backend : list_backends()) {
    rows.push_back({backend.name,
                    backend.unavailable.empty()
                        ? backend.summary
                        : fmt::format("not offered: {}", backend.unavailable),
                    fmt::format("{}", fmt::join(backend.options, "; "))});
  }
  fmt::print("{}", align(rows));
  return kExitOk;
}

int list_suites(const Invocation&) {
  Rows rows{{"suite", "cases", "what it is for"}};
  for (const auto& name : bundled_suites()) {
    const Suite suite = load_suite(name);
    rows.push_back({name, std::to_string(expand(suite, {}).size()), suite.description});
  }
  fmt::print("{}", align(rows));
  return kExitOk;
}

/// Parameters as people call models: "1.10 B", "124 M".
std::string count_text(std::int64_t count) {
  const auto value = static_cast<double>(count);
  return count >= 1'000'000'000 ? fmt::format("{:.2f} B", value / 1e9)
                                : fmt::format("{:.3g} M", value / 1e6);
}

int list_shapes(const Invocation&) {
  Rows rows{{"shape", "architecture", "parameters", "layers", "d_model", "heads/kv (head_dim)",
             "ffn", "vocab", "KV f16 a token"}};
  for (const auto& shape : shapes()) {
    rows.push_back({shape.name, std::string(name_of(shape.architecture)),
                    count_text(parameter_count(shape)), std::to_string(shape.layers),
                    std::to_string(shape.hidden),
                    fmt::format("{}/{} ({})", shape.heads, shape.kv_heads, shape.head_dim),
                    shape.experts > 0 ? fmt::format("{} x {}", shape.experts, shape.ffn)
                                      : std::to_string(shape.ffn),
                    std::to_string(shape.vocab),
                    fmt::format("{:g} KiB",
                                static_cast<double>(kv_bytes_per_token(shape, Type::f16)) / 1024)});
  }
  fmt::print("{}", align(rows));
  return kExitOk;
}

struct Listing {
  std::string name;
  std::string summary;
  int (*print)(const Invocation&);
};
const Listing kListings[] = {
    {"runs", "Runs in the database, newest first", list_runs},
    {"ab", "A/B sessions in the database, newest first", list_ab_sessions},
    {"cases", "Cases ever run, each as the options that rerun it", list_cases},
    {"backends", "Built-in backends and their options", list_backends_table},
    {"suites", "Bundled suites", list_suites},
    {"shapes", "Model shapes that can be made", list_shapes},
};

}  // namespace

void add_list_command(CLI::App& app, Invocation& invocation) {
  CLI::App* list =
      app.add_subcommand("list", "List runs, A/B sessions, cases, backends, suites or shapes");
  list->require_subcommand(1);
  for (const auto& listing : kListings) {
    add_command(*list, invocation, listing.name, listing.summary,
                [&invocation, print = listing.print] { return print(invocation); });
  }
}

}  // namespace ridgepoint
