// The text of a quality case as windows: what a model is fed, and which of its predictions count.
// docs/quality.md has the definition and where it comes from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/case.h"
#include "workloads/tokenizer/tokenizer.h"

namespace ridgepoint {

/// A longer text is refused: take a part of it.
inline constexpr std::int64_t kLongestTextBytes = std::int64_t{64} << 20;

/// One window. The prediction after inputs[first + i] is held against targets[i].
struct TextWindow {
  std::vector<std::int32_t> inputs;   ///< first + targets.size() of them
  std::vector<std::int32_t> targets;  ///< at least one
  std::int64_t first = 0;
  /// After this many inputs a greedy continuation begins: half of a window.
  std::int64_t half = 0;
};

struct TextWindows {
  std::vector<TextWindow> windows;
  std::int64_t tokens = 0;  ///< of the text that they cover
  /// Whether all tokens of the text together stand for its bytes again; if not, the vocabulary
  /// lacks some of them, and what counts per byte is not what it says.
  bool exact = true;
  /// XXH3 over all inputs and targets: tells whether two baselines are of the same windows.
  std::string hash;
};

/// The text that a case names. Error when it cannot be read, is empty or too long.
std::string read_held_out_text(const Case& subject);

/// Cuts the first `subject.tokens` tokens into consecutive windows of `subject.context`. Scored
/// "second-half": whole windows only; a model that begins texts with a token gets it in place of
/// the window's first; what follows the first half counts. "all": such a token stands before the
/// window, and all of it counts; the last window may be shorter. Error when the text has not enough
/// tokens for one window.
TextWindows cut_text(std::string_view text, const Tokenizer& tokenizer, const Case& subject);

}  // namespace ridgepoint
