#include "harness/environment/git_ref.h"

#include "harness/environment/program.h"
#include "profiler/machine/system_file.h"

namespace ridgepoint {

std::optional<std::string> resolve_git_ref(std::string_view ref) {
  if (ref.empty()) return std::nullopt;
  // Everything after --end-of-options is a revision, whatever it begins with.
  const auto answer = ask_program({"git", "rev-parse", "--verify", "--quiet", "--end-of-options",
                                   std::string(ref) + "^{commit}"});
  if (!answer || answer->exit_code != 0) return std::nullopt;
  const std::string commit(trim(answer->output));
  return commit.empty() ? std::nullopt : std::optional(commit);
}

}  // namespace ridgepoint
