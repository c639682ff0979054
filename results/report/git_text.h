// The state of the sources around a run, in words that cannot be taken for another state.
#pragma once

#include <string>

#include "results/record.h"

namespace ridgepoint {

/// "main@0123456789 (clean)", "0123456789 (modified files)": of files that git tracks. Empty
/// without a commit.
std::string commit_text(const std::string& commit, const std::string& branch, bool dirty);

/// The same after "git ", or why there is no commit, where the run says so: outside of a
/// repository, without git, before the first commit. Empty where nothing is known.
std::string git_text(const Run& run);

}  // namespace ridgepoint
