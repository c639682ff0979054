// What the processor calls itself and which instruction sets matter to inference that it has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "profiler/reading.h"

namespace ridgepoint {

struct Cpu {
  /// "AMD EPYC 9654 96-Core Processor"; Arm kernels give numbers only, which are looked up:
  /// "Arm Neoverse-V2".
  Reading<std::string> model = Reading<std::string>::absent("not read");
  /// Of the instruction sets below, those that every CPU listed has, in the table's order.
  Reading<std::vector<std::string>> isa = Reading<std::vector<std::string>>::absent("not read");
  /// x86 only: the flag that a hypervisor sets.
  Reading<bool> hypervisor = Reading<bool>::absent("not read");
  /// Clock of each CPU in kHz as the kernel prints it ("cpu MHz"; x86 only).
  Reading<std::vector<std::int64_t>> clocks_khz =
      Reading<std::vector<std::int64_t>>::absent("not read");
};

/// From the text of /proc/cpuinfo.
Cpu parse_cpuinfo(std::string_view text);
Cpu read_cpu();

}  // namespace ridgepoint
