// How a sweep shows itself on stderr: one line that is rewritten, with the time remaining, when it
// is a terminal; a line a case when it is not.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "harness/run/sweep.h"

namespace ridgepoint {

/// For this process's stderr.
std::unique_ptr<SweepObserver> make_progress();
/// For `out`, which must outlive it; `width` is the terminal's, 0 when it is none.
std::unique_ptr<SweepObserver> make_progress(std::FILE* out, int width);

/// Nanoseconds left of `total` cases when `finished` took `elapsed_ns` and the one at work is done
/// to `fraction`; negative while nothing can be said.
std::int64_t remaining_ns(std::int64_t total, std::int64_t finished, double fraction,
                          std::int64_t elapsed_ns);
/// "1 h 05 min", "3 min 20 s", "8 s".
std::string duration_text(std::int64_t ns);

}  // namespace ridgepoint
