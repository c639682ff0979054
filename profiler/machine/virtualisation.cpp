#include "profiler/machine/virtualisation.h"

#include <array>
#include <cstring>
#include <utility>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "profiler/machine/cpu.h"
#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

Reading<std::string> read_vendor([[maybe_unused]] const Reading<bool>& hypervisor) {
#if defined(__x86_64__) || defined(__i386__)
  if (!hypervisor.value_or(false)) {
    return Reading<std::string>::absent("no hypervisor flag: the leaf means nothing here");
  }
  // Leaf 0x40000000 is answered by the hypervisor, beyond what __get_cpuid would allow.
  std::array<unsigned, 4> registers{};
  __cpuid(0x40000000u, registers[0], registers[1], registers[2], registers[3]);
  std::array<char, 12> signature{};
  std::memcpy(signature.data(), &registers[1], signature.size());
  return Reading<std::string>::of(
      hypervisor_name(std::string_view(signature.data(), signature.size())));
#else
  const auto type = read_system_file("/sys/hypervisor/type");
  return type ? Reading<std::string>::of(std::string(trim(type.value()))) : type;
#endif
}

Reading<std::string> read_product() {
  const auto vendor = read_system_file("/sys/class/dmi/id/sys_vendor");
  const auto product = read_system_file("/sys/class/dmi/id/product_name");
  if (!vendor && !product) return Reading<std::string>::absent(product.why());
  const std::string both =
      std::string(trim(vendor.value_or(""))) + ' ' + std::string(trim(product.value_or("")));
  return Reading<std::string>::of(std::string(trim(both)));
}

}  // namespace

std::string hypervisor_name(std::string_view signature) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kKnown = {{
      {"KVMKVMKVM", "kvm"},
      {"Linux KVM Hv", "kvm"},
      {"Microsoft Hv", "hyper-v"},
      {"VMwareVMware", "vmware"},
      {"XenVMMXenVMM", "xen"},
      {"bhyve bhyve ", "bhyve"},
      {"TCGTCGTCGTCG", "qemu"},
      {"VBoxVBoxVBox", "virtualbox"},
      {"ACRNACRNACRN", "acrn"},
  }};
  const auto text = signature.substr(0, signature.find('\0'));
  for (const auto& [known, name] : kKnown) {
    if (text == known) return std::string(name);
  }
  std::string printable;
  for (const char c : text) printable += c >= 0x20 && c < 0x7f ? c : '?';
  return printable.empty() ? "unknown" : printable;
}

Virtualisation read_virtualisation() {
  Virtualisation result;
  result.hypervisor = read_cpu().hypervisor;
  result.vendor = read_vendor(result.hypervisor);
  result.product = read_product();
  return result;
}

}  // namespace ridgepoint
