// Which run of ceilings belongs to which device: each device of a machine has runs of a suite of
// its own, and a case is placed under those of what it computes on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "workloads/case.h"

namespace ridgepoint {

/// Suite of the ceilings of a processor, and before the number of a GPU those of that GPU.
inline constexpr std::string_view kCeilingsSuite = "roofline";
inline constexpr std::string_view kGpuCeilingsSuite = "roofline cuda:";

/// Where a case computes: "cuda:1" of backend "cuda:device=1"; empty: on the processor.
std::string device_of(const Case& subject);

/// The suite of the ceilings under which a case is placed: those of what it computes on.
std::string ceilings_suite(const Case& subject);

/// The device that a suite of ceilings is of, "cuda:0" or empty for the processor; nothing for
/// another suite.
std::optional<std::string> ceilings_device(std::string_view suite);

}  // namespace ridgepoint
