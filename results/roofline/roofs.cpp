#include "results/roofline/roofs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "results/roofline/ceilings_suite.h"
#include "workloads/error.h"
#include "workloads/number_of.h"

namespace ridgepoint::roofline {
namespace {

using Json = nlohmann::json;

// Stores past the caches are no way in which operators of these backends write.
constexpr std::string_view kWalks[] = {"load", "copy", "update", "triad", "store"};

constexpr std::pair<std::string_view, Arithmetic> kKinds[] = {
    {" f64 ", Arithmetic::f64},   {" f32 ", Arithmetic::f32},   {" fp16 ", Arithmetic::f16},
    {" bf16 ", Arithmetic::bf16}, {" int8 ", Arithmetic::int8}, {" e4m3 ", Arithmetic::e4m3}};

/// What was measured with one number of threads.
struct Measured {
  std::vector<BandwidthCurve> curves;
  std::vector<Peak> peaks;
};

Range range_of(const Json& ceiling) {
  return {ceiling.at("low").get<double>(), ceiling.at("value").get<double>(),
          ceiling.at("high").get<double>()};
}

BandwidthCurve& curve_of(Measured& measured, const Json& ceiling) {
  const auto what = ceiling.at("what").get<std::string>();
  const int streams = ceiling.value("streams", 0);
  for (BandwidthCurve& curve : measured.curves) {
    if (curve.what == what && curve.streams == streams) return curve;
  }
  return measured.curves.emplace_back(BandwidthCurve{what, streams, {}, {}});
}

void take_bandwidth(const Json& details, const Json& ceiling, Measured& measured) {
  if (std::ranges::find(kWalks, ceiling.at("what").get<std::string>()) == std::end(kWalks)) return;
  BandwidthCurve& curve = curve_of(measured, ceiling);
  if (!ceiling.contains("absent") && ceiling.contains("from_bytes")) {
    curve.levels.push_back({ceiling.at("level").get<std::string>(),
                            ceiling.at("from_bytes").get<double>(),
                            ceiling.at("to_bytes").get<double>(), range_of(ceiling)});
  }
  if (!details.contains("curve")) return;
  for (const Json& point : details.at("curve").at("points")) {
    curve.points.push_back(
        {point.at(0).get<double>(),
         {point.at(2).get<double>(), point.at(1).get<double>(), point.at(3).get<double>()}});
  }
}

void take_peak(const Json& ceiling, Measured& measured) {
  if (ceiling.contains("absent")) return;
  const auto what = ceiling.at("what").get<std::string>();
  for (const auto& [text, arithmetic] : kKinds) {
    if ((what + " ").find(text) == std::string::npos) continue;
    measured.peaks.push_back(
        {arithmetic, what, ceiling.at("unit").get<std::string>(), range_of(ceiling)});
  }
}

int ceiling_threads(const Json& ceiling) {
  return ceiling.value("threads", 1);
}

/// The details of records that hold a ceiling.
std::vector<Json> ceilings_in(std::span<const Record> records) {
  std::vector<Json> all;
  for (const Record& record : records) {
    Json details = Json::parse(record.details, nullptr, /*allow_exceptions=*/false);
    if (details.is_object() && details.contains("ceiling")) all.push_back(std::move(details));
  }
  return all;
}

Measured measured_with(std::span<const Json> all, int threads) {
  Measured measured;
  for (const Json& details : all) {
    const Json& ceiling = details.at("ceiling");
    if (ceiling_threads(ceiling) != threads) continue;
    const auto kind = ceiling.at("kind").get<std::string>();
    if (kind == "bandwidth") take_bandwidth(details, ceiling, measured);
    if (kind == "compute") take_peak(ceiling, measured);
  }
  std::erase_if(measured.curves, [](const BandwidthCurve& curve) { return curve.points.empty(); });
  for (BandwidthCurve& curve : measured.curves) {
    std::ranges::sort(curve.points, {}, &SizePoint::bytes);
    std::ranges::sort(curve.levels, {}, &Level::from_bytes);
  }
  return measured;
}

/// Between what one thread reached and as many times that as there are threads, but no more than
/// all cores together.
Range between(const Range& one, const Range& all, int threads, int most) {
  const double share = static_cast<double>(threads - 1) / static_cast<double>(most - 1);
  const double high = std::min(threads * one.high, std::max(one.high, all.high));
  return {std::min(one.low, all.low), std::min(high, one.value + share * (all.value - one.value)),
          high};
}

Measured in_between(const Measured& one, Measured all, int threads, int most) {
  for (Peak& peak : all.peaks) {
    const auto found = std::ranges::find(one.peaks, peak.what, &Peak::what);
    if (found == one.peaks.end()) continue;
    peak.per_second = between(found->per_second, peak.per_second, threads, most);
  }
  Roofs single;
  single.curves = one.curves;
  for (BandwidthCurve& curve : all.curves) {
    curve.levels.clear();
    for (SizePoint& point : curve.points) {
      const auto alone = single.bandwidth_at(point.bytes / threads, Access::read);
      if (!alone) continue;
      point.bytes_per_second =
          between(alone->bytes_per_second, point.bytes_per_second, threads, most);
    }
  }
  return all;
}

const Level* level_at(const BandwidthCurve& curve, double bytes) {
  for (const Level& level : curve.levels) {
    const bool is_last = &level == &curve.levels.back() && level.name == "outermost";
    if (bytes >= level.from_bytes && (bytes <= level.to_bytes || is_last)) return &level;
  }
  // Below the smallest size everything is as near as it can be.
  const bool below = !curve.levels.empty() && !curve.points.empty() &&
                     bytes < curve.levels.front().from_bytes &&
                     curve.levels.front().from_bytes <= 2 * curve.points.front().bytes;
  return below ? &curve.levels.front() : nullptr;
}

std::string text_of(const Level& level) {
  return level.name == "outermost" ? std::string("the outermost level")
                                   : fmt::format("level {}", level.name);
}

std::string name_between(const BandwidthCurve& curve, double bytes) {
  const Level* before = nullptr;
  for (const Level& level : curve.levels) {
    if (level.from_bytes > bytes) {
      return before == nullptr ? fmt::format("nearer than {}", text_of(level))
                               : fmt::format("between {} and {}", text_of(*before), text_of(level));
    }
    before = &level;
  }
  return before == nullptr ? "a level that was not told apart"
                           : fmt::format("beyond {}", text_of(*before));
}

Bandwidth at(const BandwidthCurve& curve, double bytes) {
  if (const Level* level = level_at(curve, bytes)) {
    return {level->bytes_per_second, text_of(*level)};
  }
  const auto& points = curve.points;
  const auto next = std::ranges::lower_bound(points, bytes, {}, &SizePoint::bytes);
  std::string name = name_between(curve, bytes);
  if (next == points.begin()) return {points.front().bytes_per_second, std::move(name)};
  if (next == points.end()) return {points.back().bytes_per_second, std::move(name)};
  const SizePoint& before = *std::prev(next);
  const double share =
      std::log(bytes / before.bytes) / std::max(1e-9, std::log(next->bytes / before.bytes));
  const Range& a = before.bytes_per_second;
  const Range& b = next->bytes_per_second;
  return {{std::min(a.low, b.low), a.value + share * (b.value - a.value), std::max(a.high, b.high)},
          std::move(name)};
}

/// Whether the curve says anything of so many bytes: what it walked through at the most was in
/// memory, or they are no more than that.
bool reaches(const BandwidthCurve& curve, double bytes, double largest_cache_bytes) {
  constexpr double kBeyondCaches = 2;
  const double largest = curve.points.back().bytes;
  return bytes <= largest || largest >= kBeyondCaches * largest_cache_bytes;
}

std::optional<Bandwidth> best_of(const Roofs& roofs, double bytes, Access access,
                                 double largest_cache_bytes) {
  std::optional<Bandwidth> best;
  for (const BandwidthCurve& curve : roofs.curves) {
    if (curve.points.empty() || (access == Access::read && curve.what != "load")) continue;
    if (!reaches(curve, bytes, largest_cache_bytes)) continue;
    Bandwidth here = at(curve, bytes);
    if (!best || here.bytes_per_second.value > best->bytes_per_second.value) {
      best = std::move(here);
    }
  }
  return best;
}

/// In bytes, of the largest cache on record; 0 where there is none.
double largest_cache_in(const std::string& environment) {
  const Json json = Json::parse(environment, nullptr, /*allow_exceptions=*/false);
  const Json::json_pointer place("/cpu/cache_bytes");
  if (!json.is_object() || !json.contains(place)) return 0;
  double largest = 0;
  for (const auto& [name, bytes] : json.at(place).items()) {
    if (bytes.is_number()) largest = std::max(largest, bytes.get<double>());
  }
  return largest;
}

std::vector<Arithmetic> arithmetics_for(std::string_view weight_type) {
  if (weight_type == "bf16" || weight_type == "f16") {
    return {Arithmetic::f16, Arithmetic::bf16, Arithmetic::f32};
  }
  if (weight_type.empty() || weight_type == "f32") return {Arithmetic::f32};
  if (weight_type == "fp8") {
    return {Arithmetic::e4m3, Arithmetic::f16, Arithmetic::bf16, Arithmetic::f32};
  }
  // Codes of blocks may become integers or any float.
  return {Arithmetic::int8, Arithmetic::f16, Arithmetic::bf16, Arithmetic::f32};
}

}  // namespace

std::optional<Bandwidth> Roofs::bandwidth_at(double bytes, Access access) const {
  return best_of(*this, bytes, access, largest_cache_bytes);
}

bool Roofs::is_full() const {
  return covers_threads &&
         bandwidth_at(std::numeric_limits<double>::max(), Access::read).has_value();
}

std::optional<Bandwidth> Roofs::outermost() const {
  return best_of(*this, std::numeric_limits<double>::max(), Access::read, 0);
}

std::string Roofs::why_not_at(double bytes) const {
  if (bandwidth_at(bytes, Access::read)) return {};
  double largest = 0;
  for (const BandwidthCurve& curve : curves) {
    if (curve.what == "load" && !curve.points.empty()) {
      largest = std::max(largest, curve.points.back().bytes);
    }
  }
  return fmt::format(
      "a pass walks through more than the {:.3g} MB up to which the ceilings were measured, which "
      "is "
      "less than twice the largest cache ({:.3g} MB): there is no roof of memory; measure it with: "
      "ridgepoint roofline",
      largest * 1e-6, largest_cache_bytes * 1e-6);
}

const Peak* Roofs::peak_for(std::string_view weight_type) const {
  const auto allowed = arithmetics_for(weight_type);
  const Peak* best = nullptr;
  for (const Peak& peak : peaks) {
    if (std::ranges::find(allowed, peak.arithmetic) == allowed.end()) continue;
    if (best == nullptr || peak.per_second.value > best->per_second.value) best = &peak;
  }
  return best;
}

Roofs roofs_of(const Run& run, std::span<const Record> ceilings, int threads) {
  Roofs roofs;
  roofs.run_id = run.id;
  roofs.device = ceilings_device(run.suite).value_or("");
  roofs.measured_unix_ns = run.started_unix_ns;
  roofs.threads = threads;
  if (roofs.device.empty()) roofs.largest_cache_bytes = largest_cache_in(run.environment);
  try {
    const std::vector<Json> all = ceilings_in(ceilings);
    std::set<int> counts;
    for (const Json& details : all) {
      const Json& ceiling = details.at("ceiling");
      if (ceiling.at("kind") == "bandwidth") counts.insert(ceiling_threads(ceiling));
    }
    if (counts.empty()) throw Error("no bandwidth");
    const int most = *counts.rbegin();
    Measured measured;
    if (!roofs.device.empty()) {
      measured = measured_with(all, most);  // threads of the processor are nothing to it
    } else if (counts.contains(threads)) {
      measured = measured_with(all, threads);
    } else if (threads > most) {
      measured = measured_with(all, most);
      roofs.covers_threads = false;
      roofs.note = fmt::format("ceilings of {} stand for {}", number_of(most, "thread"), threads);
    } else if (threads < *counts.begin()) {
      measured = measured_with(all, *counts.begin());
      roofs.covers_threads = false;
      roofs.note =
          fmt::format("ceilings of {} stand for {}", number_of(*counts.begin(), "thread"), threads);
    } else {
      measured =
          in_between(measured_with(all, *counts.begin()), measured_with(all, most), threads, most);
      roofs.note = fmt::format("roofs of {} threads lie between the ceilings of {} and of {}",
                               threads, *counts.begin(), most);
    }
    roofs.curves = std::move(measured.curves);
    roofs.peaks = std::move(measured.peaks);
    if (!roofs.bandwidth_at(1, Access::read)) throw Error("no curve of load");
  } catch (const Json::exception&) {
    throw Error(
        fmt::format("run {}: its ceilings were cut or altered; measure them again with: "
                    "ridgepoint roofline",
                    run.id.substr(0, 8)));
  } catch (const Error& error) {
    throw Error(
        fmt::format("run {}: it holds {} to place ops under; measure again with: "
                    "ridgepoint roofline",
                    run.id.substr(0, 8), error.what()));
  }
  return roofs;
}

}  // namespace ridgepoint::roofline
