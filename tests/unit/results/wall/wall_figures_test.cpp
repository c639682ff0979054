#include "results/wall/wall_figures.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "workloads/models/shapes.h"

namespace ridgepoint {
namespace {

WallFigures example_figures() {
  WallFigures figures;
  figures.model = "tinyllama-1.1b";
  figures.type = "q8_0";
  figures.engine = "quantized 1.0";
  figures.kv = "f16";
  figures.load = {40e9, 45e9, 50e9};
  figures.costs.by_rows = {{1, 2e-11}, {16, 5e-11}};
  figures.costs.kv = {{1, 2048, 9e-11}, {16, 512, 9e-11}};
  figures.costs.attention = {{1, 2048, 3e-12}};
  figures.need = {.available_bytes = 100, .weight_bytes = 50, .kv_bytes_per_token = 2};
  figures.shape = *find_shape("tinyllama-1.1b");
  return figures;
}

TEST(WallFigures, ComeBackFromARecord) {
  const auto back = wall_figures_from_json(to_json(example_figures()));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->costs.by_rows, example_figures().costs.by_rows);
  EXPECT_EQ(back->costs.kv, example_figures().costs.kv);
  EXPECT_EQ(back->costs.attention, example_figures().costs.attention);
  EXPECT_EQ(back->load, example_figures().load);
  EXPECT_EQ(back->shape->layers, find_shape("tinyllama-1.1b")->layers);
  EXPECT_EQ(back->shape->architecture, Architecture::llama);
  EXPECT_EQ(kv_bytes_per_token(*back->shape, Type::f16),
            kv_bytes_per_token(*example_figures().shape, Type::f16));
}

TEST(WallFigures, AreNoneWhereSomethingLacks) {
  auto json = to_json(example_figures());
  json.erase("shape");
  EXPECT_FALSE(wall_figures_from_json(json)->shape.has_value()) << "records from before";
  json["seconds_per_kv_byte"] = 7e-11;
  EXPECT_EQ(wall_figures_from_json(json)->costs.seconds_per_kv_byte(4, 500), 7e-11)
      << "one cost for all, in records from before";
  json.erase("engine");
  EXPECT_FALSE(wall_figures_from_json(json).has_value());
  EXPECT_FALSE(wall_figures_from_json(3).has_value());
}

}  // namespace
}  // namespace ridgepoint
