// What a git ref stands for here: asked of git itself, in the repository of the working directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ridgepoint {

/// The full commit of a branch, a tag, HEAD~2 or a commit's first characters; empty outside of a
/// repository, without git, or when it names nothing.
std::optional<std::string> resolve_git_ref(std::string_view ref);

}  // namespace ridgepoint
