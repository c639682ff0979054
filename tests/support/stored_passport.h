// A noise passport as if it had been measured: A/A sessions with differences from a fixed seed, so
// that its texts can be tested without minutes of measuring.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "harness/ab/ab_options.h"
#include "results/store/ab_store.h"
#include "results/store/store.h"

namespace ridgepoint {

/// `noise`: standard deviation of a pair's log ratio. Each pair takes 200 ms, of which a share of
/// 0.02 is stolen.
inline void store_passport_case(AbStore& store, const std::string& passport, std::string_view name,
                                int pairs, double noise, std::int64_t started_unix_ns) {
  AbOptions options;
  options.rules.tolerance = 1e-5;  // as passport has it: so fine that nothing is decided
  options.power_at = 0.01;
  AbSession session;
  session.id = new_uuid();
  session.label = "passport " + passport + " " + std::string(name);
  session.a = session.b = "cmd:true";
  session.options = to_json(options);
  session.status = "running";
  session.started_unix_ns = started_unix_ns;
  session.environment = R"({"cpu":{"cores":2}})";
  session.environment_hash = "0123456789abcdef0123456789abcdef";
  store.begin(session);
  store.set_figures(session.id, {AbFigure{.name = "wall time", .name_b = "wall time"}});
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(0, noise);
  for (int i = 0; i < pairs; ++i) {
    AbPair pair;
    pair.ordinal = i;
    pair.b_first = random() % 2 == 0;
    pair.started_unix_ns = started_unix_ns + i * std::int64_t{200'000'000};
    pair.duration_ns = 200'000'000;
    pair.steal_share = 0.02;
    pair.a = pair.a_least = {1e8};
    pair.b = pair.b_least = {1e8 * std::exp(normal(random))};
    store.add_pair(session.id, pair);
  }
  store.finish(session.id, "finished", Verdict::undecided, "", "", started_unix_ns + 1);
}

}  // namespace ridgepoint
