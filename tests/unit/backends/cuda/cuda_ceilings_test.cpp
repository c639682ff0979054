// What a GPU can do at the most: its kernels on the emulated device, and the figures made of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "backends/cuda/cuda_backend.h"
#include "backends/cuda/device_ceilings.h"
#include "backends/registry.h"
#include "tests/support/error_of.h"
#include "tests/unit/backends/cuda/emulated_gpu.h"

namespace ridgepoint::cuda {
namespace {

using ::testing::HasSubstr;

class CudaCeilings : public ::testing::Test {
 protected:
  ~CudaCeilings() override {
    for (std::byte* const each : taken_) gpu_->release(each);
  }
  template <typename T>
  T* put(const std::vector<T>& values) {
    auto* const memory = gpu_->allocate(values.size() * sizeof(T));
    taken_.push_back(memory);
    gpu_->copy_in(memory, std::as_bytes(std::span(values)));
    return reinterpret_cast<T*>(memory);
  }
  std::shared_ptr<Device> gpu_ = make_emulated_gpu();
  std::vector<std::byte*> taken_;
};

std::vector<std::uint32_t> counted_words(std::size_t count) {
  std::vector<std::uint32_t> words(count);
  for (std::size_t i = 0; i < count; ++i) words[i] = static_cast<std::uint32_t>(i * 2654435761U);
  return words;
}

TEST_F(CudaCeilings, LoadsSeeEveryWordOnceATurnWhateverDivides) {
  constexpr std::int64_t kBlocks = 3, kThreads = 512;
  for (const std::int64_t count : {std::int64_t{5}, kBlocks * kThreads * 5 + 17}) {
    const auto words = counted_words(static_cast<std::size_t>(count * 4));
    auto* const from = put(words);
    auto* const seen = put(std::vector<std::uint32_t>(kBlocks * kThreads * 4, 0xffffffffU));
    gpu_->launches().stream({.kind = StreamKind::load,
                             .from = reinterpret_cast<const Sixteen*>(from),
                             .to = reinterpret_cast<Sixteen*>(seen),
                             .count = count,
                             .turns = 3,
                             .blocks = kBlocks},
                            gpu_->stream());
    std::uint32_t wanted = 0, got = 0;
    for (const std::uint32_t word : words) wanted ^= word;
    for (std::int64_t i = 0; i < kBlocks * kThreads * 4; ++i) got ^= seen[i];
    EXPECT_EQ(got, wanted) << count;
  }
}

TEST_F(CudaCeilings, CopiesTriadsAndStoresWriteWhatTheySay) {
  constexpr std::int64_t kCount = 2000;
  std::vector<float> left(kCount * 4), right(kCount * 4);
  for (std::size_t i = 0; i < left.size(); ++i) {
    left[i] = static_cast<float>(i % 97);
    right[i] = static_cast<float>(i % 31);
  }
  auto* const from = put(left);
  auto* const other = put(right);
  auto* const to = put(std::vector<float>(left.size() + 4, -1.0F));
  StreamArgs args{.from = reinterpret_cast<const Sixteen*>(from),
                  .other = reinterpret_cast<const Sixteen*>(other),
                  .to = reinterpret_cast<Sixteen*>(to),
                  .count = kCount,
                  .turns = 2,
                  .blocks = 2,
                  .factor = 0.5F};
  for (const StreamKind kind : {StreamKind::copy, StreamKind::triad, StreamKind::store}) {
    args.kind = kind;
    gpu_->launches().stream(args, gpu_->stream());
    for (std::size_t i = 0; i < left.size(); ++i) {
      const float wanted = kind == StreamKind::copy    ? left[i]
                           : kind == StreamKind::triad ? left[i] + 0.5F * right[i]
                                                       : 0.5F;
      ASSERT_EQ(to[i], wanted) << i;
    }
    EXPECT_EQ(to[left.size()], -1.0F) << "past the end";
  }
}

constexpr TileType kTileTypes[] = {TileType::f16, TileType::bf16, TileType::tf32, TileType::int8,
                                   TileType::e4m3};

/// Small whole numbers, which are exact in every type and in every sum.
std::vector<std::uint32_t> small_seeds(TileType type) {
  std::vector<std::uint32_t> seeds(kChainSeeds);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const auto choice = [&](std::size_t k) {
      return static_cast<std::size_t>(static_cast<std::uint32_t>((4 * i + k) * 2654435761U) >> 9U) %
             5;
    };
    const auto small = [&](std::size_t k) { return static_cast<float>(choice(k)) - 2; };
    switch (type) {
      case TileType::f16:
        seeds[i] = f16_of(small(0)) | static_cast<std::uint32_t>(f16_of(small(1))) << 16U;
        break;
      case TileType::bf16:
        seeds[i] = bf16_of(small(0)) | static_cast<std::uint32_t>(bf16_of(small(1))) << 16U;
        break;
      case TileType::tf32:
        seeds[i] = bits_of_float(small(0));
        break;
      case TileType::int8:
      case TileType::e4m3:
        // Of e4m3 0x38 is 1, 0x40 is 2, 0xb8 is -1, 0x30 a half.
        for (std::size_t k = 0; k < 4; ++k) {
          constexpr std::uint32_t kNumbers[] = {0x38, 0x40, 0xb8, 0x00, 0x30};
          const std::uint32_t byte = type == TileType::e4m3
                                         ? kNumbers[choice(k)]
                                         : static_cast<std::uint8_t>(static_cast<int>(small(k)));
          seeds[i] |= byte << (8 * k);
        }
        break;
    }
  }
  return seeds;
}

/// Number `within` of a word.
double number_of(std::uint32_t word, TileType type, int within) {
  const auto place = static_cast<unsigned>(within);
  switch (type) {
    case TileType::f16:
      return static_cast<double>(float_of_f16(word >> (16 * place) & 0xffffU));
    case TileType::bf16:
      return static_cast<double>(float_of_bf16(word >> (16 * place) & 0xffffU));
    case TileType::tf32:
      return static_cast<double>(float_of_bits(word));
    case TileType::e4m3:
      return static_cast<double>(float_of_e4m3(word >> (8 * place) & 0xffU));
    case TileType::int8:
      return static_cast<std::int8_t>(word >> (8 * place) & 0xffU);
  }
  return 0;
}

double sum_of(std::uint32_t bits, TileType type) {
  return type == TileType::int8 ? static_cast<std::int32_t>(bits)
                                : static_cast<double>(float_of_bits(bits));
}

/// Of 16 by 8 outputs, one product of the tile whose registers are `seeds`, six a lane.
std::vector<double> tile_of(const std::vector<std::uint32_t>& seeds, TileType type) {
  const int inputs = static_cast<int>(tile_inputs(type)), each = inputs / 8;
  const auto number = [&](int lane, int word, int within) {
    return number_of(seeds[static_cast<std::size_t>(lane * 6 + word) % kChainSeeds], type, within);
  };
  std::vector<double> out(16 * 8);
  for (int row = 0; row < 16; ++row) {
    for (int column = 0; column < 8; ++column) {
      double sum = 0;
      for (int k = 0; k < inputs; ++k) {
        // PTX ISA, fragments: groups of four lanes hold 4 * each neighbours of k.
        const int lane_k = k % (4 * each) / each, upper = k / (4 * each);
        sum += number(row % 8 * 4 + lane_k, row / 8 + 2 * upper, k % each) *
               number(column * 4 + lane_k, 4 + upper, k % each);
      }
      out[static_cast<std::size_t>(row * 8 + column)] = sum;
    }
  }
  return out;
}

TEST_F(CudaCeilings, TilesOfEveryTypeAreProductsAddedUpOnceATurn) {
  constexpr std::int64_t kTurns = 3;
  for (const TileType type : kTileTypes) {
    const auto seeds = small_seeds(type);
    auto* const out = put(std::vector<std::uint32_t>(kChainThreads * 4));
    gpu_->launches().chain({.kind = ChainKind::tile,
                            .tile = type,
                            .turns = kTurns,
                            .blocks = 1,
                            .seeds = put(seeds),
                            .out = out},
                           gpu_->stream());
    const auto wanted = tile_of(seeds, type);
    for (int thread = 0; thread < kChainThreads; ++thread) {
      for (int i = 0; i < 4; ++i) {
        const int row = thread % 32 / 4 + i / 2 * 8, column = thread % 4 * 2 + i % 2;
        ASSERT_EQ(sum_of(out[thread * 4 + i], type),
                  static_cast<double>(kTurns) * wanted[static_cast<std::size_t>(row * 8 + column)])
            << static_cast<int>(type) << " " << row << " " << column;
      }
    }
  }
}

TEST_F(CudaCeilings, ProductsOfWarpgroupsAreThoseOfTheirRowsAndColumns) {
  constexpr std::int64_t kTurns = 2;
  for (const TileType type : kTileTypes) {
    const auto seeds = small_seeds(type);
    auto* const out = put(std::vector<std::uint32_t>(kChainThreads * kWarpgroupOuts));
    gpu_->launches().chain({.kind = ChainKind::warpgroup_tile,
                            .tile = type,
                            .turns = kTurns,
                            .blocks = 1,
                            .seeds = put(seeds),
                            .out = out},
                           gpu_->stream());
    // All inputs of a row are multiplied once a turn, 32 bytes at a time.
    const int a_word = static_cast<int>(tile_inputs(type)) / 8;
    const auto number = [&](int row, int k) {
      return number_of(seeds[static_cast<std::size_t>(operand_seed(row, k / a_word))], type,
                       k % a_word);
    };
    for (int row = 0; row < 128; ++row) {
      for (int column = 0; column < 256; ++column) {
        double wanted = 0;
        for (int k = 0; k < 32 * a_word; ++k) wanted += number(row, k) * number(128 + column, k);
        // PTX ISA, wgmma's accumulators: four warps have sixteen rows each; a lane has two
        // neighbours of each eight columns, then the same of the row eight further down.
        const int thread = row / 16 * 32 + row % 8 * 4 + column % 8 / 2;
        const int i = column / 8 * 4 + row % 16 / 8 * 2 + column % 2;
        ASSERT_EQ(sum_of(out[thread * kWarpgroupOuts + i], type),
                  static_cast<double>(kTurns) * wanted)
            << static_cast<int>(type) << " " << row << " " << column;
      }
    }
  }
}

/// What is said of a ceiling that is absent; nothing of one that is there.
std::string why_absent(const ceilings::Measured& measured, std::string_view what) {
  const auto found = std::ranges::find(measured.ceilings, what, &ceilings::Ceiling::what);
  return found == measured.ceilings.end() ? "there is no such line" : found->why_absent;
}

ceilings::Measured measured_quickly(const EmulatedGpuOptions& options) {
  const CudaBackend backend(make_emulated_gpu(options));
  const std::atomic<bool> never{false};
  return backend.measure_ceilings(
      {.largest_bytes = 1 << 18, .step = 4, .batches = 1, .batch_ns = 1, .product_size = 16},
      never);
}

TEST_F(CudaCeilings, InstructionsThatADeviceOrABuildLacksAreAbsentWithTheReason) {
  const auto hopper = measured_quickly({.capability = 90});
  EXPECT_EQ(why_absent(hopper, "mma e4m3 m16n8k32"), "");
  EXPECT_EQ(why_absent(hopper, "wgmma e4m3 m64n256k32"), "");
  for (const int capability : {80, 89, 100}) {
    const auto other = measured_quickly({.capability = capability});
    EXPECT_THAT(why_absent(other, "wgmma bf16 m64n256k16"), HasSubstr("sm_90a alone"));
    EXPECT_EQ(why_absent(other, "mma e4m3 m16n8k32").empty(), capability >= 89);
  }
  // A build for other architectures: their kernels run, and do nothing.
  static const auto* const compiled = &emulated_launches();
  Launches without = *compiled;
  without.chain = [](const ChainArgs& args, Stream stream) {
    if (args.kind != ChainKind::warpgroup_tile) compiled->chain(args, stream);
  };
  const auto lacking = measured_quickly({.capability = 90, .launches = without});
  EXPECT_EQ(why_absent(lacking, "mma e4m3 m16n8k32"), "");
  EXPECT_THAT(why_absent(lacking, "wgmma fp16 m64n256k16"), HasSubstr("ARCHITECTURES=90a-real"));
}

TEST_F(CudaCeilings, ChainsStayFiniteAndSharedMemoryGivesWhatIsInIt) {
  std::vector<std::uint32_t> seeds = counted_words(kChainSeeds);
  auto* const out = put(std::vector<std::uint32_t>(2 * kChainThreads));
  ChainArgs args{
      .kind = ChainKind::fma, .turns = 1001, .blocks = 2, .seeds = put(seeds), .out = out};
  gpu_->launches().chain(args, gpu_->stream());
  std::set<std::uint32_t> different;
  for (int i = 0; i < 2 * kChainThreads; ++i) {
    EXPECT_TRUE(std::isfinite(float_of_bits(out[i])));
    different.insert(out[i]);
  }
  EXPECT_GT(different.size(), 100U) << "chains came to rest";
  args.kind = ChainKind::shared;
  for (const std::int64_t turns : {1, 2, 3}) {
    args.turns = turns;
    gpu_->launches().chain(args, gpu_->stream());
    for (int thread = 0; thread < kChainThreads; ++thread) {
      std::uint32_t wanted = 0;
      for (int i = 0; i < kSharedLoads; ++i) {
        for (int w = 0; w < 4; ++w) {
          const int owner = (thread + i * 32) % kChainThreads;
          wanted += seeds[static_cast<std::size_t>(owner * 4 + w) % kChainSeeds] +
                    static_cast<std::uint32_t>(owner);
        }
      }
      wanted *= static_cast<std::uint32_t>(turns);
      ASSERT_EQ(out[thread], wanted) << thread;
      ASSERT_NE(out[thread], 0U) << "as where nothing was loaded, " << thread;
    }
  }
}

TEST_F(CudaCeilings, KernelsThatEveryDeviceHasAreNeverAbsentForALackingInstruction) {
  Launches nothing = emulated_launches();
  nothing.chain = [](const ChainArgs&, Stream) {};
  const auto measured = measured_quickly({.capability = 90, .launches = nothing});
  for (const char* what : {"shared", "cuda cores f32 fma"}) {
    EXPECT_THAT(why_absent(measured, what), HasSubstr("left nothing")) << what;
  }
}

TEST_F(CudaCeilings, TheClockIsCyclesOverTheTimeInWhichTheyWentBy) {
  auto* const room = put(std::vector<std::uint64_t>(2));
  const double hz = device_clock_hz(*gpu_, reinterpret_cast<std::byte*>(room), 3200);
  EXPECT_NEAR(hz, 2e9, 0.1e9);  // what the emulated device's clock runs at
}

TEST_F(CudaCeilings, MeasuringGivesEachKindWithItsIntervalAndALastLevel) {
  const CudaBackend backend(gpu_);
  DeviceCeilingOptions options{
      .largest_bytes = 600 * 1024, .step = 2, .batches = 3, .batch_ns = 1000, .product_size = 32};
  std::vector<std::string> heard;
  options.progress = [&](const std::string& what) { heard.push_back(what); };
  const std::atomic<bool> never{false};
  const auto measured = backend.measure_ceilings(options, never);
  EXPECT_FALSE(measured.interrupted);
  EXPECT_GT(heard.size(), 10U);
  std::set<std::string> outermost, kinds;
  for (const auto& ceiling : measured.ceilings) {
    kinds.insert(ceiling.what);
    EXPECT_EQ(ceiling.why_absent, "") << ceiling.what;  // this device has all of them
    EXPECT_GT(ceiling.estimate.value, 0) << ceiling.what;
    EXPECT_LE(ceiling.estimate.low, ceiling.estimate.value);
    EXPECT_GE(ceiling.estimate.high, ceiling.estimate.value);
    if (ceiling.level == "outermost") outermost.insert(ceiling.what);
  }
  EXPECT_EQ(outermost, (std::set<std::string>{"load", "copy", "triad", "store"}));
  for (const char* what :
       {"cuda cores f32 fma", "shared", "mma bf16 m16n8k16", "wgmma tf32 m64n256k8",
        "cuBLASLt fp16", "cuBLASLt int8", "cycles over the device's timer"}) {
    EXPECT_TRUE(kinds.contains(what)) << what;
  }
  EXPECT_EQ(measured.curves.size(), 4U);
}

TEST_F(CudaCeilings, MeasuringStopsWhenAsked) {
  const CudaBackend backend(gpu_);
  const std::atomic<bool> stop{true};
  const auto measured = backend.measure_ceilings({.largest_bytes = 1 << 18}, stop);
  EXPECT_TRUE(measured.interrupted);
  EXPECT_TRUE(measured.ceilings.empty());
}

TEST_F(CudaCeilings, ProductsAreAbsentWhereThereIsNoLibrary) {
  EXPECT_EQ(why_absent(measured_quickly({.many_rows = false}), "cuBLASLt bf16"), "none");
}

TEST_F(CudaCeilings, TheBackendEmptiesMoreThanTwiceTheCacheAndReadsTheClock) {
  const CudaBackend backend(make_emulated_gpu({.l2_bytes = 10'000}));
  EXPECT_EQ(backend.evict_device_cache(), 30'000);
  EXPECT_EQ(backend.evict_device_cache(), 30'000);
  ASSERT_TRUE(backend.device_clock_hz().has_value());
  EXPECT_NEAR(*backend.device_clock_hz(), 2e9, 0.1e9);
  const CudaBackend unknown(make_emulated_gpu({.l2_bytes = 0}));
  EXPECT_EQ(unknown.evict_device_cache(), 0);
}

TEST_F(CudaCeilings, TheBackendSaysWhatItHoldsOfTheDevicesMemory) {
  const CudaBackend backend(make_emulated_gpu({.l2_bytes = 10'000, .memory_bytes = 1 << 22}));
  EXPECT_EQ(backend.evict_device_cache(), 30'000);
  const auto memory = backend.device_memory();
  ASSERT_TRUE(memory.has_value());
  EXPECT_GE(memory->peak.scratch_bytes, 30'000);
  EXPECT_GE(memory->pool_bytes, memory->peak.scratch_bytes);
  EXPECT_EQ(memory->driver_used_bytes, memory->pool_bytes);
  EXPECT_EQ(memory->library_peak_bytes, 3000) << "beside the pool";
  EXPECT_EQ(memory->driver_total_bytes, 1 << 22);
}

TEST(CudaCeilingsOf, AProcessorAreRefused) {
  const std::atomic<bool> never{false};
  const auto backend = open_backend("reference");
  EXPECT_THAT(error_of([&] { static_cast<void>(backend->measure_ceilings({}, never)); }),
              HasSubstr("without --device"));
}

}  // namespace
}  // namespace ridgepoint::cuda
