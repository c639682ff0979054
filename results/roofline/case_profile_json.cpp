#include <nlohmann/json.hpp>

#include "results/roofline/case_profile.h"

namespace ridgepoint::roofline {
namespace {

using Json = nlohmann::json;

/// [low, value, high], so that a long list of ops stays readable.
Json list_of(const Range& range) {
  return Json::array({range.low, range.value, range.high});
}

Range range_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  return {found->at(0).get<double>(), found->at(1).get<double>(), found->at(2).get<double>()};
}

std::optional<Range> optional_range_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return range_in(object, key);
}

void put_work(Json& json, const OpWork& work) {
  json["flops"] = work.flops;
  json["weight_bytes"] = work.weight_bytes;
  json["kv_bytes"] = work.kv_bytes;
  json["activation_bytes"] = work.activation_bytes;
  if (!work.weight_type.empty()) json["weight_type"] = work.weight_type;
}

OpWork work_in(const Json& json) {
  return {json.at("flops").get<double>(), json.at("weight_bytes").get<double>(),
          json.at("kv_bytes").get<double>(), json.at("activation_bytes").get<double>(),
          json.value("weight_type", std::string())};
}

Json json_of(const ProfiledOp& op) {
  const Placement& placed = op.placed;
  Json json = {{"op_id", op.op_id},
               {"op", op.op},
               {"time_ns", list_of(op.time_ns)},
               {"share", op.share},
               {"intensity", placed.intensity},
               {"memory_ns", list_of(placed.memory_ns)},
               {"compute_ns", list_of(placed.compute_ns)},
               {"share_of_roof", list_of(placed.share)},
               {"bytes_by_level", placed.bytes_by_level},
               {"bound", name_of(placed.bound)},
               {"bound_by", placed.bound_by}};
  put_work(json, op.work);
  if (!op.counted.empty()) json["counted"] = op.counted;
  if (placed.ridge.value > 0) json["ridge"] = list_of(placed.ridge);
  if (!placed.roof_of.empty()) {
    json["roof_of"] = placed.roof_of;
    json["unit"] = placed.unit;
    json["attained"] = list_of(placed.attained);
    json["roof"] = list_of(placed.roof);
  }
  if (!placed.mistrusted.empty()) json["mistrusted"] = placed.mistrusted;
  return json;
}

ProfiledOp op_in(const Json& json) {
  ProfiledOp op;
  op.op_id = json.at("op_id").get<std::string>();
  op.op = json.at("op").get<std::string>();
  op.time_ns = range_in(json, "time_ns");
  op.share = json.at("share").get<double>();
  op.work = work_in(json);
  if (json.contains("counted")) json.at("counted").get_to(op.counted);
  Placement& placed = op.placed;
  placed.intensity = json.at("intensity").get<double>();
  placed.ridge = range_in(json, "ridge");
  placed.memory_ns = range_in(json, "memory_ns");
  placed.compute_ns = range_in(json, "compute_ns");
  placed.share = range_in(json, "share_of_roof");
  if (json.contains("bytes_by_level")) json.at("bytes_by_level").get_to(placed.bytes_by_level);
  placed.roof_of = json.value("roof_of", std::string());
  placed.unit = json.value("unit", std::string());
  placed.attained = range_in(json, "attained");
  placed.roof = range_in(json, "roof");
  const Range per_ns = op.time_ns;
  placed.bytes_per_second = Range::exactly(op.work.bytes() * 1e9) / per_ns;
  placed.flops_per_second = Range::exactly(op.work.flops * 1e9) / per_ns;
  placed.bound = find_bound(json.at("bound").get<std::string>()).value_or(Bound::ambiguous);
  placed.bound_by = json.at("bound_by").get<std::string>();
  placed.mistrusted = json.value("mistrusted", std::string());
  return op;
}

Json json_of(const ProfiledPhase& phase) {
  Json json = {{"name", phase.name},
               {"time_ns", list_of(phase.time_ns)},
               {"pass_bytes", phase.pass_bytes},
               {"at_roof_ns", phase.at_roof_ns},
               {"not_attributed_ns", phase.not_attributed_ns},
               {"shares", phase.shares},
               {"mistrusted", phase.mistrusted},
               {"ops", Json::array()}};
  put_work(json, phase.work);
  if (phase.mfu) {
    json["mfu"] = list_of(*phase.mfu);
    json["mfu_of"] = phase.peak;
  }
  if (phase.mbu) {
    json["mbu"] = list_of(*phase.mbu);
    json["mbu_of"] = phase.level;
  }
  if (phase.trace_overhead > 0) json["trace_overhead"] = phase.trace_overhead;
  if (phase.amplification) json["amplification"] = list_of(*phase.amplification);
  if (phase.counted_flops) json["counted_flops"] = *phase.counted_flops;
  if (!phase.controllers.empty()) json["memory_controllers"] = phase.controllers;
  for (const ProfiledOp& op : phase.ops) json["ops"].push_back(json_of(op));
  return json;
}

ProfiledPhase phase_in(const Json& json) {
  ProfiledPhase phase;
  phase.name = json.at("name").get<std::string>();
  phase.time_ns = range_in(json, "time_ns");
  phase.work = work_in(json);
  phase.pass_bytes = json.at("pass_bytes").get<double>();
  phase.mfu = optional_range_in(json, "mfu");
  phase.mbu = optional_range_in(json, "mbu");
  phase.peak = json.value("mfu_of", std::string());
  phase.level = json.value("mbu_of", std::string());
  phase.at_roof_ns = json.at("at_roof_ns").get<double>();
  phase.not_attributed_ns = json.at("not_attributed_ns").get<double>();
  json.at("shares").get_to(phase.shares);
  phase.mistrusted = json.at("mistrusted").get<std::int64_t>();
  phase.trace_overhead = json.value("trace_overhead", 0.0);
  phase.amplification = optional_range_in(json, "amplification");
  if (json.contains("counted_flops")) phase.counted_flops = json.at("counted_flops").get<double>();
  if (json.contains("memory_controllers")) {
    json.at("memory_controllers").get_to(phase.controllers);
  }
  for (const Json& op : json.at("ops")) phase.ops.push_back(op_in(op));
  return phase;
}

}  // namespace

Json to_json(const CaseProfile& profile) {
  Json json = {
      {"ceilings_run", profile.ceilings_run},
      {"ceilings_unix_ns", profile.ceilings_unix_ns},
      {"provenance", {{"bytes", profile.provenance.bytes}, {"flops", profile.provenance.flops}}},
      {"phases", Json::array()}};
  if (!profile.provenance.why_not_counted.empty()) {
    json["provenance"]["counted_absent"] = profile.provenance.why_not_counted;
  }
  for (const auto& [key, text] : {std::pair("counted_bytes", &profile.provenance.counted_bytes),
                                  std::pair("counted_flops", &profile.provenance.counted_flops),
                                  std::pair("flops_absent", &profile.provenance.why_no_flops)}) {
    if (!text->empty()) json["provenance"][key] = *text;
  }
  if (!profile.note.empty()) json["note"] = profile.note;
  if (profile.trace_overhead) json["trace_overhead"] = *profile.trace_overhead;
  for (const ProfiledPhase& phase : profile.phases) json["phases"].push_back(json_of(phase));
  return json;
}

std::optional<CaseProfile> profile_from_json(const Json& json) {
  if (!json.is_object() || !json.contains("phases")) return std::nullopt;
  try {
    CaseProfile profile;
    profile.ceilings_run = json.at("ceilings_run").get<std::string>();
    profile.ceilings_unix_ns = json.at("ceilings_unix_ns").get<std::int64_t>();
    profile.note = json.value("note", std::string());
    const Json& provenance = json.at("provenance");
    profile.provenance = {provenance.at("bytes").get<std::string>(),
                          provenance.at("flops").get<std::string>(),
                          provenance.value("counted_absent", std::string()),
                          provenance.value("counted_bytes", std::string()),
                          provenance.value("counted_flops", std::string()),
                          provenance.value("flops_absent", std::string())};
    if (json.contains("trace_overhead")) {
      profile.trace_overhead = json.at("trace_overhead").get<double>();
    }
    for (const Json& phase : json.at("phases")) profile.phases.push_back(phase_in(phase));
    return profile;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::optional<CaseProfile> stored_profile(const Record& record) {
  const auto details = Json::parse(record.details, nullptr, /*allow_exceptions=*/false);
  if (!details.is_object()) return std::nullopt;
  const auto found = details.find("roofline");
  return found == details.end() ? std::nullopt : profile_from_json(*found);
}

}  // namespace ridgepoint::roofline
