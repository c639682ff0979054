// How work is cut for the device: every output, query and position belongs to exactly one place.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "backends/cuda/attention_plan.h"
#include "backends/cuda/product_plan.h"

namespace ridgepoint::cuda {
namespace {

TEST(ProductPlan, GivesEveryOutputToOnePairOfWarpsWhateverTheSplit) {
  for (const int split : {1, 2, 4, 8}) {
    FewRowsArgs args;
    args.count = 3;
    args.split = split;
    args.parts[0].matrix.out = 37;
    args.parts[1].matrix.out = 1;
    args.parts[2].matrix.out = 64;
    std::map<std::pair<int, std::int64_t>, int> members;
    for (std::int64_t block = 0; block < product_blocks(args); ++block) {
      for (int warp = 0; warp < kProductWarps; ++warp) {
        const OutputPlace place = output_place(args, block, warp);
        ASSERT_LT(place.part, 3);
        for (std::int64_t o = place.first; o < place.first + kOutputsAWarp; ++o) {
          if (o < args.parts[place.part].matrix.out) ++members[{place.part, o}];
        }
      }
    }
    EXPECT_EQ(members.size(), 37U + 1U + 64U);
    for (const auto& [output, count] : members) EXPECT_EQ(count, split) << output.second;
  }
}

TEST(ProductPlan, GivesEveryGatedOutputToOneWarpWhateverTheSplit) {
  for (const int split : {1, 2, 4, 8}) {
    FewRowsArgs args;
    args.count = 2;
    args.gated = true;
    args.split = split;
    args.parts[0].matrix.out = args.parts[1].matrix.out = 37;
    std::map<std::int64_t, int> members;
    for (std::int64_t block = 0; block < product_blocks(args); ++block) {
      for (int warp = 0; warp < kProductWarps; ++warp) {
        const OutputPlace place = output_place(args, block, warp);
        ASSERT_EQ(place.part, 0);
        if (place.first < 37) ++members[place.first];
      }
    }
    EXPECT_EQ(members.size(), 37U);
    for (const auto& [output, count] : members) EXPECT_EQ(count, split) << output;
  }
}

TEST(ProductPlan, SplitsInputsOnlyWhereOutputsAreTooFew) {
  constexpr std::int64_t kMultiprocessors = 132;
  EXPECT_EQ(choose_split(128'256, 4096, Format::bf16, kMultiprocessors), 1);
  EXPECT_GT(choose_split(1024, 4096, Format::bf16, kMultiprocessors), 1);
  EXPECT_EQ(choose_split(64, 128, Format::q4, kMultiprocessors), 1) << "nothing to share";
  for (const std::int64_t outputs : {1, 100, 1000, 10'000, 100'000}) {
    const int split = choose_split(outputs, 8192, Format::q8, kMultiprocessors);
    EXPECT_EQ(kProductWarps % split, 0);
  }
}

TEST(ProductPlan, DecodesOutputsWhoseResultsBeginWhereTheLibraryTakesThem) {
  constexpr std::int64_t kBytes = 64 << 20;
  for (const std::int64_t in : {32, 5632, 11008, 14336, 1 << 20, 1 << 24}) {
    const std::int64_t some = decoded_outputs(1'000'000, 2 * in, kBytes);
    EXPECT_EQ(some * static_cast<std::int64_t>(sizeof(float)) % 256, 0) << in;
    EXPECT_GE(some, 64) << in;
    EXPECT_LE(some * 2 * in, std::max<std::int64_t>(kBytes, 64 * 2 * in)) << in;
    EXPECT_EQ(decoded_outputs(7, 2 * in, kBytes), 7) << "all at once";
  }
}

TEST(AttentionPlan, CutsAContextIntoPartsThatMeet) {
  for (const std::int64_t positions : {1, 63, 64, 65, 1000, 32'768}) {
    for (const std::int64_t splits : {1, 2, 7, 100}) {
      std::int64_t next = 0;
      for (std::int64_t split = 0; split < splits; ++split) {
        const ContextPart part = context_part(positions, split, splits);
        EXPECT_EQ(part.begin, next);
        EXPECT_LE(part.begin, part.end);
        next = part.end;
      }
      EXPECT_EQ(next, positions);
    }
  }
}

TEST(AttentionPlan, PutsEveryQueryAndPartAtAPlaceOfItsOwn) {
  AttentionArgs args;
  args.batch = 2;
  args.tokens = 3;
  args.heads = 6;
  args.keys.heads = 2;
  args.keys.dim = 16;
  args.splits = 4;
  std::map<std::int64_t, int> queries, partials;
  for (std::int64_t s = 0; s < args.batch; ++s) {
    for (std::int64_t h = 0; h < args.keys.heads; ++h) {
      for (std::int64_t q = 0; q < queries_a_head(args); ++q) {
        ++queries[query_place(args, s, h, q)];
        for (std::int64_t p = 0; p < args.splits; ++p) ++partials[partial_place(args, s, h, q, p)];
      }
    }
  }
  EXPECT_EQ(queries.size(), 2U * 3U * 6U);
  EXPECT_EQ(queries.rbegin()->first, (2 * 3 * 6 - 1) * 16);
  EXPECT_EQ(partials.size(), 2U * 3U * 6U * 4U);
  EXPECT_EQ(partials.rbegin()->first, (2 * 3 * 6 * 4 - 1) * 18);
}

TEST(AttentionPlan, LeavesAThreadEightElementsOfEachQueryAtTheMost) {
  for (std::int64_t pitch = 8; pitch <= kMostHeadDim; pitch += 8) {
    for (const std::int64_t queries : {1, 2, 4, 5, 100}) {
      const int tile = choose_tile(queries, pitch);
      EXPECT_LE(tile * pitch / 8, 128) << pitch;
      EXPECT_LE(tile, kMostTile);
    }
    EXPECT_GE(lanes_a_key(pitch / 8) * 8, pitch);
    EXPECT_LE(lanes_a_key(pitch / 8), 32);
  }
}

TEST(AttentionPlan, SplitsALongContextForFewHeadsOnly) {
  EXPECT_EQ(choose_splits(8, 128, 132, 6), 1) << "too short";
  EXPECT_GT(choose_splits(8, 32'768, 132, 3), 32);
  EXPECT_EQ(choose_splits(2048, 32'768, 132, 6), 1) << "enough blocks without";
  for (const std::int64_t items : {1, 8, 24, 100}) {
    EXPECT_LE(items * choose_splits(items, 131'072, 132, 3), 3 * 132) << "more than run at once";
  }
}

}  // namespace
}  // namespace ridgepoint::cuda
