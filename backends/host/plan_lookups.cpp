// Operators that move rows from tables or out of a batch, and the choice of the next token.
#include <fmt/format.h>

#include <cstring>
#include <stdexcept>
#include <vector>

#include "backends/host/plan_builder.h"
#include "backends/token_choice.h"
#include "workloads/error.h"
#include "workloads/tensor/convert.h"

namespace ridgepoint {
namespace {

class LookupPlanner {
 public:
  LookupPlanner(PlanBuilder& builder, std::size_t n)
      : builder_(builder),
        n_(n),
        node_(builder.node(n)),
        rows_(builder.rows(node_.output)),
        length_(builder.length(node_.output)),
        output_(builder.place(node_.output)),
        input_(builder.place(node_.inputs[0])) {}

  void operator()(const Embedding&) {
    const TensorView table = builder_.weight(node_.inputs[1]);
    const std::int64_t entries = table.shape[0];
    // Tokens come from outside, so their place is fixed.
    builder_.plan.checks.emplace_back([tokens = reinterpret_cast<const std::int32_t*>(input_.fixed),
                                       count = rows_, entries](std::int64_t) {
      for (std::int64_t i = 0; i < count; ++i) {
        if (tokens[i] < 0 || tokens[i] >= entries) {
          throw Error(fmt::format("embedding: token {} is outside the table of {} rows", tokens[i],
                                  entries));
        }
      }
    });
    builder_.add_stage(n_, [table, input = input_, output = output_, rows = rows_,
                            length = length_](const Frame& frame) {
      const auto [begin, end] = frame.share(rows);
      for (std::int64_t r = begin; r < end; ++r) {
        to_float(table.type, table.row(frame.at<std::int32_t>(input)[r]),
                 {frame.at(output) + r * length, static_cast<std::size_t>(length)});
      }
    });
  }

  void operator()(const PositionEmbedding&) {
    const TensorView table = builder_.weight(node_.inputs[1]);
    const std::int64_t tokens = builder_.graph.tokens(), entries = table.shape[0];
    builder_.plan.checks.emplace_back([tokens, entries](std::int64_t past) {
      if (past + tokens > entries) {
        throw Error(fmt::format("position_embedding: position {} is outside the table of {} rows",
                                past + tokens - 1, entries));
      }
    });
    const auto row_bytes = static_cast<std::size_t>(length_) * sizeof(float);
    const std::size_t learned = builder_.take_scratch(
        row_bytes * static_cast<std::size_t>(builder_.options.team->threads()));
    builder_.add_stage(
        n_, [kernels = &builder_.kernels, table, input = input_, output = output_, rows = rows_,
             length = length_, tokens, learned, row_bytes](const Frame& frame) {
          float* const row =
              frame.scratch_at<float>(learned + row_bytes * static_cast<std::size_t>(frame.part));
          const auto [begin, end] = frame.share(rows);
          for (std::int64_t r = begin; r < end; ++r) {
            to_float(table.type, table.row(frame.past + r % tokens),
                     {row, static_cast<std::size_t>(length)});
            kernels->add(frame.at(input) + r * length, row, length, frame.at(output) + r * length);
          }
        });
  }

  void operator()(const SelectLast& op) {
    const std::int64_t tokens = builder_.rows(node_.inputs[0]) / op.batch;
    builder_.add_stage(n_, [input = input_, output = output_, rows = rows_, length = length_,
                            tokens](const Frame& frame) {
      const auto [begin, end] = frame.share(rows);
      for (std::int64_t s = begin; s < end; ++s) {
        std::memcpy(frame.at(output) + s * length,
                    frame.at(input) + (s * tokens + tokens - 1) * length,
                    static_cast<std::size_t>(length) * sizeof(float));
      }
    });
  }

  void operator()(const Sample& op) {
    const std::int64_t vocabulary = builder_.length(node_.inputs[0]);
    const std::int64_t batch = builder_.rows(node_.inputs[0]);
    const std::int64_t tokens = builder_.graph.tokens();
    builder_.add_stage(n_, [kernels = &builder_.kernels, op, input = input_, output = output_,
                            vocabulary, batch, tokens](const Frame& frame) {
      const auto [begin, end] = frame.share(batch);
      for (std::int64_t s = begin; s < end; ++s) {
        const float* const logits = frame.at(input) + s * vocabulary;
        frame.at<std::int32_t>(output)[s] =
            op.temperature == 0.0 ? static_cast<std::int32_t>(kernels->largest(logits, vocabulary))
                                  : draw_token(op, {logits, static_cast<std::size_t>(vocabulary)},
                                               sample_uniform(op.seed, frame.past + tokens, s));
      }
    });
  }

  template <typename Other>
  void operator()(const Other&) {
    throw std::logic_error("host: no lookup");
  }

 private:
  PlanBuilder& builder_;
  std::size_t n_;
  const Node& node_;
  std::int64_t rows_, length_;
  Place output_, input_;
};

}  // namespace

void plan_lookups(PlanBuilder& builder, std::size_t n) {
  std::visit(LookupPlanner(builder, n), builder.node(n).op);
}

}  // namespace ridgepoint
