// The operators as plain loops. Each file beside this one implements one kind: `run` does it,
// `scratch_bytes` says what each thread needs for it (shapes, step and pool of the call are set).
//
// Sums run in float64 in an order that depends on neither the number of threads nor on how many
// rows are worked on at a time; elements are stored as float32 between operators.
#pragma once

#include <cstddef>

#include "backends/reference/call.h"
#include "workloads/ops/op.h"

namespace ridgepoint::reference {

void run(const Op& op, const Call& call);
std::size_t scratch_bytes(const Op& op, const Call& call);

void run(const Embedding& op, const Call& call);
void run(const PositionEmbedding& op, const Call& call);
void run(const RmsNorm& op, const Call& call);
void run(const LayerNorm& op, const Call& call);
void run(const MatrixProduct& op, const Call& call);
void run(const Bias& op, const Call& call);
void run(const Rope& op, const Call& call);
void run(const KvAppend& op, const Call& call);
void run(const Attention& op, const Call& call);
void run(const Softmax& op, const Call& call);
void run(const SiluGate& op, const Call& call);
void run(const Gelu& op, const Call& call);
void run(const Add& op, const Call& call);
void run(const SelectLast& op, const Call& call);
void run(const Sample& op, const Call& call);

std::size_t scratch_bytes(const PositionEmbedding& op, const Call& call);
std::size_t scratch_bytes(const RmsNorm& op, const Call& call);
std::size_t scratch_bytes(const LayerNorm& op, const Call& call);
std::size_t scratch_bytes(const MatrixProduct& op, const Call& call);
std::size_t scratch_bytes(const Bias& op, const Call& call);
std::size_t scratch_bytes(const Rope& op, const Call& call);
std::size_t scratch_bytes(const Attention& op, const Call& call);

}  // namespace ridgepoint::reference
