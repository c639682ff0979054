// CaseProfile: a measured case under the roofs of its machine, phase by phase and op by op. Made
// from a record's traced ops and the ceilings; kept in the details of the record ("roofline"), so
// that whatever shows or exports records has it.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "results/record.h"
#include "results/roofline/placement.h"
#include "results/roofline/roofs.h"

namespace ridgepoint::roofline {

/// Where a figure comes from.
struct Provenance {
  std::string bytes = "analytic", flops = "analytic";  ///< "counted", "analytic"
  std::string why_not_counted;                         ///< empty when bytes were counted, of ops
  /// What the counted figures are and what they leave out; empty: none, or a GPU's.
  std::string counted_bytes{}, counted_flops{};
  std::string why_no_flops{};  ///< where bytes were counted, and FLOPs not
};

struct ProfiledOp {
  std::string op_id, op;
  Range time_ns;     ///< of one pass, without what tracing adds
  double share = 0;  ///< of the pass
  OpWork work;
  Placement placed;
  /// What hardware counters said of one pass, by meaning ("dram_read_bytes"); empty: nothing.
  std::map<std::string, double> counted{};
};

/// Bytes to and from the device's memory that were counted of the op, or on a processor those that
/// came from it; nothing where none were, or where those that it must move at the least are not
/// known, so that nothing can be held against them.
std::optional<double> counted_bytes_of(const ProfiledOp& op);
/// Those over the least.
std::optional<double> amplification_of(const ProfiledOp& op);

/// FLOPs that were counted of the op; nothing where none were.
std::optional<double> counted_flops_of(const ProfiledOp& op);

struct ProfiledPhase {
  std::string name;  ///< "prefill", "decode", "run"
  /// Untraced: the median of the phase, with the interval of the case's primary metric where there
  /// is one.
  Range time_ns;
  OpWork work;                    ///< of all ops
  double pass_bytes = 0;          ///< weights and KV
  std::optional<Range> mfu, mbu;  ///< FLOPs and bytes over time, of the roofs below
  std::string peak;               ///< that mfu is of: "avx512 int8 vpdpbusd"
  std::string level;              ///< that mbu is of: where pass_bytes come from
  double at_roof_ns = 0;          ///< if every op reached its roof
  double not_attributed_ns = 0;   ///< of a traced pass, to no op
  /// A traced pass of it over an untraced one, both medians; 0: not known.
  double trace_overhead = 0;
  std::map<std::string, double> shares;  ///< of the pass, by name of Bound
  std::int64_t mistrusted = 0;           ///< ops above their roofs
  /// Counted over compulsory bytes; absent where nothing was counted.
  std::optional<Range> amplification;
  std::optional<double> counted_flops{};  ///< of the ops of which they were counted
  /// What the memory controllers saw while it ran, of the whole machine; empty: nothing.
  std::map<std::string, double> controllers{};
  std::vector<ProfiledOp> ops;  ///< graph order
};

struct CaseProfile {
  std::string ceilings_run;
  std::int64_t ceilings_unix_ns = 0;
  std::string note;  ///< of the roofs
  Provenance provenance;
  std::optional<double> trace_overhead;  ///< traced over untraced, end to end
  std::vector<ProfiledPhase> phases;
};

/// `why_not_counted` is why bytes and FLOPs are computed only. Nothing where no op was traced.
std::optional<CaseProfile> profile_of(const Record& record, const Roofs& roofs,
                                      double harness_floor_ns, const std::string& why_not_counted);

nlohmann::json to_json(const CaseProfile& profile);
/// Nothing for what is none; keys that are not known are passed over.
std::optional<CaseProfile> profile_from_json(const nlohmann::json& json);
/// As a record's details keep it; nothing where they do not.
std::optional<CaseProfile> stored_profile(const Record& record);

}  // namespace ridgepoint::roofline
