#include "harness/run/check.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "harness/environment/build_info.h"
#include "harness/run/logit_answer.h"
#include "profiler/machine/cpu.h"
#include "workloads/content_hash.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

// Of the time that is left until the case is killed.
constexpr double kLargestShareOfTime = 0.5;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Tells apart builds whose reference may give other bits: the commit, and for a build that is not
/// of a commit the program itself.
std::string build_identity() {
  std::string identity(build_info().commit);
  if (identity == "unknown" || identity.ends_with("-dirty")) {
    struct stat status {};
    if (::stat("/proc/self/exe", &status) == 0) {
      identity +=
          fmt::format("/{}/{}.{}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    }
  }
  return identity;
}

}  // namespace

bool is_reference(const Backend& backend) {
  return backend.describe().name == kReferenceBackend;
}

std::string answer_key(std::string_view kind, const Backend& reference, const Json& question) {
  const Json all{{"kind", kind},
                 {"reference", reference.describe().version},
                 {"build", build_identity()},
                 {"cpu", read_cpu().model.value_or("unknown")},
                 {"question", question}};
  const auto text = dump(all);
  return std::string(kind) + ':' + content_hash(text);
}

std::string find_answer(const CaseContext& context, const std::string& key) {
  return context.answers.find ? context.answers.find(key) : std::string();
}

void put_answer(const CaseContext& context, const std::string& key, const std::string& value) {
  if (context.answers.put) context.answers.put(key, value);
}

std::string too_slow(const CaseContext& context, double seconds) {
  const double needed = seconds / context.threads();
  const double left = context.options.time_limit_seconds -
                      static_cast<double>(monotonic_ns() - context.started_ns) * 1e-9;
  if (needed <= kLargestShareOfTime * left) return {};
  return fmt::format(
      "output not checked: the reference would need about {:.0f} s of the {:.0f} s that are left "
      "until the time limit; raise it",
      needed, left);
}

CaseResult skip_check(const CaseContext& context, std::string_view why) {
  context.sink.detail("check", dump(Json{{"compared", false}, {"why", why}}));
  return {};
}

CaseResult cannot_check(const CaseContext& context, std::string why) {
  context.sink.detail(
      "check",
      dump(Json{{"compared", false}, {"why", why}, {"outcome", name_of(Outcome::mistrusted)}}));
  return {Outcome::mistrusted, "output not checked: " + std::move(why)};
}

CaseResult finish_check(const CaseContext& context, Json details, CaseResult result) {
  details["outcome"] = name_of(result.outcome);
  context.sink.detail("check", dump(details));
  if (const auto error = details.find("error"); error != details.end() && error->is_number()) {
    context.sink.metric("check_relative_error", error->get<double>());
  }
  return result;
}

}  // namespace ridgepoint
