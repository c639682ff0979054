// Noise passport: what difference this machine can resolve, in how long. Cases that stress
// different parts of it are measured against themselves (A/A) for a while; the gate is then
// replayed on the noise that was found, for one tolerance after the other.
//
// A passport is a group of A/B sessions in the store, labelled "passport ID NAME".
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/ab_session.h"
#include "results/store/ab_store.h"

namespace ridgepoint {

/// One of the cases: what it stands for, and the arm on both sides.
struct PassportCase {
  std::string_view name;     ///< "compute"
  std::string_view purpose;  ///< "arithmetic of one core, data in its caches"
  std::string_view arm;
};
std::vector<PassportCase> passport_cases();

struct PassportResolution {
  double tolerance = 0;
  std::optional<std::size_t> pairs;  ///< empty: not within 2000 pairs
  std::int64_t duration_ns = 0;      ///< of these pairs
};

struct PassportLine {
  std::string name;
  std::size_t pairs = 0;
  std::int64_t pair_ns = 0;
  double noise = 0;            ///< scale of a pair's log ratio
  double autocorrelation = 0;  ///< of successive pairs
  double steal_share = 0;      ///< mean over the pairs
  std::vector<PassportResolution> resolutions;
};

struct Passport {
  std::string id;
  std::int64_t started_unix_ns = 0;
  std::string environment_hash;
  std::vector<PassportLine> lines;
};

/// Measures each case for its share of the budget and stores the sessions. `on_case` is told before
/// each. Returns the passport's id; fewer cases when `stop` was set.
std::string measure_passport(AbStore& store, double budget_seconds, const std::string& command,
                             const std::function<void(const PassportCase&)>& on_case,
                             const std::atomic<bool>& stop);

/// From the store; `id` empty: the newest. Error when there is none.
Passport read_passport(const AbStore& store, const std::string& id);

std::string passport_table(const Passport& passport);
std::string passport_json(const Passport& passport);

}  // namespace ridgepoint
