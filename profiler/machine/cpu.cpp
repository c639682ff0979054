#include "profiler/machine/cpu.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>

#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

// The kernel's names: x86 "flags" (arch/x86/include/asm/cpufeatures.h), then Arm "Features"
// (Documentation/arch/arm64/elf_hwcaps.rst).
constexpr std::array<std::string_view, 38> kIsa = {
    "sse4_2",      "avx",         "avx2",          "fma",
    "f16c",        "avx_vnni",    "avx_vnni_int8", "avx_ne_convert",
    "avx512f",     "avx512bw",    "avx512dq",      "avx512vl",
    "avx512_vnni", "avx512_vbmi", "avx512vbmi",    "avx512_bf16",
    "avx512_fp16", "avx10",       "amx_tile",      "amx_int8",
    "amx_bf16",    "amx_fp16",    "asimd",         "asimdhp",
    "asimddp",     "asimdfhm",    "i8mm",          "bf16",
    "sve",         "sve2",        "svei8mm",       "svebf16",
    "sme",         "sme2",        "smei8i32",      "smef16f32",
    "smeb16f32",   "fphp"};

struct ArmPart {
  std::int64_t implementer, part;
  std::string_view name;
};
// Main ID register values, from each vendor's technical reference manual.
constexpr std::array<ArmPart, 22> kArmParts = {{
    {0x41, 0xd03, "Arm Cortex-A53"},
    {0x41, 0xd05, "Arm Cortex-A55"},
    {0x41, 0xd08, "Arm Cortex-A72"},
    {0x41, 0xd0b, "Arm Cortex-A76"},
    {0x41, 0xd0c, "Arm Neoverse-N1"},
    {0x41, 0xd40, "Arm Neoverse-V1"},
    {0x41, 0xd41, "Arm Cortex-A78"},
    {0x41, 0xd49, "Arm Neoverse-N2"},
    {0x41, 0xd4a, "Arm Neoverse-E1"},
    {0x41, 0xd4f, "Arm Neoverse-V2"},
    {0x41, 0xd83, "Arm Neoverse-V3AE"},
    {0x41, 0xd84, "Arm Neoverse-V3"},
    {0x41, 0xd8e, "Arm Neoverse-N3"},
    {0x42, 0x516, "Cavium ThunderX2"},
    {0x43, 0x0af, "Cavium ThunderX2"},
    {0x46, 0x001, "Fujitsu A64FX"},
    {0x48, 0xd01, "HiSilicon Kunpeng-920"},
    {0x4e, 0x004, "NVIDIA Carmel"},
    {0x6d, 0xd49, "Microsoft Azure Cobalt 100"},
    {0xc0, 0xac3, "Ampere-1"},
    {0xc0, 0xac4, "Ampere-1a"},
    {0x51, 0xc00, "Qualcomm Falkor"},
}};

std::optional<std::int64_t> parse_hex(std::string_view text) {
  if (!text.starts_with("0x")) return std::nullopt;
  text.remove_prefix(2);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Reading<std::string> find_model(std::string_view text) {
  // s390, POWER and some Arm kernels name the field otherwise.
  for (const std::string_view key : {"model name", "Model Name", "cpu model", "cpu"}) {
    if (const auto name = find_field(text, key); name && !name->empty()) {
      return Reading<std::string>::of(std::string(*name));
    }
  }
  const auto implementer = find_field(text, "CPU implementer");
  const auto part = find_field(text, "CPU part");
  if (!implementer || !part) {
    return Reading<std::string>::absent("/proc/cpuinfo names no processor model");
  }
  const auto implementer_number = parse_hex(*implementer);
  const auto part_number = parse_hex(*part);
  const auto known = std::find_if(kArmParts.begin(), kArmParts.end(), [&](const ArmPart& entry) {
    return implementer_number == entry.implementer && part_number == entry.part;
  });
  if (known != kArmParts.end()) return Reading<std::string>::of(std::string(known->name));
  return Reading<std::string>::of("Arm implementer " + std::string(*implementer) + " part " +
                                  std::string(*part));
}

}  // namespace

Cpu parse_cpuinfo(std::string_view text) {
  Cpu cpu;
  cpu.model = find_model(text);

  std::optional<std::set<std::string_view>> common;
  bool x86 = false;
  bool hypervisor = false;
  std::vector<std::int64_t> clocks_khz;
  for (const auto line : split_lines(text)) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto key = trim(line.substr(0, colon));
    if (key == "cpu MHz") {
      const auto value = trim(line.substr(colon + 1));
      double mhz = 0;
      if (std::from_chars(value.data(), value.data() + value.size(), mhz).ec == std::errc{} &&
          mhz > 0 && mhz < 1e6) {
        clocks_khz.push_back(std::llround(mhz * 1000));
      }
    }
    if (key != "flags" && key != "Features") continue;
    const auto words = split_words(line.substr(colon + 1));
    std::set<std::string_view> here(words.begin(), words.end());
    if (key == "flags") {
      x86 = true;
      hypervisor = hypervisor || here.contains("hypervisor");
    }
    if (!common) {
      common = std::move(here);
    } else {
      std::erase_if(*common, [&](std::string_view flag) { return !here.contains(flag); });
    }
  }

  if (common) {
    std::vector<std::string> isa;
    for (const auto name : kIsa) {
      if (common->contains(name)) isa.emplace_back(name);
    }
    cpu.isa = Reading<std::vector<std::string>>::of(std::move(isa));
  } else {
    cpu.isa = Reading<std::vector<std::string>>::absent("/proc/cpuinfo lists no features");
  }
  cpu.hypervisor = x86 ? Reading<bool>::of(hypervisor)
                       : Reading<bool>::absent("only x86 kernels say so in /proc/cpuinfo");
  cpu.clocks_khz = !clocks_khz.empty()
                       ? Reading<std::vector<std::int64_t>>::of(std::move(clocks_khz))
                       : Reading<std::vector<std::int64_t>>::absent(
                             "/proc/cpuinfo gives no clock on this architecture");
  return cpu;
}

Cpu read_cpu() {
  const auto text = read_system_file("/proc/cpuinfo");
  if (text) return parse_cpuinfo(text.value());
  return Cpu{Reading<std::string>::absent(text.why()),
             Reading<std::vector<std::string>>::absent(text.why()),
             Reading<bool>::absent(text.why()),
             Reading<std::vector<std::int64_t>>::absent(text.why())};
}

}  // namespace ridgepoint
