// Each operator against what PyTorch computed in float64; see tests/golden/README.md.
#include <gtest/gtest.h>

#include "golden_file.h"
#include "relative_error.h"
#include "run_op.h"
#include "workloads/models/model_config.h"

namespace ridgepoint {
namespace {

// Results are stored as float32: half a unit in its last place, and a little for the norm.
constexpr double kOperatorTolerance = 1.2e-7;

class GoldenOperators : public ::testing::Test {
 protected:
  [[nodiscard]] OpInput input(const std::string& name) const {
    return activation(flat(file_.shape(name)), file_.floats(name));
  }
  [[nodiscard]] OpInput weights(const std::string& name) const {
    return weight(file_.shape(name), file_.floats(name));
  }
  void expect(const std::vector<float>& got, const std::string& name) const {
    const RelativeError error = relative_error<double>(got, file_.doubles(name));
    EXPECT_LE(error.most, kOperatorTolerance) << name;
    EXPECT_LE(error.norm, kOperatorTolerance) << name;
  }
  /// All but the first dimension in one; a lone dimension becomes a row.
  static Shape flat(const Shape& shape) {
    if (shape.size() == 1) return {1, shape[0]};
    return {shape[0], element_count(shape) / shape[0]};
  }

  GoldenFile file_{"operators.safetensors"};
};

TEST_F(GoldenOperators, RmsNorm) {
  expect(run_op(RmsNorm{.epsilon = file_.doubles("rms_norm.eps")[0]},
                {input("rms_norm.input"), weights("rms_norm.weight")}, {.tokens = 5}),
         "rms_norm.output");
}

TEST_F(GoldenOperators, LayerNorm) {
  expect(
      run_op(LayerNorm{.epsilon = file_.doubles("layer_norm.eps")[0]},
             {input("layer_norm.input"), weights("layer_norm.weight"), weights("layer_norm.bias")},
             {.tokens = 5}),
      "layer_norm.output");
}

TEST_F(GoldenOperators, Softmax) {
  expect(run_op(Softmax{}, {input("softmax.input")}, {.tokens = 5}), "softmax.output");
}

TEST_F(GoldenOperators, SiluGate) {
  expect(run_op(SiluGate{}, {input("silu_mul.gate"), input("silu_mul.up")}, {.tokens = 3}),
         "silu_mul.output");
}

TEST_F(GoldenOperators, Gelu) {
  expect(run_op(Gelu{.form = GeluForm::tanh}, {input("gelu_tanh.input")}, {}), "gelu_tanh.output");
  expect(run_op(Gelu{.form = GeluForm::exact}, {input("gelu_erf.input")}, {}), "gelu_erf.output");
}

TEST_F(GoldenOperators, RopeAtEveryPositionInBothPairings) {
  for (const auto& [name, pairing] : {std::pair{"rope_halves", RopePairing::halves},
                                      std::pair{"rope_adjacent", RopePairing::adjacent}}) {
    const std::string prefix(name);
    ModelConfig config;
    config.head_dim = file_.shape(prefix + ".input")[2];
    config.rope_theta = file_.doubles(prefix + ".theta")[0];
    const Rope rope{.head_dim = config.head_dim,
                    .pairing = pairing,
                    .inverse_frequencies = inverse_frequencies(config)};
    const std::vector<float> all = file_.floats(prefix + ".input");
    const auto positions = file_.integers(prefix + ".positions");
    const std::size_t width = all.size() / positions.size();
    std::vector<float> got;
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * width);
      const std::vector<float> row(begin, begin + static_cast<std::ptrdiff_t>(width));
      const auto turned = run_op(rope, {activation({1, static_cast<std::int64_t>(width)}, row)},
                                 {.past = positions[i]});
      got.insert(got.end(), turned.begin(), turned.end());
    }
    expect(got, prefix + ".output");
  }
}

TEST_F(GoldenOperators, Attention) {
  const Shape keys = file_.shape("attention.key");
  const Shape query = file_.shape("attention.query");
  const Shape layout{1, keys[0], keys[1] * keys[2]};
  expect(
      run_op(Attention{.heads = query[1], .kv_heads = keys[1], .head_dim = keys[2], .scale = 0.25},
             {input("attention.query"), cache(layout, file_.floats("attention.key")),
              cache(layout, file_.floats("attention.value"))},
             {.tokens = query[0], .past = keys[0] - query[0], .capacity = keys[0], .threads = 2}),
      "attention.output");
}

TEST_F(GoldenOperators, MatrixProductAndBias) {
  const auto product =
      run_op(MatrixProduct{}, {input("matmul.input"), weights("matmul.weight")}, {.tokens = 7});
  expect(product, "matmul.output");
  expect(run_op(Bias{}, {activation({7, 24}, product), weights("matmul.bias")}, {.tokens = 7}),
         "matmul.output_biased");
}

}  // namespace
}  // namespace ridgepoint
