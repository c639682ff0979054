// Operators that go row by row or element by element, lookups, and the choice of the next token.
#include <fmt/format.h>

#include <cstring>
#include <stdexcept>

#include "backends/cuda/plan_builder.h"
#include "workloads/error.h"

namespace ridgepoint::cuda {
namespace {

/// Launches of the operators that this file plans, one stage each.
class RowPlanner {
 public:
  RowPlanner(PlanBuilder& builder, std::size_t n)
      : builder_(builder),
        device_(&builder.device()),
        n_(n),
        node_(builder.node(n)),
        rows_(builder.rows(node_.output)),
        length_(builder.length(node_.output)) {}

  void operator()(const RmsNorm& op) { norm(op.epsilon, nullptr); }
  void operator()(const LayerNorm& op) { norm(op.epsilon, builder_.vector(node_.inputs[2])); }
  void operator()(const Softmax&) {
    stage([args = SoftmaxArgs{.x = in(), .rows = rows_, .length = length_, .out = out()},
           device = device_] { device->launches().softmax(args, device->stream()); });
  }
  void operator()(const Add&) { elementwise(Elementwise::add, builder_.at(node_.inputs[1])); }
  void operator()(const SiluGate&) {
    elementwise(Elementwise::silu_gate, builder_.at(node_.inputs[1]));
  }
  void operator()(const Bias&) { elementwise(Elementwise::bias, builder_.vector(node_.inputs[1])); }
  void operator()(const Gelu& op) {
    elementwise(op.form == GeluForm::exact ? Elementwise::gelu_exact : Elementwise::gelu_tanh,
                nullptr);
  }

  void operator()(const Embedding&) {
    const ValueId input = node_.inputs[0];
    const std::int64_t entries = builder_.value(node_.inputs[1]).shape[0];
    builder_.plan.checks.emplace_back(
        [written = builder_.plan.written.at(input), entries](std::int64_t) {
          for (std::size_t i = 0; i < written->size(); i += sizeof(std::int32_t)) {
            std::int32_t token = 0;
            std::memcpy(&token, written->data() + i, sizeof token);
            if (token < 0 || token >= entries) {
              throw Error(fmt::format("embedding: token {} is outside the table of {} rows", token,
                                      entries));
            }
          }
        });
    lookup({.table = builder_.matrix(node_.inputs[1]),
            .tokens = builder_.at<std::int32_t>(input),
            .rows = rows_,
            .out = out()});
  }
  void operator()(const PositionEmbedding&) {
    const std::int64_t tokens = builder_.graph.tokens();
    builder_.plan.checks.emplace_back([tokens, entries = builder_.value(node_.inputs[1]).shape[0]](
                                          std::int64_t past) {
      if (past + tokens > entries) {
        throw Error(fmt::format("position_embedding: position {} is outside the table of {} rows",
                                past + tokens - 1, entries));
      }
    });
    lookup({.table = builder_.matrix(node_.inputs[1]),
            .addend = in(),
            .past = builder_.past(),
            .rows = rows_,
            .tokens_a_sequence = tokens,
            .out = out()});
  }
  void operator()(const SelectLast& op) {
    stage([args = SelectArgs{.x = in(),
                             .batch = op.batch,
                             .tokens = builder_.rows(node_.inputs[0]) / op.batch,
                             .length = length_,
                             .out = out()},
           device = device_] { device->launches().select(args, device->stream()); });
  }
  void operator()(const Sample& op) {
    const std::int64_t batch = builder_.rows(node_.inputs[0]);
    const auto candidates = static_cast<std::size_t>(batch * kSampleParts);
    const auto counters = static_cast<std::size_t>(batch) * sizeof(std::uint32_t);
    std::byte* const arrived = builder_.take(counters);
    device_->clear(arrived, counters);
    stage([args =
               SampleArgs{.logits = in(),
                          .batch = batch,
                          .vocab = builder_.length(node_.inputs[0]),
                          .temperature = op.temperature,
                          .top_k = op.top_k,
                          .seed = op.seed,
                          .tokens = builder_.graph.tokens(),
                          .past = builder_.past(),
                          .arrived = reinterpret_cast<std::uint32_t*>(arrived),
                          .best = reinterpret_cast<float*>(builder_.take(candidates * 4)),
                          .best_at = reinterpret_cast<std::int32_t*>(builder_.take(candidates * 4)),
                          .out = builder_.at<std::int32_t>(node_.output)},
           device = device_] { device->launches().sample(args, device->stream()); });
  }
  template <typename Other>
  void operator()(const Other&) {
    throw std::logic_error("cuda: no operator of rows");
  }

 private:
  [[nodiscard]] const float* in() const { return builder_.at(node_.inputs[0]); }
  [[nodiscard]] float* out() const { return builder_.at(node_.output); }
  void stage(std::function<void()> launch) { builder_.add_stage({n_}, {std::move(launch)}); }

  void norm(double epsilon, const float* bias) {
    stage([args = NormArgs{.x = in(),
                           .weight = builder_.vector(node_.inputs[1]),
                           .bias = bias,
                           .epsilon = static_cast<float>(epsilon),
                           .rows = rows_,
                           .length = length_,
                           .out = out(),
                           .packed = builder_.packed_for_next(n_)},
           device = device_] { device->launches().norm(args, device->stream()); });
  }
  void elementwise(Elementwise what, const float* right) {
    stage([args = ElementwiseArgs{.what = what,
                                  .left = in(),
                                  .right = right,
                                  .rows = rows_,
                                  .length = length_,
                                  .out = out(),
                                  .packed = builder_.packed_for_next(n_)},
           device = device_] { device->launches().elementwise(args, device->stream()); });
  }
  void lookup(const LookupArgs& args) {
    stage([args, device = device_] { device->launches().lookup(args, device->stream()); });
  }

  PlanBuilder& builder_;
  Device* device_;
  std::size_t n_;
  const Node& node_;
  std::int64_t rows_, length_;
};

}  // namespace

void plan_rows(PlanBuilder& builder, std::size_t n) {
  std::visit(RowPlanner(builder, n), builder.node(n).op);
}

void plan_lookups(PlanBuilder& builder, std::size_t n) {
  plan_rows(builder, n);
}

}  // namespace ridgepoint::cuda
