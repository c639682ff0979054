// AbSession: two arms measured in pairs, one fresh process each, in an order drawn at random; all
// that is needed to give its verdict again, or to go on where it stopped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/verdict.h"

namespace ridgepoint {

/// What is compared: the same figure of both arms.
struct AbFigure {
  std::string name;    ///< in A
  std::string name_b;  ///< in B, where it is called otherwise
  std::string unit = "ns";
  bool more_is_better = false;
  /// The word behind a number that a command prints; absent where nobody looked.
  std::optional<std::string> printed_unit{};
  bool operator==(const AbFigure&) const = default;
};

/// What the kernel counted while one arm of a pair ran.
struct ArmConditions {
  std::int64_t duration_ns = 0;
  std::int64_t involuntary_switches = 0;
  std::int64_t major_faults = 0;
  std::int64_t clock_khz = 0;  ///< right after it, from a chain of additions; 0: not known
  std::int64_t cpu_ns = 0;     ///< of all its threads; 0: not known
  bool operator==(const ArmConditions&) const = default;
};

struct AbPair {
  std::int64_t ordinal = 0;  ///< from 0, dropped ones too
  bool b_first = false;
  std::int64_t started_unix_ns = 0;
  std::int64_t duration_ns = 0;
  std::vector<double> a, b;              ///< a value a figure, in the session's order
  std::vector<double> a_least, b_least;  ///< the best sample within each process
  double steal_share = 0;                ///< of the pair's time, over all CPUs
  std::int64_t involuntary_switches = 0;
  std::int64_t major_faults = 0;
  std::int64_t throttles = 0;  ///< of all CPUs; 0 also where nobody counts
  ArmConditions a_conditions{}, b_conditions{};
  std::string dropped;  ///< why it does not count; empty: it does
  bool operator==(const AbPair&) const = default;
};

struct AbSession {
  std::string id;     ///< UUID
  std::string label;  ///< free
  std::string command;
  std::string a, b;            ///< the arms as they were written
  std::string options = "{}";  ///< canonical JSON: rules, budget, seed, what `--resume` needs
  std::string status;          ///< running, finished, interrupted
  Verdict verdict = Verdict::undecided;
  std::string cause;   ///< why B differs, a sentence a line; empty where nobody knows
  std::string reason;  ///< one sentence about the verdict; what else is to know on further lines
  std::int64_t started_unix_ns = 0;
  std::int64_t finished_unix_ns = 0;
  std::string environment_hash;  ///< over the stable part
  std::string environment;       ///< canonical JSON, stable part
  std::vector<AbFigure> figures;
  std::vector<AbPair> pairs;
  bool operator==(const AbSession&) const = default;
};

}  // namespace ridgepoint
