// Whether this machine is a guest, and whose.
#pragma once

#include <string>
#include <string_view>

#include "profiler/reading.h"

namespace ridgepoint {

struct Virtualisation {
  Reading<bool> hypervisor = Reading<bool>::absent("not read");
  /// "kvm", "hyper-v", "vmware", "xen", ...; a signature that is not known is given as it stands.
  Reading<std::string> vendor = Reading<std::string>::absent("not read");
  /// What the firmware tables call the machine: "Amazon EC2 m7i.large".
  Reading<std::string> product = Reading<std::string>::absent("not read");
};
Virtualisation read_virtualisation();

/// Name behind the 12 bytes that cpuid leaf 0x40000000 returns.
std::string hypervisor_name(std::string_view signature);

}  // namespace ridgepoint
