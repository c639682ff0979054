// Texts of /proc/cpuinfo as machines of different makers print them, cut to what is read.
#pragma once

#include <string_view>

namespace ridgepoint::testing {

inline constexpr std::string_view kEpycCpuinfo = R"(processor	: 0
vendor_id	: AuthenticAMD
cpu family	: 25
model		: 17
model name	: AMD EPYC 9654 96-Core Processor
stepping	: 1
microcode	: 0xa101148
cpu MHz		: 3549.862
cache size	: 1024 KB
flags		: fpu vme de pse tsc msr sse sse2 ht syscall nx lm constant_tsc sse4_1 sse4_2 popcnt aes xsave avx f16c rdrand fma bmi1 avx2 bmi2 avx512f avx512dq avx512ifma avx512cd sha_ni avx512bw avx512vl avx512_bf16 avx512vbmi avx512_vbmi2 avx512_vnni avx512_bitalg
bugs		: sysret_ss_attrs spectre_v1

processor	: 1
vendor_id	: AuthenticAMD
model name	: AMD EPYC 9654 96-Core Processor
cpu MHz		: 1500.000
flags		: fpu vme de pse tsc msr sse sse2 ht syscall nx lm constant_tsc sse4_1 sse4_2 popcnt aes xsave avx f16c rdrand fma bmi1 avx2 bmi2 avx512f avx512dq avx512ifma avx512cd sha_ni avx512bw avx512vl avx512_bf16 avx512vbmi avx512_vbmi2 avx512_vnni avx512_bitalg
)";

inline constexpr std::string_view kSapphireRapidsGuestCpuinfo = R"(processor	: 0
vendor_id	: GenuineIntel
model name	: Intel(R) Xeon(R) Platinum 8480+
cpu MHz		: 2000.000
flags		: fpu sse sse2 sse4_2 fma avx f16c hypervisor avx2 avx512f avx512bw avx512vl avx_vnni avx512_bf16 avx512_vnni avx512_fp16 amx_bf16 amx_tile amx_int8
)";

inline constexpr std::string_view kNeoverseCpuinfo = R"(processor	: 0
BogoMIPS	: 2000.00
Features	: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma lrcpc dcpop sha3 asimddp sha512 sve asimdfhm sve2 i8mm bf16
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x0
CPU part	: 0xd4f
CPU revision	: 0

processor	: 1
BogoMIPS	: 2000.00
Features	: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma lrcpc dcpop sha3 asimddp sha512 sve asimdfhm sve2 i8mm
CPU implementer	: 0x41
CPU architecture: 8
CPU part	: 0xd4f
)";

}  // namespace ridgepoint::testing
