// The command line: `ridgepoint COMMAND ...`. One file a command; each adds itself to the parser
// and leaves the work to the folders below.
//
// Exit codes: 0 done; 1 done, but a case did not come out ok; 2 bad input or a refused request (one
// line on stderr); 70 a bug of ours; 130 interrupted, what was measured is kept. Commands that end
// with a verdict: results/verdict.h.
#pragma once

namespace ridgepoint {

inline constexpr int kExitOk = 0;
inline constexpr int kExitNotOk = 1;
inline constexpr int kExitBadInput = 2;
inline constexpr int kExitBug = 70;
inline constexpr int kExitInterrupted = 130;

/// Parses and runs; returns the exit code. Never throws.
int run_cli(int argc, char** argv);

}  // namespace ridgepoint
