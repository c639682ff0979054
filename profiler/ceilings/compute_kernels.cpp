#include "profiler/ceilings/compute_kernels.h"

#include <bit>
#include <random>
#include <vector>

#include "profiler/ceilings/isa_here.h"
#include "profiler/ceilings/kernels/tables.h"

namespace ridgepoint::ceilings {
namespace {

std::vector<ComputeEntry> find_compute_kernels() {
  std::vector<ComputeEntry> entries;
  const auto add = [&](const ComputeKernel& kernel, std::string_view why_not) {
    entries.push_back({why_not.empty() ? &kernel : nullptr, kernel.name, kernel.unit, why_not});
  };
  add(kScalarF32, "");
  add(kScalarF64, "");
#if defined(__x86_64__)
  const IsaHere& isa = isa_here();
  add(kFmaScalarF32, isa.avx2);
  add(kFmaScalarF64, isa.avx2);
  add(kAvx2F32, isa.avx2);
  add(kAvx2F64, isa.avx2);
  add(kAvx512F32, isa.avx512);
  add(kAvx512F64, isa.avx512);
  add(kAvx512Fp16, isa.avx512_fp16);
  add(kAvx512Bf16, isa.avx512_bf16);
  add(kAvx512Vnni, isa.avx512_vnni);
  add(kAmxBf16, isa.amx_bf16);
  add(kAmxInt8, isa.amx_int8);
  add(kAmxBf16FromL2, isa.amx_bf16);
  add(kAmxInt8FromL2, isa.amx_int8);
#endif
  return entries;
}

}  // namespace

ComputeData make_compute_data(std::uint64_t seed) {
  ComputeData data;
  std::mt19937_64 random(seed);
  const auto bits = [&] { return static_cast<std::uint32_t>(random() >> 32); };
  for (float& value : data.f32) value = std::bit_cast<float>(0x3f000000U | bits() >> 9);
  for (double& value : data.f64)
    value = std::bit_cast<double>(0x3fe0000000000000U | random() >> 12);
  for (auto& value : data.bf16) {
    value = static_cast<std::uint16_t>(0x3f00U | (bits() & 0x807fU));
  }
  for (auto& value : data.f16) value = static_cast<std::uint16_t>(0x3800U | (bits() & 0x3ffU));
  for (auto& value : data.i8) value = static_cast<std::int8_t>(bits() & 0xffU);
  return data;
}

std::span<const ComputeEntry> compute_kernels() {
  static const std::vector<ComputeEntry> entries = find_compute_kernels();
  return entries;
}

}  // namespace ridgepoint::ceilings
