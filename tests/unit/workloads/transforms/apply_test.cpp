#include "workloads/transforms/apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "tests/support/error_of.h"
#include "tests/support/random_model.h"
#include "tests/unit/workloads/formats/golden.h"
#include "workloads/formats/load_model.h"
#include "workloads/models/shapes.h"
#include "workloads/tensor/convert.h"
#include "workloads/tensor/fp8.h"
#include "workloads/tensor/unaligned.h"
#include "workloads/transforms/parse.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::vector<float> values_of(const TensorView& view) {
  const auto length = static_cast<std::size_t>(view.row_length());
  std::vector<float> values(length * static_cast<std::size_t>(view.rows()));
  for (std::int64_t row = 0; row < view.rows(); ++row) {
    to_float(view.type, view.row(row),
             std::span(values).subspan(static_cast<std::size_t>(row) * length, length));
  }
  return values;
}

Transformed transformed(const Model& model, const std::string& text, int threads = 2) {
  return apply_transform(model, parse_transform(text), threads);
}

/// A llama whose matrices have rows of odd lengths: 70 for most, 33 for ffn_down.
Model odd_model() {
  ModelConfig config = *find_shape("tiny");
  config.layers = 2;
  config.hidden = 70;
  config.heads = 5;
  config.kv_heads = 1;
  config.head_dim = 14;
  config.ffn = 33;
  config.vocab = 11;
  return random_model(config);
}

/// Overwrites one element of an f32 model.
void put(Model& model, const std::string& name, std::size_t index, float value) {
  auto copy = std::make_shared<std::vector<float>>(values_of(model.weights.at(name)));
  copy->at(index) = value;
  model.weights.at(name).bytes = std::as_bytes(std::span(*copy));
  model.storage.push_back(copy);
}

/// How far an element may be off, from the steps of the row that it is in.
float bound_of(const ToType& to, std::span<const float> row, float value, float tensor_largest) {
  float least = 0, most = 0;
  for (const float each : row) {
    least = std::min(least, each);
    most = std::max(most, each);
  }
  const float largest = std::max(-least, most);
  constexpr float kHalfPrecision = 1.0F / 1024;  // a scale rounded up to f16
  switch (to.type) {
    case Type::q8_channel:
      return largest / 127 / 2;
    case Type::w4_channel:
      return (most - least) / 15 / 2 * (1 + kHalfPrecision);
    case Type::fp8:
      return std::max(std::fabs(value) / 16,
                      fp8_scale(to.tensor_scale ? tensor_largest : largest) * 0x1p-10F);
    case Type::f16:
      return std::max(std::fabs(value) * 0x1p-11F, 0x1p-25F);
    case Type::bf16:
      return std::fabs(value) * 0x1p-8F;
    default:
      return std::numeric_limits<float>::quiet_NaN();
  }
}

class EveryRowTransform : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryRowTransform, OfOddShapesErrsByItsStepsAtTheMost) {
  const Model model = odd_model();
  const auto result = transformed(model, GetParam());
  const ToType to = std::get<ToType>(parse_transform(GetParam()).otherwise);
  int matrices = 0;
  for (const TensorPlan& plan : tensor_plan(model.config)) {
    const TensorView& before = model.weights.at(plan.name);
    const TensorView& after = result.model.weights.at(plan.name);
    const auto was = values_of(before), is = values_of(after);
    EXPECT_EQ(before.shape, after.shape);
    if (!plan.matrix) {
      EXPECT_EQ(after.type, Type::f32) << plan.name;
      EXPECT_EQ(was, is) << plan.name;
      continue;
    }
    ++matrices;
    EXPECT_EQ(after.type, to.type) << plan.name;
    EXPECT_EQ(after.bytes.size(), static_cast<std::size_t>(byte_count(to.type, after.shape)));
    float largest = 0;
    for (const float value : was) largest = std::max(largest, std::fabs(value));
    const auto length = static_cast<std::size_t>(before.row_length());
    for (std::size_t i = 0; i < was.size(); ++i) {
      const auto row = std::span(was).subspan(i / length * length, length);
      ASSERT_LE(std::fabs(is[i] - was[i]), bound_of(to, row, was[i], largest) * (1 + 1e-4F))
          << plan.name << " element " << i;
      if (i < length) {
        ASSERT_EQ(is[i], 0.0F) << "a row of zeros";
      }
    }
  }
  EXPECT_EQ(result.report.changes.size(), static_cast<std::size_t>(matrices));
}

INSTANTIATE_TEST_SUITE_P(Every, EveryRowTransform,
                         ::testing::Values("q8", "w4a16:group=channel", "fp8", "fp8:scale=tensor",
                                           "f16", "bf16"),
                         [](const auto& param) {
                           std::string name = param.param;
                           for (char& letter : name) {
                             letter = std::isalnum(static_cast<unsigned char>(letter)) != 0 ? letter
                                                                                            : '_';
                           }
                           return name;
                         });

TEST(Transform, ReportsTheErrorThatTheWeightsShow) {
  const Model model = odd_model();
  const auto result = transformed(model, "w4a16:group=channel");
  double all_errors = 0, all_energy = 0;
  std::int64_t before = 0, after = 0;
  for (const TensorChange& change : result.report.changes) {
    const auto was = values_of(model.weights.at(change.name));
    const auto is = values_of(result.model.weights.at(change.name));
    double error = 0, energy = 0;
    for (std::size_t i = 0; i < was.size(); ++i) {
      error += std::pow(static_cast<double>(is[i]) - was[i], 2);
      energy += std::pow(was[i], 2);
    }
    EXPECT_NEAR(change.relative_error, std::sqrt(error / energy), 1e-12) << change.name;
    EXPECT_GT(change.relative_error, 0.02);
    EXPECT_LT(change.relative_error, 0.1);
    EXPECT_LE(change.relative_error, result.report.worst()->relative_error);
    all_errors += error;
    all_energy += energy;
    before += change.bytes_before;
    after += change.bytes_after;
  }
  EXPECT_NEAR(result.report.relative_error, std::sqrt(all_errors / all_energy), 1e-12);
  EXPECT_EQ(result.report.bytes_before, model.weight_bytes());
  EXPECT_EQ(result.report.bytes_after, result.model.weight_bytes());
  EXPECT_EQ(result.report.bytes_before - result.report.bytes_after, before - after);
  EXPECT_EQ(result.model.weight_type, "w4_channel");
}

TEST(Transform, IsTheSameForAnyNumberOfThreads) {
  const Model model = synthesise_model("byte-llama-6m", Type::f16, 3, 2);
  for (const char* text :
       {"q8", "w4a16:group=64", "fp8:scale=tensor", "q4_k_m", "auto:error=0.02"}) {
    const auto one = transformed(model, text, 1);
    const auto three = transformed(model, text, 3);
    EXPECT_EQ(fingerprint(one.model), fingerprint(three.model)) << text;
    EXPECT_EQ(one.report.relative_error, three.report.relative_error) << text;
  }
}

TEST(Transform, MixesByNameAndKeepsWhatItIsNotAskedFor) {
  const Model model = synthesise_model("byte-llama-6m", Type::f16, 3, 2);
  const auto result = transformed(model, "q8+ffn_down=f32+attn_v=w4a16:group=64+output=keep");
  for (const auto& [name, view] : result.model.weights) {
    const Type expected = name.find("norm") != std::string::npos       ? Type::f32
                          : name.find("ffn_down") != std::string::npos ? Type::f32
                          : name.find("attn_v") != std::string::npos   ? Type::w4_g64
                          : name == "output.weight"                    ? Type::f16
                                                                       : Type::q8_channel;
    EXPECT_EQ(view.type, expected) << name;
  }
  EXPECT_EQ(result.model.weights.at("output.weight").bytes.data(),
            model.weights.at("output.weight").bytes.data());
  EXPECT_EQ(result.model.config.name, model.config.name);
  EXPECT_TRUE(result.model.synthetic);
  EXPECT_NE(fingerprint(result.model), fingerprint(model));
}

TEST(Transform, OfAllMatricesLetsGoOfTheOldBytes) {
  auto storage = std::make_shared<int>(1);
  Model model = odd_model();
  model.storage.push_back(storage);
  const auto some = transformed(model, "ffn_down=q8");
  EXPECT_EQ(storage.use_count(), 3);
  const auto all = transformed(model, "q8");
  EXPECT_EQ(storage.use_count(), 3);
  EXPECT_EQ(values_of(all.model.weights.at("output_norm.weight")),
            values_of(model.weights.at("output_norm.weight")));
}

TEST(Transform, OfAMappedModelSaysWhichBytesAreNoLongerOfTheFile) {
  const auto result =
      transformed(load_model(golden_path("models/llama/model.gguf")), "keep+ffn_down=q8");
  EXPECT_TRUE(result.model.weights.at("blk.0.ffn_up.weight").mapped);
  EXPECT_FALSE(result.model.weights.at("blk.0.ffn_down.weight").mapped);
}

TEST(Transform, ThatKeepsEverythingChangesNothing) {
  const Model model = odd_model();
  for (const char* text : {"keep", "f32", "auto:error=1e-12"}) {
    const auto result = transformed(model, text);
    EXPECT_EQ(fingerprint(result.model), fingerprint(model)) << text;
    EXPECT_TRUE(result.report.changes.empty()) << text;
    EXPECT_EQ(result.report.worst(), nullptr);
    EXPECT_EQ(result.report.relative_error, 0) << text;
  }
}

TEST(Transform, ToATensorsScaleStoresOneScaleInEveryRow) {
  const auto result = transformed(odd_model(), "fp8:scale=tensor");
  const TensorView& view = result.model.weights.at("blk.0.ffn_up.weight");
  for (std::int64_t row = 0; row < view.rows(); ++row) {
    EXPECT_EQ(load_unaligned<float>(view.row(row).data()),
              load_unaligned<float>(view.row(0).data()));
  }
}

TEST(AutomaticTransform, TakesTheFewestBytesThatStayBelowTheBound) {
  const Model model = synthesise_model("byte-llama-6m", Type::f32, 3, 2);
  for (const double bound : {0.2, 0.08, 0.02, 0.009, 0.001, 1e-4}) {
    const auto result = transformed(model, "auto:error=" + std::to_string(bound));
    for (const TensorPlan& plan : tensor_plan(model.config)) {
      if (!plan.matrix) continue;
      const TensorView& before = model.weights.at(plan.name);
      const TensorView& after = result.model.weights.at(plan.name);
      // By hand: every type, its error, its bytes.
      std::size_t fewest = before.bytes.size();
      for (const TypeInfo& info : types()) {
        if (!info.weight) continue;
        const auto alone =
            apply_transform(model, Transform{Keep{}, {{plan.name, ToType{info.type}}}}, 2);
        const double error = alone.report.changes.empty() ? 0 : alone.report.relative_error;
        if (error <= bound) {
          fewest = std::min(fewest, alone.model.weights.at(plan.name).bytes.size());
        }
      }
      EXPECT_EQ(after.bytes.size(), fewest) << plan.name << " at " << bound;
      if (plan.name == "blk.0.attn_q.weight") break;  // the first few say it
    }
    for (const TensorChange& change : result.report.changes) {
      EXPECT_LE(change.relative_error, bound) << change.name;
    }
  }
}

TEST(AutomaticTransform, ChoosesAmongWhatItIsGiven) {
  const Model model = synthesise_model("byte-llama-6m", Type::f16, 3, 2);
  for (const auto& change : transformed(model, "auto:error=0.5:among=q8_0/q4_k").report.changes) {
    EXPECT_EQ(change.to, Type::q4_k) << change.name;
  }
  for (const auto& change : transformed(model, "auto:error=0.03:among=q8_0/q4_k").report.changes) {
    EXPECT_EQ(change.to, Type::q8_0) << change.name;
  }
  EXPECT_TRUE(transformed(model, "auto:error=0.001:among=q8_0/q4_k").report.changes.empty());
}

TEST(AutomaticTransform, LeavesOutTypesWhoseBlocksDoNotFit) {
  const auto result = transformed(odd_model(), "auto:error=0.2");
  for (const TensorChange& change : result.report.changes) {
    EXPECT_EQ(change.to, Type::w4_channel) << change.name;
  }
}

TEST(Transform, RefusesWeightsThatAreNotFinite) {
  using Limits = std::numeric_limits<float>;
  for (const auto& [strange, shown] :
       std::map<float, std::string>{{Limits::infinity(), "inf"}, {-Limits::infinity(), "-inf"}}) {
    Model model = odd_model();
    put(model, "blk.1.ffn_up.weight", 70 * 5 + 17, strange);
    for (const char* text : {"q8", "auto:error=0.1", "fp8:scale=tensor", "f16"}) {
      EXPECT_EQ(error_of([&] { return transformed(model, text); }),
                "tensor 'blk.1.ffn_up.weight': element 17 of row 5 is " + shown +
                    "; a transform needs finite weights");
    }
    EXPECT_NO_THROW(transformed(model, "ffn_down=q8"));
  }
  Model model = odd_model();
  put(model, "blk.0.attn_q.weight", 3, Limits::quiet_NaN());
  EXPECT_THAT(error_of([&] { return transformed(model, "q8"); }),
              HasSubstr("'blk.0.attn_q.weight': element 3 of row 0 is nan"));
}

TEST(Transform, RefusesWhatATypeCannotHold) {
  Model model = odd_model();
  put(model, "output.weight", 100, 1e6F);
  EXPECT_THAT(
      error_of([&] { return transformed(model, "f16"); }),
      AllOf(HasSubstr("'output.weight'"), HasSubstr("f16 cannot hold"), HasSubstr("1000000")));
  EXPECT_NO_THROW(transformed(model, "q8"));
  EXPECT_NO_THROW(transformed(model, "auto:error=0.9"));
  put(model, "output.weight", 100, 1e9F);
  EXPECT_THAT(error_of([&] { return transformed(model, "w4a16:group=channel"); }),
              HasSubstr("w4_channel cannot hold"));
}

TEST(Transform, RefusesRowsThatAreNotWholeBlocksAndPatternsThatFitNothing) {
  const Model model = odd_model();
  EXPECT_THAT(error_of([&] { return transformed(model, "q8:group=64"); }),
              AllOf(HasSubstr("tensor 'token_embd.weight'"), HasSubstr("70 elements"),
                    HasSubstr("blocks of 64")));
  EXPECT_THAT(error_of([&] { return transformed(model, "q8+ffn_don=f16"); }),
              AllOf(HasSubstr("'ffn_don'"), HasSubstr("(did you mean 'ffn_down'?)")));
  EXPECT_THAT(error_of([&] { return transformed(model, "blk.2=q8"); }), HasSubstr("'blk.2'"));
  EXPECT_THAT(error_of([&] { return transformed(model, "attn_norm=q8"); }),
              HasSubstr("no matrix of this model"));
}

TEST(Transform, TakesModelsOfAnyFormat) {
  for (const char* name : {"llama", "llama3", "qwen2", "gpt2", "gpt2-f16", "llama/model.gguf",
                           "gpt2/model.gguf", "llama-blocks/model-q8_0.gguf"}) {
    const Model model = load_model(golden_path(std::string("models/") + name));
    const auto result = transformed(model, "q8");
    EXPECT_GT(result.report.changes.size(), 10U) << name;
    EXPECT_LT(result.report.relative_error, 0.02) << name;
    EXPECT_EQ(result.model.weight_type, "q8_channel") << name;
  }
}

}  // namespace
}  // namespace ridgepoint
