#include "harness/roofline/ceiling_json.h"

#include <nlohmann/json.hpp>

#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

template <class T>
void put_reading(Json& object, const char* key, const Reading<T>& reading) {
  object[key] = reading ? Json(reading.value()) : Json{{"absent", reading.why()}};
}

}  // namespace

Json json_of(const ceilings::Ceiling& ceiling) {
  Json json = {{"kind", ceiling.kind},
               {"what", ceiling.what},
               {"threads", ceiling.threads},
               {"unit", ceiling.unit}};
  if (!ceiling.level.empty()) json["level"] = ceiling.level;
  if (ceiling.streams > 0) json["streams"] = ceiling.streams;
  if (!ceiling.note.empty()) json["note"] = ceiling.note;
  if (!ceiling.why_absent.empty()) {
    json["absent"] = ceiling.why_absent;
    return json;
  }
  json["value"] = ceiling.estimate.value;
  json["low"] = ceiling.estimate.low;
  json["high"] = ceiling.estimate.high;
  if (ceiling.to_bytes > 0) {
    json["from_bytes"] = ceiling.from_bytes;
    json["to_bytes"] = ceiling.to_bytes;
  }
  if (ceiling.kind == "bandwidth") json["moved_ratio"] = ceiling.moved_ratio;
  if (ceiling.clock_hz > 0) json["clock_hz"] = ceiling.clock_hz;
  return json;
}

Json json_of(const ceilings::Curve& curve) {
  Json points = Json::array();
  for (const auto& point : curve.points) {
    points.push_back({point.bytes, point.estimate.value, point.estimate.low, point.estimate.high});
  }
  Json json = {{"kind", curve.kind},
               {"what", curve.what},
               {"threads", curve.threads},
               {"unit", curve.unit},
               {"points", std::move(points)}};
  if (curve.streams > 0) json["streams"] = curve.streams;
  return json;
}

Json json_of(const ceilings::Conditions& conditions) {
  Json json = {{"isa", conditions.isa},
               {"cpus", to_cpu_list(conditions.cpus)},
               {"pinned", conditions.pinned},
               {"block_bytes", conditions.block_bytes},
               {"seconds", conditions.seconds}};
  if (conditions.rounds > 0) json["rounds"] = conditions.rounds;
  put_reading(json, "huge_bytes", conditions.huge_bytes);
  put_reading(json, "tsc_hz", conditions.tsc_hz);
  return json;
}

}  // namespace ridgepoint
