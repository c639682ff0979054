// A machine whose figures are easy to divide by: what the tests of placing share.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "results/roofline/roofs.h"

namespace ridgepoint::roofline {

/// 100 GB/s up to 1 MB, 20 GB/s from 16 MB on, 200 GFLOP/s in f32, 800 GOP/s in int8, each ± 5 %.
inline Roofs example_roofs() {
  const auto about = [](double value) { return Range{0.95 * value, value, 1.05 * value}; };
  Roofs roofs;
  roofs.run_id = "0123456789";
  roofs.curves = {
      {"load",
       8,
       {{4e3, about(100e9)}, {1e6, about(100e9)}, {16e6, about(20e9)}, {1e9, about(20e9)}},
       {{"1", 4e3, 1e6, about(100e9)}, {"outermost", 16e6, 1e9, about(20e9)}}}};
  roofs.peaks = {{Arithmetic::f32, "avx512 f32 fma", "FLOP/s", about(200e9)},
                 {Arithmetic::int8, "avx512 int8 vpdpbusd", "OP/s", about(800e9)}};
  return roofs;
}

/// As a run of suite `roofline` stores one ceiling.
inline Record ceiling_record(nlohmann::json ceiling, nlohmann::json curve = nullptr) {
  Record record;
  record.subject.workload = "ceiling";
  nlohmann::json details = {{"ceiling", std::move(ceiling)}};
  if (!curve.is_null()) details["curve"] = std::move(curve);
  record.details = details.dump();
  return record;
}

inline nlohmann::json level_json(const std::string& level, int threads, double value, double from,
                                 double to) {
  return {{"kind", "bandwidth"},  {"what", "load"},     {"level", level}, {"threads", threads},
          {"streams", 8},         {"unit", "bytes/s"},  {"value", value}, {"low", 0.99 * value},
          {"high", 1.01 * value}, {"from_bytes", from}, {"to_bytes", to}, {"moved_ratio", 1}};
}

inline nlohmann::json compute_json(const std::string& what, int threads, double value) {
  return {{"kind", "compute"}, {"what", what},        {"threads", threads},  {"unit", "FLOP/s"},
          {"value", value},    {"low", 0.99 * value}, {"high", 1.01 * value}};
}

/// One thread at 10 GB/s and 100 GFLOP/s, four together at 30 GB/s and 360 GFLOP/s.
inline std::vector<Record> example_ceilings() {
  std::vector<Record> records;
  for (const auto& [threads, bandwidth, flops] :
       {std::tuple(1, 10e9, 100e9), std::tuple(4, 30e9, 360e9)}) {
    nlohmann::json points = nlohmann::json::array();
    for (const double bytes : {4e3, 1e6, 1e9}) {
      points.push_back({bytes, bandwidth, 0.9 * bandwidth, 1.1 * bandwidth});
    }
    records.push_back(ceiling_record(level_json("outermost", threads, bandwidth, 1e6, 1e9),
                                     {{"points", points}}));
    records.push_back(ceiling_record(compute_json("avx512 f32 fma", threads, flops)));
    records.push_back(ceiling_record({{"kind", "compute"},
                                      {"what", "amx int8 tdpbssd"},
                                      {"threads", threads},
                                      {"unit", "OP/s"},
                                      {"absent", "the CPU lacks AMX-TILE"}}));
  }
  return records;
}

/// A GPU at 3 TB/s and 60 TFLOP/s.
inline std::vector<Record> example_gpu_ceilings() {
  nlohmann::json points = nlohmann::json::array();
  for (const double bytes : {4e3, 1e6, 1e9}) points.push_back({bytes, 3e12, 2.9e12, 3.1e12});
  return {ceiling_record(level_json("outermost", 1, 3e12, 1e6, 1e9), {{"points", points}}),
          ceiling_record(compute_json("cuda f32 fma", 1, 60e12))};
}

}  // namespace ridgepoint::roofline
