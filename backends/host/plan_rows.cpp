// Operators that work row by row or element by element. Of many rows each part takes its share; of
// a single one the norms are left to one part and the others take columns.
#include <cmath>
#include <numbers>

#include "backends/host/plan_builder.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kColumnUnit = 16;

struct RowShape {
  std::int64_t rows = 0, length = 0;
};

/// Calls work(offset of the first element, count) for this part's share of all elements.
template <typename Work>
void each_stretch(const RowShape& shape, const Frame& frame, const Work& work) {
  if (shape.rows == 1) {
    const auto [begin, end] = frame.share(shape.length, kColumnUnit);
    if (begin < end) work(begin, end - begin);
    return;
  }
  const auto [begin, end] = frame.share(shape.rows);
  for (std::int64_t r = begin; r < end; ++r) work(r * shape.length, shape.length);
}

class RowPlanner {
 public:
  RowPlanner(PlanBuilder& builder, std::size_t n)
      : builder_(builder),
        n_(n),
        node_(builder.node(n)),
        shape_{builder.rows(node_.output), builder.length(node_.output)},
        output_(builder.place(node_.output)),
        input_(builder.place(node_.inputs[0])) {}

  void operator()(const RmsNorm& op) {
    by_rows([kernels = kernels(), weight = builder_.floats_of(node_.inputs[1]),
             epsilon = op.epsilon](const float* x, std::int64_t length, float* y) {
      kernels->rms_norm(x, weight, epsilon, length, y);
    });
  }
  void operator()(const LayerNorm& op) {
    by_rows([kernels = kernels(), weight = builder_.floats_of(node_.inputs[1]),
             bias = builder_.floats_of(node_.inputs[2]),
             epsilon = op.epsilon](const float* x, std::int64_t length, float* y) {
      kernels->layer_norm(x, weight, bias, epsilon, length, y);
    });
  }
  void operator()(const Softmax&) {
    by_rows([kernels = kernels()](const float* x, std::int64_t length, float* y) {
      kernels->softmax(x, length, y);
    });
  }
  void operator()(const Add&) { combine(kernels()->add); }
  void operator()(const SiluGate&) { combine(kernels()->silu_gate); }
  void operator()(const Bias&) {
    const float* const bias = builder_.floats_of(node_.inputs[1]);
    builder_.add_stage(n_, [kernels = kernels(), shape = shape_, input = input_, output = output_,
                            bias](const Frame& frame) {
      each_stretch(shape, frame, [&](std::int64_t at, std::int64_t count) {
        kernels->add(frame.at(input) + at, bias + at % shape.length, count, frame.at(output) + at);
      });
    });
  }
  void operator()(const Gelu& op) {
    const bool exact = op.form == GeluForm::exact;
    builder_.add_stage(n_, [kernels = kernels(), shape = shape_, input = input_, output = output_,
                            exact](const Frame& frame) {
      each_stretch(shape, frame, [&](std::int64_t at, std::int64_t count) {
        const float* const x = frame.at(input) + at;
        float* const y = frame.at(output) + at;
        if (!exact) {
          kernels->gelu_tanh(x, count, y);
          return;
        }
        for (std::int64_t i = 0; i < count; ++i) {
          y[i] = 0.5F * x[i] * std::erfc(-x[i] / std::numbers::sqrt2_v<float>);
        }
      });
    });
  }
  template <typename Other>
  void operator()(const Other&) {
    throw std::logic_error("host: no operator of rows");
  }

 private:
  [[nodiscard]] const host::Kernels* kernels() const { return &builder_.kernels; }

  template <typename Row>
  void by_rows(Row row) {
    builder_.add_stage(n_, [shape = shape_, input = input_, output = output_,
                            row = std::move(row)](const Frame& frame) {
      const auto [begin, end] = frame.share(shape.rows);
      for (std::int64_t r = begin; r < end; ++r) {
        row(frame.at(input) + r * shape.length, shape.length, frame.at(output) + r * shape.length);
      }
    });
  }

  void combine(void (*function)(const float*, const float*, std::int64_t, float*)) {
    builder_.add_stage(
        n_, [function, shape = shape_, left = input_, right = builder_.place(node_.inputs[1]),
             output = output_](const Frame& frame) {
          each_stretch(shape, frame, [&](std::int64_t at, std::int64_t count) {
            function(frame.at(left) + at, frame.at(right) + at, count, frame.at(output) + at);
          });
        });
  }

  PlanBuilder& builder_;
  std::size_t n_;
  const Node& node_;
  RowShape shape_;
  Place output_, input_;
};

}  // namespace

void plan_rows(PlanBuilder& builder, std::size_t n) {
  std::visit(RowPlanner(builder, n), builder.node(n).op);
}

}  // namespace ridgepoint
