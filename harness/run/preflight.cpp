#include "harness/run/preflight.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <system_error>

#include "backends/registry.h"
#include "harness/quality/quality_case.h"
#include "harness/run/benchmark_flags.h"
#include "harness/run/data_folder.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

// A plug-in's constructor that never returns must not hang the command; the sweep's own limit will
// name it.
constexpr unsigned kPatienceSeconds = 20;

/// Every process would write over what the one before it wrote.
void refuse_shared_output(std::span<const Case> cases, const RunOptions& options) {
  const bool written = std::ranges::any_of(options.benchmark_flags, [](const std::string& flag) {
    return flag.starts_with("--benchmark_out=");
  });
  if (written && (cases.size() > 1 || options.processes > 1)) {
    throw Error(
        "after --: --benchmark_out takes one case in one process (--processes 1): each writes its "
        "file anew; "
        "'ridgepoint export' writes them all");
  }
}

void open_everything(std::span<const Case> cases, const RunOptions& options) {
  std::set<std::string> backends;
  std::set<std::string> models;
  bool operators = false;
  for (const auto& subject : cases) {
    backends.insert(subject.backend);
    if (subject.workload == "quality") check_quality_case(subject);
    if (subject.workload == "llm") models.insert(subject.model);
    operators = operators || subject.workload == "op";
  }
  for (const auto& backend : backends) static_cast<void>(open_backend(backend));
  for (const auto& model : models) check_model(model);
  if (operators) {
    accept_benchmark_flags(options.benchmark_flags);
    refuse_shared_output(cases, options);
  } else if (!options.benchmark_flags.empty()) {
    throw Error(
        "after --: Google Benchmark's flags are for operator cases, and there is none; leave them "
        "out");
  }
}

/// The child's only word: the refusal, or nothing.
std::string refusal(std::span<const Case> cases, const RunOptions& options) {
  try {
    open_everything(cases, options);
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception&) {
    return {};  // not the user's doing: the sweep records it
  }
  return {};
}

std::string read_all(int descriptor) {
  std::string text;
  char buffer[4096];
  while (true) {
    const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
    if (count > 0) {
      text.append(buffer, static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      return text;
    }
  }
}

}  // namespace

void preflight(std::span<const Case> cases, const RunOptions& options) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) {
    ::close(ends[0]);
    ::alarm(kPatienceSeconds);
    const std::string line = refusal(cases, options);
    const bool told =
        ::write(ends[1], line.data(), line.size()) == static_cast<ssize_t>(line.size());
    ::_exit(told ? 0 : 1);  // without destructors of what the parent still uses
  }
  ::close(ends[1]);
  const std::string line = read_all(ends[0]);
  ::close(ends[0]);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!line.empty()) throw Error(line);
}

}  // namespace ridgepoint
