// The CUDA backend's operators on an emulated GPU, against the reference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "backends/cuda/cuda_backend.h"
#include "backends/registry.h"
#include "harness/run/timed_pass.h"
#include "profiler/span_recorder.h"
#include "tests/support/small_op_case.h"
#include "tests/unit/backends/cuda/emulated_gpu.h"
#include "workloads/graph/op_graph.h"
#include "workloads/ops/operands.h"

namespace ridgepoint {
namespace {

using cuda::Packing;
using Outputs = std::map<std::string, std::vector<float>>;

Outputs run_once(const Backend& backend, const Case& subject) {
  const Graph graph = lower_op(subject);
  const OpInputs inputs = op_inputs(graph, 1);
  const PrepareOptions options{.cache = backend.make_cache(graph)};
  if (const auto fill = lower_op_fill(subject)) {
    const OpInputs fill_inputs = op_inputs(*fill, 2);
    const auto filling = backend.prepare(*fill, fill_inputs.weights, options);
    for (const auto& [id, bytes] : fill_inputs.inputs) filling->write_input(id, bytes);
    filling->run(0);
    filling->synchronise();
  }
  const auto execution = backend.prepare(graph, inputs.weights, options);
  for (const auto& [id, bytes] : inputs.inputs) execution->write_input(id, bytes);
  execution->run(past_of_op(subject));
  execution->synchronise();
  Outputs outputs;
  for (ValueId id = 0; id < graph.values().size(); ++id) {
    const Value& each = graph.value(id);
    if (each.role != Role::output) continue;
    std::vector<std::byte> bytes(static_cast<std::size_t>(bytes_of(each)));
    execution->read_output(id, bytes);
    std::vector<float> numbers(bytes.size() / 4);
    if (each.type == Type::i32) {
      std::vector<std::int32_t> whole(numbers.size());
      std::memcpy(whole.data(), bytes.data(), bytes.size());
      std::ranges::transform(whole, numbers.begin(),
                             [](std::int32_t i) { return static_cast<float>(i); });
    } else {
      std::memcpy(numbers.data(), bytes.data(), bytes.size());
    }
    outputs[each.name] = numbers;
  }
  return outputs;
}

/// The largest difference over the largest magnitude.
double difference(const Outputs& got, const Outputs& wanted) {
  double worst = got.size() == wanted.size() ? 0 : INFINITY;
  for (const auto& [name, numbers] : wanted) {
    const auto& ours = got.at(name);
    double largest = 1e-30, off = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(numbers[i])));
      const double apart = std::abs(static_cast<double>(ours[i]) - static_cast<double>(numbers[i]));
      off = std::isnan(apart) ? INFINITY : std::max(off, apart);
    }
    worst = std::max(worst, off / largest);
  }
  return worst;
}

class CudaOperators : public ::testing::Test {
 protected:
  void expect_agreement(const Case& subject, double tolerance, const Backend& backend) {
    const Outputs wanted = run_once(*reference_, subject), got = run_once(backend, subject);
    EXPECT_LE(difference(got, wanted), tolerance) << to_command_line(subject);
    // Threads that race for what they read and write give something else the other way round.
    const cuda::Backwards backwards;
    EXPECT_EQ(difference(run_once(backend, subject), got), 0) << to_command_line(subject);
  }
  std::unique_ptr<Backend> reference_ = open_backend("reference");
  CudaBackend cuda_{cuda::make_emulated_gpu()};
  CudaBackend without_library_{cuda::make_emulated_gpu({.many_rows = false})};
};

/// Rounding to f32 in sums; 8-bit activations; 16-bit numbers in products of many rows.
constexpr double kFloats = 1e-5, kCodes = 1.5e-2, kHalves = 1e-2;
/// Activations of a row as E4M3, 2^-4 of each; as signed bytes, half a 127th of the row's largest.
constexpr double kRowFloats = 3e-2, kRowCodes = 1e-2;

bool takes_eight_bits(Type type) {
  return type != Type::f32 && type != Type::f16 && type != Type::bf16 && type != Type::fp8 &&
         !std::string(name_of(type)).starts_with("w4");
}

TEST_F(CudaOperators, GiveWhatTheReferenceGives) {
  for (const std::string& op : op_names()) {
    for (const std::int64_t rows : {1, 3, 11}) {
      Case subject =
          small_op_case(op, op == "embedding" || op == "position_embedding" ? "q6_k" : "f32");
      subject.rows = rows;
      if (subject.type == "q6_k") subject.in = subject.out = 256;
      expect_agreement(subject, kFloats, cuda_);
    }
  }
}

TEST_F(CudaOperators, MultiplyFewRowsWithEveryWeightType) {
  for (const TypeInfo& type : types()) {
    if (!type.weight) continue;
    for (const std::int64_t rows : {1, 3, 8}) {
      Case subject = small_op_case("matrix_product", std::string(type.name));
      subject.rows = rows;
      subject.in = 512;
      subject.out = 67;
      expect_agreement(subject, takes_eight_bits(type.type) ? kCodes : kFloats, cuda_);
    }
  }
}

TEST_F(CudaOperators, MultiplyManyRowsWithEveryWeightTypeWithAndWithoutALibrary) {
  for (const TypeInfo& type : types()) {
    if (!type.weight) continue;
    Case subject = small_op_case("matrix_product", std::string(type.name));
    subject.rows = 19;
    subject.in = 256;
    subject.out = 35;
    const bool row_scales = type.type == Type::fp8 || type.type == Type::q8_channel;
    const double bound = type.type == Type::f32 ? kFloats : row_scales ? kRowFloats : kHalves;
    expect_agreement(subject, bound, cuda_);
    const bool plain = type.type == Type::f32 || type.type == Type::f16 || type.type == Type::bf16;
    expect_agreement(subject, plain ? kFloats : bound, without_library_);
  }
}

TEST_F(CudaOperators, MultiplySomeRowsByTilesThatDecodeQuantisedWeights) {
  const CudaBackend in_sixteen_bits(cuda::make_emulated_gpu(), {.eight_bits = false});
  for (const TypeInfo& type : types()) {
    if (!type.weight || type.type == Type::f32 || type.type == Type::f16 ||
        type.type == Type::bf16) {
      continue;
    }
    for (const std::int64_t rows : {9, 16, 33, 64}) {
      Case subject = small_op_case("matrix_product", std::string(type.name));
      subject.rows = rows;
      subject.in = rows == 16 ? 768 : 256;
      subject.out = rows == 33 ? 130 : 61;
      expect_agreement(subject, kHalves, in_sixteen_bits);
    }
  }
}

TEST_F(CudaOperators, MultiplyManyRowsOfFloatsWithTenBitsOnlyWhereAskedTo) {
  const CudaBackend tf32(cuda::make_emulated_gpu(), {.tf32 = true});
  Case subject = small_op_case("matrix_product", "f32");
  subject.rows = 19;
  const double off = difference(run_once(tf32, subject), run_once(*reference_, subject));
  EXPECT_GT(off, kFloats);
  EXPECT_LE(off, kHalves);
  subject.rows = 8;  // few rows never are
  expect_agreement(subject, kFloats, tf32);
}

// ---- eight bits ----

Case eight_bit_product(const std::string& type, std::int64_t out) {
  Case subject = small_op_case("matrix_product", type);
  subject.rows = 70;
  subject.in = 100;  // no whole units
  subject.out = out;
  return subject;
}

TEST_F(CudaOperators, MultiplyManyRowsInEightBitsWithOneScaleARow) {
  for (const auto& [type, packing, bound] :
       {std::tuple{"fp8", Packing::e4m3, kRowFloats},
        std::tuple{"q8_channel", Packing::row_codes, kRowCodes}}) {
    const auto products = std::make_shared<std::vector<Packing>>();
    const CudaBackend backend(cuda::make_emulated_gpu({.products = products}));
    const Case subject = eight_bit_product(type, 48);
    const double off = difference(run_once(backend, subject), run_once(*reference_, subject));
    EXPECT_LE(off, bound) << type;
    EXPECT_GT(off, kFloats) << type;
    EXPECT_EQ(*products, std::vector{packing}) << type;
  }
}

TEST_F(CudaOperators, MultiplySomeRowsInEightBitsWhateverDivides) {
  // One multiprocessor has enough blocks of 64 outputs; many want blocks of 32.
  const CudaBackend few(cuda::make_emulated_gpu({.multiprocessors = 1}));
  const CudaBackend many(cuda::make_emulated_gpu({.multiprocessors = 100}));
  struct Shape {
    std::int64_t rows, in, out;
  };
  for (const Shape& shape : {Shape{9, 32, 1}, Shape{16, 100, 67}, Shape{17, 544, 130},
                             Shape{32, 515, 64}, Shape{45, 1000, 31}, Shape{64, 288, 97}}) {
    for (const auto& [type, bound] :
         {std::tuple{"fp8", kRowFloats}, std::tuple{"q8_channel", kRowCodes}}) {
      Case subject = small_op_case("matrix_product", type);
      subject.rows = shape.rows;
      subject.in = shape.in;
      subject.out = shape.out;
      expect_agreement(subject, bound, few);
      expect_agreement(subject, bound, many);
    }
  }
}

TEST_F(CudaOperators,
       MultiplySomeRowsInEightBitsWithoutALibraryAndInSixteenWhereTheyAreNotToBeHad) {
  Case subject = small_op_case("matrix_product", "fp8");
  subject.rows = 20;
  subject.in = 256;
  const Outputs wanted = run_once(*reference_, subject);
  // In sixteen bits the activations lose 2^-11, in E4M3 2^-4.
  const auto off = [&](const CudaBackend& backend) {
    return difference(run_once(backend, subject), wanted);
  };
  constexpr double kBetween = 2e-3;
  EXPECT_GT(off(without_library_), kBetween);
  EXPECT_LT(off(CudaBackend(cuda::make_emulated_gpu({.capability = 86}))), kBetween);
  EXPECT_LT(off(CudaBackend(cuda::make_emulated_gpu(), {.eight_bits = false})), kBetween);
}

TEST(EmulatedTiles, OfE4m3AreTheSameAsHalves) {
  const auto [by_instruction, as_halves] = cuda::emulated_e4m3_tiles();
  EXPECT_EQ(by_instruction, as_halves);
}

TEST_F(CudaOperators, MultiplyManyRowsInSixteenBitsWhereEightAreNotToBeHad) {
  struct Way {
    const char* type;
    std::int64_t out;
    int capability;
    bool asked;
  };
  for (const Way& way : {Way{"fp8", 35, 90, true}, Way{"fp8", 48, 86, true},
                         Way{"fp8", 48, 90, false}, Way{"q8_channel", 48, 0, true},
                         Way{"q8_channel", 48, 90, false}, Way{"q8_channel", 50, 90, true}}) {
    const auto products = std::make_shared<std::vector<Packing>>();
    const CudaBackend backend(
        cuda::make_emulated_gpu({.capability = way.capability, .products = products}),
        {.eight_bits = way.asked});
    expect_agreement(eight_bit_product(way.type, way.out), kHalves, backend);
    EXPECT_THAT(*products, ::testing::Each(Packing::f16)) << way.type << ' ' << way.out;
  }
}

TEST_F(CudaOperators, KeepWhatIsNotFiniteInProductsOfEightBits) {
  for (const auto& [type, rows] :
       {std::tuple{"fp8", std::size_t{70}}, std::tuple{"fp8", 16UL}, std::tuple{"q8_channel", 70UL},
        std::tuple{"q8_channel", 16UL}}) {
    Case subject = eight_bit_product(type, 16);
    subject.rows = static_cast<std::int64_t>(rows);
    const Graph graph = lower_op(subject);
    OpInputs inputs = op_inputs(graph, 1);
    const auto execution = cuda_.prepare(graph, inputs.weights, {});
    auto& [id, bytes] = *inputs.inputs.begin();
    const std::pair<std::size_t, float> bad_numbers[] = {{3, NAN}, {5, INFINITY}, {6, -INFINITY}};
    for (const auto& [row, bad] : bad_numbers) {
      std::memcpy(bytes.data() + (row * 100 + 7) * sizeof bad, &bad, sizeof bad);
    }
    execution->write_input(id, bytes);
    execution->run(0);
    std::vector<float> out(rows * 16);
    execution->read_output(graph.nodes()[0].output, std::as_writable_bytes(std::span(out)));
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::size_t row = i / 16;
      EXPECT_EQ(std::isfinite(out[i]), row != 3 && row != 5 && row != 6) << type << ' ' << row;
    }
  }
}

TEST_F(CudaOperators, TakeRowsOfAnyLengthWhereTheTypeDoes) {
  for (const char* type : {"f32", "f16", "bf16", "q8_channel", "w4_channel", "fp8"}) {
    for (const std::int64_t rows : {2, 13}) {
      Case subject = small_op_case("matrix_product", type);
      subject.rows = rows;
      subject.in = 101;
      subject.out = 7;
      expect_agreement(subject, kRowFloats, cuda_);
    }
  }
}

struct Shape {
  std::int64_t heads, kv_heads, head_dim, depth, rows, batch;
};

Case attention_case(const Shape& shape, const std::string& kv) {
  Case subject = small_op_case("attention");
  subject.heads = shape.heads;
  subject.kv_heads = shape.kv_heads;
  subject.head_dim = shape.head_dim;
  subject.depth = shape.depth;
  subject.rows = shape.rows;
  subject.batch = shape.batch;
  subject.kv = kv;
  return subject;
}

TEST_F(CudaOperators, AttendOverEveryKvTypeHeadSizeAndDepth) {
  for (const Shape& shape :
       {Shape{4, 1, 80, 0, 1, 1}, Shape{3, 3, 20, 70, 5, 2}, Shape{8, 1, 96, 700, 1, 1},
        Shape{2, 2, 256, 130, 2, 1}, Shape{16, 1, 72, 300, 3, 1}, Shape{1, 1, 8, 1030, 1, 3}}) {
    for (const char* kv : {"f32", "f16", "bf16", "fp8"}) {
      expect_agreement(attention_case(shape, kv), 2e-5, cuda_);
    }
  }
}

TEST_F(CudaOperators, AttendWithManyQueriesOnTensorCores) {
  // Whole tiles and not, a past, heads in groups and alone.
  for (const Shape& shape : {Shape{4, 2, 64, 0, 70, 1}, Shape{2, 2, 128, 37, 33, 2},
                             Shape{6, 2, 64, 100, 11, 1}, Shape{4, 1, 128, 0, 16, 1}}) {
    for (const char* kv : {"f16", "bf16", "fp8"}) {
      expect_agreement(attention_case(shape, kv), 1e-3, cuda_);
    }
  }
}

TEST_F(CudaOperators, AttendWithFewQueriesOnTensorCoresWhoseWarpsShareThem) {
  // Parts of a context and none, warps without a position, several tiles of queries.
  for (const Shape& shape :
       {Shape{8, 1, 128, 700, 1, 1}, Shape{32, 8, 128, 1029, 1, 1}, Shape{4, 4, 64, 0, 1, 2},
        Shape{6, 2, 128, 63, 2, 3}, Shape{16, 1, 64, 300, 3, 1}, Shape{5, 1, 64, 64, 7, 1}}) {
    for (const char* kv : {"f16", "bf16", "fp8"}) {
      expect_agreement(attention_case(shape, kv), 1e-3, cuda_);
    }
    expect_agreement(attention_case(shape, "f32"), 2e-5, cuda_);
  }
}

TEST_F(CudaOperators, RefuseABatchBeyondWhatAGridTakes) {
  EXPECT_TRUE(cuda_.supports(Graph("small", 65'535, 1, 0)).supported);
  EXPECT_FALSE(cuda_.supports(Graph("large", 65'536, 1, 0)).supported);
}

// ---- turns ----

TEST_F(CudaOperators, RunInTurnsAsOneRecordingOverDataOfTheirOwn) {
  constexpr std::size_t kTurns = 3;
  const Case subject = attention_case({4, 2, 32, 5, 1, 1}, "f16");
  const Graph graph = lower_op(subject);
  const Graph fill = *lower_op_fill(subject);
  const auto prepare = [&](std::uint64_t seed, const std::shared_ptr<Cache>& cache) {
    const OpInputs contents = op_inputs(fill, seed);
    const auto filling = cuda_.prepare(fill, contents.weights, {.cache = cache});
    for (const auto& [id, bytes] : contents.inputs) filling->write_input(id, bytes);
    filling->run(0);
    return cuda_.prepare(graph, {}, {.cache = cache, .record = false});
  };
  std::vector<std::unique_ptr<Execution>> turns;
  for (std::size_t turn = 0; turn < kTurns; ++turn) {
    turns.push_back(prepare(turn, cuda_.make_cache(graph)));
  }
  const auto alone = prepare(kTurns - 1, cuda_.make_cache(graph));
  const auto rotated = cuda_.in_turns(std::move(turns));
  EXPECT_EQ(rotated->passes_a_run(), static_cast<std::int64_t>(kTurns));
  EXPECT_EQ(rotated->memory().kv_bytes, 3 * alone->memory().kv_bytes);
  const ValueId output = graph.nodes()[0].output;
  const auto output_of = [&](Execution& execution, std::int64_t past) {
    execution.run(past);
    execution.synchronise();
    std::vector<std::byte> bytes(static_cast<std::size_t>(bytes_of(graph.value(output))));
    execution.read_output(output, bytes);
    return bytes;
  };
  const OpInputs inputs = op_inputs(graph, 9);
  for (Execution* const each : {alone.get(), rotated.get()}) {
    for (const auto& [id, bytes] : inputs.inputs) each->write_input(id, bytes);
  }
  for (const std::int64_t past : {5, 2, 5}) {
    EXPECT_EQ(output_of(*rotated, past), output_of(*alone, past)) << past;
  }
  // Traced, the next turn alone: after as many passes it is the last one's again.
  SpanRecorder recorder(64);
  ASSERT_TRUE(rotated->trace(&recorder).supported);
  EXPECT_EQ(rotated->passes_a_run(), 1);
  EXPECT_NE(output_of(*rotated, 5), output_of(*alone, 5));
  EXPECT_NE(output_of(*rotated, 5), output_of(*alone, 5));
  EXPECT_EQ(output_of(*rotated, 5), output_of(*alone, 5));
  EXPECT_EQ(recorder.sources().size(), 1U);
  EXPECT_EQ(recorder.find_track(kOpsTrack)->spans().size(), kTurns);
  ASSERT_TRUE(rotated->trace(nullptr).supported);
  EXPECT_EQ(output_of(*rotated, 3), output_of(*alone, 3));
  EXPECT_THROW(static_cast<void>(cuda_.in_turns([] {
                 std::vector<std::unique_ptr<Execution>> nobody;
                 nobody.emplace_back();
                 return nobody;
               }())),
               std::logic_error);
}

// ---- time by events ----

TEST_F(CudaOperators, AreTimedByEventsBehindAKernelThatWaitsForTheLaunches) {
  static int holds;
  static std::uint64_t held_ns;
  holds = 0;
  cuda::Launches launches = cuda::emulated_launches();
  launches.clock = [](const cuda::ClockArgs& args, cuda::Stream) {
    ++holds;
    held_ns = args.spin_ns;
  };
  const CudaBackend backend(cuda::make_emulated_gpu({.launches = launches}));
  const Case subject = attention_case({4, 2, 32, 5, 1, 1}, "f16");
  const Graph graph = lower_op(subject);
  const auto execution = backend.prepare(graph, {}, {.cache = backend.make_cache(graph)});
  for (const auto& [id, bytes] : op_inputs(graph, 1).inputs) execution->write_input(id, bytes);
  const auto pass = [&](Execution& each) {
    each.run(2);
    each.synchronise();
  };
  pass(*execution);
  EXPECT_FALSE(execution->device_time().has_value()) << "nobody asked";
  ASSERT_TRUE(execution->time_on_device(true).supported);
  pass(*execution);
  ASSERT_TRUE(execution->device_time().has_value());
  EXPECT_GT(execution->device_time()->ns, 0);
  EXPECT_EQ(holds, 1);
  const std::uint64_t first_ns = held_ns;
  pass(*execution);
  EXPECT_EQ(backend.event_times()->runs, 2);
  EXPECT_GT(backend.event_times()->device_ns, 0);
  // This device computes while it is launched on, so that launches take long, and it is held
  // longer.
  EXPECT_GE(held_ns, first_ns);
  SpanRecorder recorder(64);
  ASSERT_TRUE(execution->trace(&recorder).supported);
  pass(*execution);
  EXPECT_EQ(holds, 2) << "nothing is held while somebody listens";
  EXPECT_EQ(backend.event_times()->runs, 4) << "the run, and the span of its op";
  ASSERT_TRUE(execution->trace(nullptr).supported);
  ASSERT_TRUE(execution->time_on_device(false).supported);
  pass(*execution);
  EXPECT_FALSE(execution->device_time().has_value());

  std::vector<std::unique_ptr<Execution>> turns;
  for (int turn = 0; turn < 3; ++turn) {
    turns.push_back(
        backend.prepare(graph, {}, {.cache = backend.make_cache(graph), .record = false}));
    for (const auto& [id, bytes] : op_inputs(graph, 1).inputs) turns.back()->write_input(id, bytes);
  }
  const auto rotated = backend.in_turns(std::move(turns));
  ASSERT_TRUE(rotated->time_on_device(true).supported);
  const TimedPass timed = timed_pass(*rotated, 2);
  EXPECT_EQ(timed.device_ns, rotated->device_time()->ns);
  EXPECT_EQ(timed.duration_ns(), timed.device_ns / 3);
  EXPECT_LT(timed.device_ns, timed.end_ns - timed.start_ns);
}

TEST_F(CudaOperators, AreTimedByTheHostWhereThereIsNoDevice) {
  const auto reference = open_backend("reference");
  const Graph graph = lower_op(attention_case({4, 2, 32, 5, 1, 1}, "f16"));
  const auto execution = reference->prepare(graph, {}, {.cache = reference->make_cache(graph)});
  EXPECT_FALSE(execution->time_on_device(true).supported);
  EXPECT_FALSE(execution->device_time().has_value());
  EXPECT_FALSE(reference->event_times().has_value());
  const TimedPass passed{.start_ns = 5, .end_ns = 25, .passes = 2};
  EXPECT_EQ(passed.duration_ns(), 10);
}

/// Tokens drawn from the same logits, by sequence.
std::vector<std::int32_t> drawn(const Backend& backend, const Sample& op, std::int64_t vocab,
                                std::int64_t past) {
  constexpr std::int64_t kBatch = 4;
  Graph graph("draw", kBatch, 1, 0);
  const ValueId logits =
      graph.add_value({.name = "logits", .role = Role::input, .shape = {kBatch, vocab}});
  const ValueId token = graph.add_node("next", op, {logits});
  graph.mark_output(token);
  std::vector<float> values(static_cast<std::size_t>(kBatch * vocab));
  std::uint32_t state = 11;
  for (float& value : values) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<float>(state >> 28U) * 0.25F - 2.0F;  // many equal ones
  }
  const auto execution = backend.prepare(graph, {}, {});
  execution->write_input(logits, std::as_bytes(std::span(values)));
  execution->run(past);
  execution->synchronise();
  std::vector<std::int32_t> tokens(kBatch);
  execution->read_output(token, std::as_writable_bytes(std::span(tokens)));
  return tokens;
}

TEST_F(CudaOperators, DrawTheReferencesTokens) {
  for (const std::int64_t top_k : {0, 1, 5, 40, 100'000}) {
    for (const std::int64_t vocab : {3, 700}) {
      for (const double temperature : {0.3, 4.0}) {
        const Sample op{.temperature = temperature, .top_k = top_k, .seed = 9};
        EXPECT_EQ(drawn(cuda_, op, vocab, 7), drawn(*reference_, op, vocab, 7))
            << "top_k " << top_k << ", vocabulary " << vocab << ", temperature " << temperature;
      }
    }
  }
}

TEST_F(CudaOperators, ChooseTheLowestAmongTheLargest) {
  for (const std::int64_t vocab : {1, 31, 1000, 5003}) {
    Case subject = small_op_case("sample");
    subject.in = vocab;
    subject.batch = 3;
    expect_agreement(subject, 0, cuda_);
  }
}

}  // namespace
}  // namespace ridgepoint
