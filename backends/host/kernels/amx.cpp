// Compiled for amx alone: nothing here may be reached before isa.h says that the CPU has it.
#if defined(__x86_64__)
#include <bit>

#include "backends/host/kernels.h"
#include "backends/host/kernels/amx_tiles.h"
#include "backends/host/kernels/pairs_avx512.h"
#include "backends/host/kernels/panel_kernels.h"

namespace ridgepoint::host {
namespace {

// A type of its own: functions that avx512_bf16.cpp has too would be compiled twice, and the linker
// might keep the wrong one.
struct AmxPairs : Avx512Pairs {};

}  // namespace

constinit const PanelKernels kAmxPanels = make_tile_kernels<AmxPairs, AmxTiles>();

}  // namespace ridgepoint::host
#endif
