// Streaming on a model of three layers: whatever comes from the disk, the logits are those with all
// weights in memory. Never the times.
#include "harness/streaming/streaming.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <tuple>

#include "backends/registry.h"
#include "backends/session.h"
#include "harness/loading/disk_rates.h"
#include "harness/streaming/apart.h"
#include "harness/streaming/cold_pages.h"
#include "harness/streaming/direct_feed.h"
#include "harness/streaming/leftovers.h"
#include "harness/streaming/mapped_feed.h"
#include "harness/streaming/memory_group.h"
#include "harness/streaming/stream_plan.h"
#include "tests/support/error_of.h"
#include "tests/support/temporary_folder.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"
#include "workloads/formats/write_model.h"
#include "workloads/models/shapes.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> streamed_names(const StreamPlan& plan) {
  std::vector<std::string> names;
  for (const StreamGroup& group : plan.groups) {
    if (!group.resident) names.push_back(group.name);
  }
  return names;
}

class StreamingTest : public ::testing::Test {
 protected:
  Model tiny(Type type) {
    write_synthetic_gguf("tiny", type, 7, 1, folder_ / "tiny.gguf");
    return load_model(folder_ / "tiny.gguf");
  }

  std::unique_ptr<StreamedWeights> open_feed(StreamWay way, const Model& model,
                                             const StreamPlan& plan) {
    const auto scratch = folder_ / "scratch";
    if (way == StreamWay::direct) return std::make_unique<DirectFeed>(model, plan, scratch, 3);
    return std::make_unique<MappedFeed>(model, plan, scratch, way == StreamWay::mapped);
  }

  static SessionOptions options_with(WeightFeed* feed) {
    // Pieces of four tokens: all but the last of a prompt leave the output out.
    return {.batch = 1, .capacity = 32, .threads = 2, .prefill_rows = 4, .feed = feed};
  }

  /// Logits after a prompt in pieces, and after each of three steps.
  static std::vector<float> logits_of(Session& session) {
    std::vector<float> all;
    const auto add = [&] {
      const auto logits = session.logits();
      all.insert(all.end(), logits.begin(), logits.end());
    };
    session.forward(std::vector<std::int32_t>{5, 900, 17, 3, 44, 8, 1023, 0, 12, 77});
    add();
    for (int step = 0; step < 3; ++step) {
      session.forward(std::vector<std::int32_t>{session.next_tokens().front()});
      add();
    }
    return all;
  }

  TemporaryFolder folder_;
};

TEST_F(StreamingTest, PlansLayersInTheOrderOfAStepAndKeepsWhatTheBudgetAllows) {
  const Model model = tiny(Type::f16);
  const auto backend = open_backend("cpu");
  const StreamPlan plan = plan_stream(model, *backend);
  ASSERT_EQ(plan.groups.size(), 4U);
  EXPECT_EQ(plan.groups[1].name, "blk.1");
  EXPECT_EQ(plan.groups[1].weights.size(), 7U);
  EXPECT_EQ(plan.groups[3].name, "output.weight");
  EXPECT_EQ(plan.fixed_bytes, 0);
  EXPECT_EQ(plan.resident_share(), 1);
  EXPECT_EQ(plan.groups[0].weights[0].file, std::filesystem::canonical(folder_ / "tiny.gguf"));

  EXPECT_THAT(streamed_names(with_budget(plan, 0)),
              ElementsAre("blk.0", "blk.1", "blk.2", "output.weight"));
  const StreamPlan half = with_budget(plan, plan.bytes() / 2);
  EXPECT_LE(half.bytes() - half.streamed_bytes(), plan.bytes() / 2);
  EXPECT_LE(half.resident_share(), 0.5);
  EXPECT_GT(half.resident_share(), 0.2);
  EXPECT_THAT(streamed_names(with_budget(plan, plan.bytes())), ElementsAre());
}

TEST_F(StreamingTest, NeverPlansForWeightsThatLieInNoFile) {
  const Model model = synthesise_model("tiny", Type::f16, 1, 1);
  EXPECT_THAT(error_of([&] { return plan_stream(model, *open_backend("cpu")); }),
              HasSubstr("none of its weights lies in a file"));
}

TEST(BuffersInTurn, NeverGiveNeighboursTheSame) {
  for (const std::size_t groups : {2U, 3U, 4U, 5U, 8U, 9U}) {
    const auto buffers = buffers_in_turn(groups);
    for (std::size_t i = 0; i < groups; ++i) {
      EXPECT_NE(buffers[i], buffers[(i + 1) % groups]) << groups << " groups, " << i;
    }
    EXPECT_EQ(std::set(buffers.begin(), buffers.end()).size(), groups % 2 == 0 ? 2U : 3U);
  }
  EXPECT_THAT(buffers_in_turn(1), ElementsAre(0));
}

TEST_F(StreamingTest, ChangesNoLogitWhateverTheBackendTheWayAndTheShare) {
  const std::tuple<const char*, Type> subjects[] = {
      {"reference", Type::q4_0},
      {"cpu", Type::f16},
      {"quantized", Type::q8_0},   // read where it lies
      {"quantized", Type::q4_0}};  // put into tiles
  for (const auto& [name, type] : subjects) {
    const Model model = tiny(type);
    const auto backend = open_backend(name);
    const auto truth = logits_of(*backend->open_session(model, options_with(nullptr)));
    const StreamPlan plan = plan_stream(model, *backend);
    for (const StreamWay way : {StreamWay::mapped, StreamWay::direct, StreamWay::limited}) {
      for (const double share : {0.0, 0.3, 0.8}) {
        SCOPED_TRACE(std::string(name) + " " + std::string(name_of(way)) + " " +
                     std::to_string(share));
        const StreamPlan kept =
            with_budget(plan, static_cast<std::int64_t>(share * static_cast<double>(plan.bytes())));
        const auto feed = open_feed(way, model, kept);
        const Model fed = feed->model();
        const auto session = backend->open_session(fed, options_with(feed.get()));
        EXPECT_EQ(logits_of(*session), truth);
        EXPECT_GE(feed->step_bytes(), kept.streamed_bytes());
        EXPECT_LE(feed->step_bytes(), kept.streamed_bytes() * 5 / 4) << "tiles, in whole pages";
      }
    }
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "scratch"));
}

TEST_F(StreamingTest, LeavesNothingThatIsStreamedInThePageCache) {
  const Model model = tiny(Type::f16);
  const auto backend = open_backend("cpu");
  const StreamPlan plan = with_budget(plan_stream(model, *backend), 0);
  for (const StreamWay way : {StreamWay::mapped, StreamWay::direct}) {
    const auto feed = open_feed(way, model, plan);
    const Model fed = feed->model();
    const auto session = backend->open_session(fed, options_with(feed.get()));
    const auto before = bytes_from_storage();
    logits_of(*session);
    const auto after = bytes_from_storage();
    const auto cached = feed->cached_share();
    ASSERT_TRUE(cached) << cached.why();
    if (cached.value() == 1) GTEST_SKIP() << "kept as a whole: small, or in memory";
    EXPECT_LT(cached.value(), 0.3) << name_of(way);
    ASSERT_TRUE(before && after);
    // Six passes; in the pieces of the prompt the output is left out twice.
    EXPECT_GT(after.value() - before.value(), 4 * plan.streamed_bytes()) << name_of(way);
  }
}

TEST_F(StreamingTest, FindsAFileOfAnyName) {
  for (const char* name : {"two lines\n.gguf", "a\\012.gguf"}) {
    SCOPED_TRACE(name);
    std::filesystem::remove(folder_ / "tiny.gguf");
    write_synthetic_gguf("tiny", Type::f16, 7, 1, folder_ / name);
    const Model model = load_model(folder_ / name);
    const StreamPlan plan = plan_stream(model, *open_backend("cpu"));
    ASSERT_FALSE(plan.groups.empty());
    EXPECT_EQ(plan.groups[0].weights[0].file, std::filesystem::canonical(folder_ / name));
  }
}

TEST_F(StreamingTest, SaysWhenTheFileBecameShorter) {
  const Model model = tiny(Type::f16);
  const auto backend = open_backend("cpu");
  const StreamPlan plan = with_budget(plan_stream(model, *backend), 0);
  DirectFeed feed(model, plan, folder_ / "scratch", 1);
  const Model fed = feed.model();
  const auto session = backend->open_session(fed, options_with(&feed));
  const StreamedWeight& last = plan.groups[2].weights.back();
  std::filesystem::resize_file(folder_ / "tiny.gguf",
                               static_cast<std::uintmax_t>(last.offset / 4096 * 4096));
  EXPECT_THAT(error_of([&] { return logits_of(*session); }), HasSubstr("became shorter"));
}

TEST_F(StreamingTest, NeedsABackendThatStreams) {
  const Model model = tiny(Type::f16);
  const auto backend = open_backend("null");
  EXPECT_FALSE(backend->streams().supported);
  EXPECT_THAT(backend->streams().reason, HasSubstr("'null' reads weights only where"));
}

TEST_F(StreamingTest, MeasuresWhatTheDiskGives) {
  tiny(Type::f16);
  const auto direct = measure_direct_rate(folder_.file("tiny.gguf"), 1 << 20);
  if (direct) {
    EXPECT_GT(direct.value().bytes_per_second, 0);
    EXPECT_GE(direct.value().readers, 1);
  }
  EXPECT_THAT(measure_direct_rate(folder_.file("none"), 1 << 20).why(), HasSubstr("No such file"));
  EXPECT_FALSE(measure_mapped_rate(folder_.file("none"), 1 << 20, 1));
}

const std::atomic<bool> kNeverStops{false};

TEST(Apart, SaysWhatBecameOfTheWork) {
  EXPECT_EQ(run_apart([] { return std::string("done"); }, kNeverStops).answer, "done");
  EXPECT_EQ(run_apart([]() -> std::string { throw Error("a reason"); }, kNeverStops).problem,
            "a reason");
  const ApartResult killed = run_apart(
      [] {
        std::raise(SIGKILL);
        return std::string("not reached");
      },
      kNeverStops);
  EXPECT_EQ(killed.signal, SIGKILL);
  EXPECT_FALSE(killed.came_out());
  const std::string large(5 << 20, 'x');
  EXPECT_EQ(run_apart([&] { return large; }, kNeverStops).answer, large);
}

TEST(Apart, EndsWhenItIsToStop) {
  std::atomic<bool> stop{false};
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop = true;
  });
  const ApartResult result = run_apart(
      []() -> std::string {
        for (;;) ::pause();
      },
      stop);
  later.join();
  EXPECT_TRUE(result.stopped);
}

TEST(MemoryGroups, HoldTheirProcessesOrSayWhyNot) {
  const auto own = [] {
    std::string text;
    std::getline(std::ifstream("/proc/self/cgroup"), text, '\0');
    return text;
  };
  const std::string before = own();
  const auto group = MemoryGroup::make();
  if (!group) {
    EXPECT_NE(group.why(), "");
    GTEST_SKIP() << group.why();
  }
  EXPECT_THAT(MemoryGroup::make().why(), HasSubstr("there already"));
  const ApartResult inside = run_apart(
      [&] {
        group.value()->enter();
        return own();
      },
      kNeverStops);
  EXPECT_THAT(inside.answer, HasSubstr("ridgepoint-"));
  EXPECT_EQ(own(), before) << "this process stays where it is";
  EXPECT_FALSE(group.value()->ran_out());

  constexpr std::size_t kLimit = 32 << 20;
  const ApartResult outgrown = run_apart(
      [&] {
        group.value()->enter();
        group.value()->set_limit(kLimit);
        std::vector<char> much(4 * kLimit, 1);
        return std::to_string(much.back());
      },
      kNeverStops);
  EXPECT_EQ(outgrown.signal, SIGKILL);
  EXPECT_TRUE(group.value()->ran_out()) << "it was the kernel, for memory";
}

TEST(Leftovers, OfProcessesThatAreGoneAreRemoved) {
  TemporaryFolder folder;
  const std::string gone = run_apart([] { return std::to_string(::getpid()); }, kNeverStops).answer;
  const auto stale = folder.path() / ("ridgepoint-" + gone + ".weights");
  const auto live = folder.path() / own_name(".weights");
  const auto other = folder.path() / ("ridgepoint-" + gone + ".gguf");
  const auto named = folder.path() / "ridgepoint-mine.weights";
  for (const auto& path : {stale, live, other, named}) std::ofstream(path) << "x";
  remove_leftovers(folder.path(), ".weights");
  EXPECT_FALSE(std::filesystem::exists(stale));
  for (const auto& path : {live, other, named}) EXPECT_TRUE(std::filesystem::exists(path)) << path;
}

/// Its table of tokens is the output matrix, too, and stays, so it is larger than a limit of no
/// share of the weights and what is left beside them.
TEST_F(StreamingTest, ALimitLeavesRoomForWhatAlwaysStays) {
#ifdef RIDGEPOINT_SANITIZED
  GTEST_SKIP() << "a sanitizer's shadow memory counts against the limit";
#endif
  if (const auto group = MemoryGroup::make(); !group) GTEST_SKIP() << group.why();
  ModelConfig config = *find_shape("tiny");
  config.hidden = 2048;
  config.vocab = 65'536;
  config.tied_embeddings = true;
  const std::string file = folder_.file("table.gguf");
  write_gguf_model(synthesise_model(config, Type::q4_0, 1, 2), Type::q4_0, nullptr, file);
  Case variant;
  variant.model = file;
  variant.backend = "quantized";
  StreamingOptions options;
  options.ways = {StreamWay::limited};
  options.shares = {0};
  options.steps = 1;
  options.folder = folder_.path();
  Streaming streaming = predict_streaming(
      variant, options, [](const std::string&) {}, kNeverStops);
  ASSERT_EQ(streaming.points.size(), 1U);
  ASSERT_GT(streaming.fixed_bytes, 64 << 20) << "or the limit would do without it";
  measure_streaming(
      streaming, [](const StreamingPoint&) {}, kNeverStops);
  EXPECT_EQ(streaming.points[0].absent + streaming.points[0].wrong, "");
  EXPECT_EQ(streaming.points[0].step_ns.size(), 1U);
}

TEST_F(StreamingTest, IsPredictedMeasuredAndStored) {
  tiny(Type::f16);
  Case variant;
  variant.model = folder_.file("tiny.gguf");
  variant.backend.clear();
  StreamingOptions options;
  options.shares = {0, 0.5};
  options.steps = 2;
  options.folder = folder_.path();
  Streaming streaming = predict_streaming(
      variant, options, [](const std::string&) {}, kNeverStops);
  if (streaming.direct_rate <= 0) GTEST_SKIP() << "no O_DIRECT here";
  ASSERT_EQ(streaming.points.size(), 4U);
  EXPECT_GT(streaming.points[0].predicted_seconds, streaming.points[1].predicted_seconds)
      << "the more is in memory";
  EXPECT_EQ(streaming.model.variant.backend, "cpu");

  Store store(folder_.file("runs.db"), OpenMode::read_write);
  const std::atomic<bool> never{false};
  int seen = 0;
  const auto id = run_streaming(
      store, streaming, true, "label", "ridgepoint wall --streamed",
      [&](const StreamingPoint& point) {
        EXPECT_EQ(point.absent + point.wrong, "") << name_of(point.way);
        ++seen;
      },
      never);
  EXPECT_EQ(seen, 4);
  const auto records = store.records(id);
  ASSERT_EQ(records.size(), 7U) << "predictions, in memory, four points, the score";
  EXPECT_EQ(records[2].subject.name, "streamed, tiny.gguf, mapped, share 0.00");
  EXPECT_EQ(records[2].measurement.find("decode_step")->samples.size(), 2U);
  EXPECT_TRUE(records[2].measurement.metrics.contains("prediction_error"));
  EXPECT_TRUE(records[1].measurement.metrics.contains("decode_tokens_per_second"));
  EXPECT_THAT(records[6].details, HasSubstr("points_not_scored"));
  EXPECT_THAT(streaming_text(streaming), HasSubstr("knee, direct: predicted at"));
}

TEST_F(StreamingTest, ClosesItsRunWhateverEndsIt) {
  Streaming streaming;
  streaming.model.outline = tiny(Type::f16);
  streaming.model.variant.model = "tiny.gguf";
  streaming.model.variant.backend = "cpu";
  streaming.model.need.weight_bytes = 2;
  streaming.model.need.available_bytes = 1;
  streaming.points.emplace_back().absent = "not asked for";
  Store store(folder_.file("runs.db"), OpenMode::read_write);
  const auto ends = [](const StreamingPoint&) { throw Error("what nobody thought of"); };
  EXPECT_THAT(error_of([&] {
                run_streaming(store, streaming, true, "", "ridgepoint wall", ends, kNeverStops);
              }),
              HasSubstr("nobody thought of"));
  ASSERT_EQ(store.runs().size(), 1U);
  EXPECT_EQ(store.runs()[0].status, "interrupted");
}

TEST(StreamingScore, LeavesOutWhatIsNotToBeTrusted) {
  Streaming streaming;
  streaming.model.variant.model = "tiny.gguf";
  streaming.step_seconds = streaming.roof_seconds = 0.01;
  streaming.weight_bytes = 1'000'000'000;
  streaming.mapped_rate = 1e9;
  streaming.options.ways = {StreamWay::mapped};
  StreamingPoint point;
  point.predicted_seconds = 1.01;
  point.streamed_bytes = streaming.weight_bytes;
  point.step_ns = {1'010'000'000};
  streaming.points.assign(3, point);
  EXPECT_EQ(streaming.scored(), 3);
  const double knee = streaming.knees()[0].measured_share.value();
  // From the page cache in a tenth of the time, and other logits.
  streaming.points[1].step_ns = {101'000'000};
  streaming.points[1].doubt = "it was not cold";
  streaming.points[2].step_ns = {101'000'000};
  streaming.points[2].wrong = "its logits are others";
  EXPECT_NEAR(streaming.mean_absolute_error(), 0, 1e-9);
  EXPECT_DOUBLE_EQ(streaming.knees()[0].measured_share.value(), knee);
  EXPECT_EQ(streaming.scored(), 1);
  EXPECT_EQ(streaming.not_scored(), 2);
  EXPECT_THAT(streaming_text(streaming), HasSubstr("over 1 point\nnot scored: 2 points"));
  streaming.points.erase(streaming.points.begin());
  EXPECT_FALSE(streaming.knees()[0].measured_share.has_value());
  EXPECT_THAT(streaming_text(streaming), ::testing::Not(HasSubstr("mean absolute error")));
}

TEST(StreamingText, SaysWhatIsAbsentOfTheDiskAndWhatIsSmall) {
  Streaming streaming;
  streaming.model.variant.model = "tiny.gguf";
  streaming.step_seconds = streaming.roof_seconds = 0.01;
  streaming.weight_bytes = 1'000'000;
  streaming.mapped_absent = "it stayed in the page cache";
  streaming.direct_absent = "its file system is memory";
  EXPECT_THAT(streaming_text(streaming),
              ::testing::AllOf(
                  HasSubstr("through mapped pages absent: it stayed in the page cache"),
                  HasSubstr("past the page cache absent: its file system is memory"),
                  HasSubstr("1.00 MB are little"), ::testing::Not(HasSubstr("the disk: 0 B/s"))));
  streaming.weight_bytes = 1'000'000'000;
  EXPECT_THAT(streaming_text(streaming), ::testing::Not(HasSubstr("are little")));
}

TEST_F(StreamingTest, HoldsTheWaysAgainstEachOtherWhereMemoryDoesNotHoldTheModel) {
  tiny(Type::f16);
  Case variant;
  variant.model = folder_.file("tiny.gguf");
  variant.backend.clear();
  StreamingOptions options;
  options.shares = {0, 0.5};
  options.steps = 1;
  options.folder = folder_.path();
  Streaming streaming = predict_streaming(
      variant, options, [](const std::string&) {}, kNeverStops);
  if (streaming.direct_rate <= 0) GTEST_SKIP() << "no O_DIRECT here";
  streaming.model.need.available_bytes = streaming.model.need.weight_bytes - 1;

  Store store(folder_.file("runs.db"), OpenMode::read_write);
  const std::atomic<bool> never{false};
  const auto id = run_streaming(
      store, streaming, true, "", "ridgepoint wall --streamed",
      [](const StreamingPoint& point) {
        EXPECT_EQ(point.absent + point.wrong, "") << name_of(point.way);
        EXPECT_FALSE(point.step_ns.empty());
      },
      never);
  EXPECT_TRUE(streaming.resident_ns.empty());
  const auto records = store.records(id);
  ASSERT_EQ(records.size(), 7U);
  EXPECT_EQ(records[1].outcome, Outcome::unsupported);
  EXPECT_THAT(records[1].reason, HasSubstr("do not fit"));
  EXPECT_THAT(records[6].details, HasSubstr("points_not_scored"));
  EXPECT_THAT(streaming_text(streaming), HasSubstr("not measured: "));
}

}  // namespace
}  // namespace ridgepoint
