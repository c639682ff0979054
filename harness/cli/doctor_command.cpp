// doctor: is everything in place, and what about this machine will make figures less trustworthy?
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backends/registry.h"
#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/dashboard_program.h"
#include "harness/environment/build_info.h"
#include "harness/environment/environment.h"
#include "harness/run/data_folder.h"
#include "profiler/machine/clocks.h"
#include "profiler/machine/cpu.h"
#include "profiler/machine/limits.h"
#include "profiler/machine/load.h"
#include "profiler/machine/system_memory.h"
#include "profiler/machine/topology.h"
#include "profiler/machine/virtualisation.h"
#include "profiler/perf/counted_figures.h"
#include "profiler/perf/paranoia.h"
#include "profiler/probe.h"
#include "results/report/git_text.h"
#include "results/report/table.h"
#include "workloads/error.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

/// What was found. Only `broken` makes doctor fail; `note` is what a careful reader of figures
/// wants to know.
enum class Health { fine, note, broken };

struct Finding {
  Health health = Health::fine;
  std::string subject;
  std::string words;
};

using Findings = std::vector<Finding>;

void look_at_database(const Invocation& invocation, Findings& findings) {
  const auto path = invocation.database_path();
  if (!std::filesystem::exists(path)) {
    findings.push_back({Health::fine, "database",
                        fmt::format("{}: not there yet; the first run makes it", path.string())});
    return;
  }
  try {
    const Store store(path, OpenMode::read_only);
    const std::string integrity = store.check_integrity();
    findings.push_back(
        {integrity == "ok" ? Health::fine : Health::broken, "database",
         fmt::format("{}: schema {}, {}, integrity {}", path.string(), store.schema_version(),
                     number_of(store.list_runs().size(), "run"), integrity)});
  } catch (const Error& error) {
    findings.push_back({Health::broken, "database", error.what()});
  }
}

/// What is stored with each run, so that figures find their sources again.
void look_at_sources(Findings& findings) {
  const GitState git = read_git_state();
  Run here;
  here.git_commit = git.commit;
  here.git_branch = git.branch;
  here.git_dirty = git.dirty;
  findings.push_back({Health::fine, "working directory",
                      git.why_none.empty()
                          ? git_text(here)
                          : git.why_none + ": runs begun here are stored without a commit"});
}

void look_at_data(Findings& findings) {
  try {
    const auto suites = bundled_suites();
    findings.push_back({suites.empty() ? Health::broken : Health::fine, "suites",
                        suites.empty()
                            ? "none found; set RIDGEPOINT_DATA to the folder that holds suites/"
                            : fmt::format("{}", fmt::join(suites, ", "))});
    const Model model = open_model(Case{}.model, "", 1, 1);
    findings.push_back(
        {Health::fine, "bundled model",
         fmt::format("{}: {}", Case{}.model,
                     format_value(static_cast<double>(model.weight_bytes()), "bytes"))});
  } catch (const Error& error) {
    findings.push_back({Health::broken, "bundled data", error.what()});
  }
}

void look_at_backends(Findings& findings) {
  std::vector<std::string> names;
  std::string cuda = "this version has no CUDA backend";
  for (const auto& backend : list_backends()) {
    if (backend.unavailable.empty()) names.push_back(backend.name);
    if (backend.name != "cuda") continue;
    try {
      cuda = backend.unavailable.empty() ? open_backend("cuda")->describe().version
                                         : "not offered: " + backend.unavailable;
    } catch (const Error& error) {
      cuda = error.what();
    }
  }
  findings.push_back(
      {Health::fine, "backends",
       fmt::format("{}; others as plug-ins with --backend ./libNAME.so", fmt::join(names, ", "))});
  const std::string kernels = open_backend("cpu")->describe().version;
  findings.push_back(
      {kernels.find("self-check failed") == std::string::npos ? Health::fine : Health::note,
       "host kernels", kernels});
  findings.push_back({Health::fine, "CUDA", cuda});
  const auto dashboard = dashboard_program();
  findings.push_back(
      {Health::fine, "dashboard",
       dashboard ? dashboard->string() : "left out of this build; it needs Qt 6 and QCustomPlot"});
}

void look_at_cpu(Findings& findings) {
  const Cpu cpu = read_cpu();
  const auto topology = read_topology();
  findings.push_back(
      {Health::fine, "CPU",
       fmt::format("{}, {}", cpu.model ? cpu.model.value() : cpu.model.why(),
                   topology ? fmt::format("{}, {}", number_of(topology.value().cores, "core"),
                                          number_of(topology.value().threads, "thread"))
                            : topology.why())});
  findings.push_back(
      {Health::fine, "ISA",
       cpu.isa ? fmt::format("{}", fmt::join(cpu.isa.value(), " ")) : cpu.isa.why()});

  const Clocks clocks = read_clocks();
  const bool steady = !clocks.governor || clocks.governor.value() == "performance";
  findings.push_back(
      {steady ? Health::fine : Health::note, clocks.governor ? "governor" : "no governor",
       clocks.governor
           ? clocks.governor.value() + (steady ? ""
                                               : ": clocks follow the load; 'cpupower "
                                                 "frequency-set -g performance' steadies them")
           : clocks.governor.why()});

  const Virtualisation machine = read_virtualisation();
  if (machine.hypervisor.value_or(false)) {
    findings.push_back(
        {Health::note, "virtual machine",
         fmt::format("{}: neighbours share caches and memory; compare only within one run",
                     machine.vendor ? machine.vendor.value() : "unknown hypervisor")});
  }
  const Limits limits = read_limits();
  if (limits.cgroup_cpus) {
    findings.push_back(
        {Health::note, "CPU limit",
         fmt::format("a cgroup allows {} CPUs' worth of time", limits.cgroup_cpus.value())});
  }
}

void look_at_memory(Findings& findings) {
  const SystemMemory memory = read_system_memory();
  if (memory.total_bytes && memory.available_bytes) {
    findings.push_back(
        {Health::fine, "memory",
         fmt::format("{} of {} available",
                     format_value(static_cast<double>(memory.available_bytes.value()), "bytes"),
                     format_value(static_cast<double>(memory.total_bytes.value()), "bytes"))});
  } else {
    findings.push_back(
        {Health::note, "memory", memory.total_bytes.why() + memory.available_bytes.why()});
  }
  const auto huge_pages = read_transparent_huge_pages();
  findings.push_back({Health::fine, "huge pages",
                      huge_pages ? "transparent: " + huge_pages.value() : huge_pages.why()});
}

/// Watches half a second, because load averages lag behind and steal is only a difference.
void look_at_load(Findings& findings) {
  const auto before = read_cpu_time();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const auto after = read_cpu_time();
  if (!before || !after || after.value().total <= before.value().total) {
    findings.push_back({Health::note, "load", before ? after.why() : before.why()});
    return;
  }
  const auto share = [&](std::int64_t CpuTime::*part) {
    return 100.0 * static_cast<double>(after.value().*part - before.value().*part) /
           static_cast<double>(after.value().total - before.value().total);
  };
  const double busy = share(&CpuTime::busy);
  const double steal = share(&CpuTime::steal);
  findings.push_back(
      {busy > 10 || steal > 1 ? Health::note : Health::fine, "load",
       fmt::format("{:.0f} % busy, {:.0f} % stolen{}", busy, steal,
                   busy > 10 ? ": something else is running; figures taken now will suffer" : "")});
}

/// What may be counted here; what is absent is no fault of the installation.
void look_at_probes(Findings& findings) {
  for (const auto& probe : make_probes()) {
    const std::string why = probe->why_absent();
    findings.push_back({Health::fine, fmt::format("probe {}", probe->name()),
                        why.empty() ? "available" : "absent: " + why});
  }
  const CountedFigures counted = choose_figures();
  for (const CountedFigure& figure : counted.figures) {
    findings.push_back(
        {Health::fine, fmt::format("counted of ops: {}", figure.meaning), figure.says});
  }
  for (const auto& [what, why] :
       {std::pair("bytes", &counted.why_no_bytes), std::pair("FLOPs", &counted.why_no_flops)}) {
    if (why->empty()) continue;
    findings.push_back({Health::fine, fmt::format("counted of ops: {}", what), "absent: " + *why});
  }
  const auto paranoia = read_paranoia();
  findings.push_back(
      {Health::fine, "perf_event", paranoia ? explain_paranoia(paranoia.value()) : paranoia.why()});
}

int examine(const Invocation& invocation) {
  Findings findings;
  const auto& build = build_info();
  findings.push_back({Health::fine, "ridgepoint",
                      fmt::format("{} ({}), {} {}, {}", build.version, build.commit, build.compiler,
                                  build.compiler_version, build.build_type)});
  look_at_database(invocation, findings);
  look_at_sources(findings);
  look_at_data(findings);
  look_at_backends(findings);
  look_at_cpu(findings);
  look_at_memory(findings);
  look_at_probes(findings);
  look_at_load(findings);

  bool broken = false;
  std::vector<std::vector<std::string>> rows;
  for (const auto& finding : findings) {
    constexpr const char* kWords[] = {"ok", "note", "BROKEN"};
    rows.push_back({kWords[static_cast<int>(finding.health)], finding.subject, finding.words});
    broken = broken || finding.health == Health::broken;
  }
  fmt::print("{}", align(rows));
  return broken ? kExitNotOk : kExitOk;
}

}  // namespace

void add_doctor_command(CLI::App& app, Invocation& invocation) {
  add_command(app, invocation, "doctor",
              "Say what is in place, and what on this machine disturbs measuring",
              [&invocation] { return examine(invocation); });
}

}  // namespace ridgepoint
