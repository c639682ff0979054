#include "dashboard/models/timeline_index.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <algorithm>
#include <limits>
#include <random>

#include "dashboard/models/counter_index.h"
#include "dashboard/models/range_table.h"
#include "results/store/trace_of.h"
#include "tests/unit/dashboard/profiled_data.h"

namespace ridgepoint {
namespace {

Trace trace_of_spans(std::vector<Span> spans) {
  Trace trace;
  trace.sources = {{"", {"a", "b", "c.long"}}};
  trace.lines = {{"line", std::move(spans), 0}};
  return trace;
}

std::vector<Span> random_spans(std::size_t count) {
  std::mt19937 random(3);
  std::vector<Span> spans;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    at += random() % 3 == 0 ? random() % 4000 : 10;
    const std::int64_t length = 1 + random() % (random() % 100 == 0 ? 100'000 : 300);
    spans.push_back({at, at + length, 0, static_cast<std::uint32_t>(random() % 3)});
    at += length;
  }
  return spans;
}

TEST(TimelineIndex, PutsWhatBeginsWithinAnotherSpanBelowIt) {
  // Kept in the order in which they ended.
  const TimelineIndex index(
      trace_of_spans({{10, 20, 0, 1}, {30, 40, 0, 1}, {0, 100, 0, 0}, {110, 120, 0, 2}}));
  ASSERT_EQ(index.lanes.size(), 2U);
  EXPECT_EQ(index.lanes[0].begin_ns, (std::vector<std::int64_t>{0, 110}));
  EXPECT_EQ(index.lanes[1].begin_ns, (std::vector<std::int64_t>{10, 30}));
  EXPECT_EQ(index.lanes[1].depth, 1);
  EXPECT_EQ(index.begin_ns, 0);
  EXPECT_EQ(index.end_ns, 120);
  EXPECT_EQ(index.spans, 4);
}

TEST(TimelineIndex, ShowsInEveryColumnWhatAllSpansTogetherWouldShow) {
  const auto spans = random_spans(20'000);
  const TimelineIndex index(trace_of_spans(spans));
  const auto end = static_cast<double>(index.end_ns);
  for (const double column_ns : {end / 700, end / 9000, 40.0}) {
    const double from_ns = end * 0.31;
    std::vector<TimelineColumn> columns(600);
    std::vector<std::uint32_t> wide;
    index.look(index.lanes[0], from_ns, column_ns, nullptr, nullptr, columns, 3, wide);
    std::vector<double> truth(columns.size());
    for (const Span& span : spans) {
      const double first = (static_cast<double>(span.begin_ns) - from_ns) / column_ns;
      const double last = (static_cast<double>(span.end_ns) - from_ns) / column_ns;
      for (auto i = static_cast<std::ptrdiff_t>(std::max(first, 0.0));
           i < static_cast<std::ptrdiff_t>(columns.size()) && static_cast<double>(i) < last; ++i) {
        const auto left = static_cast<double>(i);
        truth[static_cast<std::size_t>(i)] +=
            std::max(0.0, std::min(last, left + 1) - std::max(first, left));
      }
    }
    double sum = 0, found = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      sum += truth[i];
      found += static_cast<double>(columns[i].busy);
      EXPECT_LE(columns[i].busy, 1.001F);
      // A block that is narrower than a column is taken to be busy evenly.
      EXPECT_NEAR(static_cast<double>(columns[i].busy), truth[i], 0.75) << i;
    }
    EXPECT_NEAR(found, sum, 0.01 * sum) << column_ns;
  }
}

TEST(TimelineIndex, FindsSpansByWordsAndStepsThroughThem) {
  auto spans = random_spans(3000);
  for (Span& span : spans) span.op = 0;
  spans[100].op = spans[2500].op = 2;
  const TimelineIndex index(trace_of_spans(spans));
  const auto matches = index.find("LONG c");
  EXPECT_EQ(matches.count, 2);
  const auto first = index.next_match(matches, -1, true);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(*first, (TimelineSpan{0, 100}));
  const auto second = index.next_match(matches, spans[100].begin_ns, true);
  EXPECT_EQ(second.value(), (TimelineSpan{0, 2500}));
  EXPECT_FALSE(index.next_match(matches, spans[2500].begin_ns, true).has_value());
  EXPECT_EQ(index.next_match(matches, spans[2500].begin_ns, false).value(), *first);
  EXPECT_FALSE(index.find("nothing").any());
  EXPECT_FALSE(index.find("").any());
  EXPECT_EQ(index.find_op("c.long").count, 2);
  std::vector<TimelineColumn> columns(1);
  std::vector<std::uint32_t> wide;
  index.look(index.lanes[0], 0, static_cast<double>(index.end_ns), &matches.blocks[0],
             &matches.names, columns, 3, wide);
  EXPECT_TRUE(columns[0].matches) << "two of 3000 spans in one column";
}

TEST(TimelineIndex, HoldsNothingWithoutSpans) {
  const TimelineIndex index(trace_of_spans({}));
  EXPECT_TRUE(index.lanes.empty());
  EXPECT_LT(index.begin_ns, index.end_ns);
  EXPECT_TRUE(index.within(0, 100).empty());
  EXPECT_FALSE(index.span_at(0, 5).has_value());
}

TEST(CounterIndex, FindsTheHighestWithinAnyStretch) {
  std::mt19937 random(5);
  TracedCounter counter{"c", "bytes/s", {}};
  for (std::int64_t i = 0; i < 5000; ++i) {
    counter.points.push_back({i * 10, static_cast<double>(random() % 100'000)});
  }
  const CounterIndex index(counter);
  EXPECT_EQ(index.highest_within(-100, -50), 0);
  for (int i = 0; i < 300; ++i) {
    const std::int64_t from = random() % 50'000;
    const std::int64_t to = from + 1 + random() % 20'000;
    double truth = 0;
    for (std::size_t k = 0; k < counter.points.size(); ++k) {
      const std::int64_t until = counter.points[k].at_ns + 10;
      if (counter.points[k].at_ns < to && (until > from || k + 1 == counter.points.size())) {
        truth = std::max(truth, counter.points[k].value);
      }
    }
    EXPECT_EQ(index.highest_within(from, to), truth) << from << " to " << to;
  }
}

TEST(SortedTimes, FindsTheFirstNotBeforeAndTheFirstAfterAnyTime) {
  std::mt19937 random(6);
  for (const std::size_t count : {0U, 1U, 127U, 128U, 129U, 256U, 257U, 1000U}) {
    std::vector<std::int64_t> times;
    std::int64_t at = -50;
    for (std::size_t i = 0; i < count; ++i) times.push_back(at += random() % 3);  // some are equal
    const SortedTimes sorted(times);
    EXPECT_EQ(sorted.empty(), count == 0);
    for (std::int64_t asked = -60; asked < at + 10; ++asked) {
      ASSERT_EQ(sorted.from(asked), std::ranges::lower_bound(times, asked) - times.begin());
      ASSERT_EQ(sorted.after(asked), std::ranges::upper_bound(times, asked) - times.begin());
    }
    EXPECT_EQ(sorted.after(std::numeric_limits<std::int64_t>::max()), count);
  }
}

TEST(TimelineIndex, ArrangesTheSameSpansInARowForEachOp) {
  const TimelineIndex index(example_trace(2));
  const TimelineIndex by_op = index.by_op();
  EXPECT_EQ(by_op.spans, index.spans);
  EXPECT_EQ(by_op.begin_ns, index.begin_ns);
  EXPECT_EQ(by_op.end_ns, index.end_ns);
  ASSERT_EQ(by_op.lanes.size(), 3U);
  EXPECT_EQ(by_op.lanes[0].line, "layer.*.ffn.up") << "ties stay in the order of the names";
  EXPECT_EQ(by_op.lanes[0].size(), 20U) << "both layers";
  EXPECT_EQ(by_op.lanes[1].line, "team");
  EXPECT_EQ(by_op.lanes[2].line, "embedding");
  EXPECT_EQ(by_op.names[by_op.lanes[0].names[1]], "layer.1.ffn.up") << "names stay whole";
  EXPECT_EQ(by_op.within(index.begin_ns, index.end_ns).size(), 4U);
}

TEST(TimelineIndex, HasTheRatesOfWorkThatAnExportedTraceHas) {
  const RunWithRecords run = profiled_run("after", 2);
  const Trace exported = trace_of(run.records[0]);
  TimelineIndex index(kept_trace_of(run.records[0]));
  index.add_work_rates(run.records[0].measurement.op_times);
  ASSERT_EQ(index.counters.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const CounterIndex truth(exported.counters[i]);
    EXPECT_EQ(index.counters[i]->name, truth.name);
    EXPECT_EQ(index.counters[i]->unit, truth.unit);
    EXPECT_GT(truth.highest, 0);
    EXPECT_FLOAT_EQ(static_cast<float>(index.counters[i]->highest),
                    static_cast<float>(truth.highest));
    for (std::int64_t at = index.begin_ns - 500'000; at < index.end_ns; at += 333'000) {
      EXPECT_FLOAT_EQ(static_cast<float>(index.counters[i]->highest_within(at, at + 100'000)),
                      static_cast<float>(truth.highest_within(at, at + 100'000)))
          << at;
    }
  }
}

TEST(RangeTable, SumsWhatBeginsWithinTheRange) {
  auto traced =
      std::make_shared<const TracedRecord>(TracedRecord{Record{}, TimelineIndex(example_trace(2))});
  RangeTable model;
  const QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
  model.show(traced, traced->timeline.begin_ns, traced->timeline.end_ns);
  ASSERT_EQ(model.rowCount(), 4);
  EXPECT_EQ(model.op_at(0), "team");
  EXPECT_EQ(model.op_at(1), "layer.1.ffn.up");
  EXPECT_EQ(model.index(1, RangeTable::times).data().toInt(), 10);
  EXPECT_EQ(model.index(1, RangeTable::total).data().toString(), "25.0 ms");
  EXPECT_EQ(model.index(1, RangeTable::mean).data().toString(), "2.50 ms");
  model.show(traced, 1'000'000'000, 1'001'000'000);
  EXPECT_EQ(model.rowCount(), 2);
  EXPECT_EQ(model.row_of("embedding"), -1);
}

/// A prefill of one span of 10 ms, then three decode steps of one of 1 ms times `factor`.
std::shared_ptr<const TracedRecord> two_phases(double factor, bool with_prefill) {
  Trace trace;
  trace.sources = {{"ops", {"layer.0.ffn.up"}}};
  TracedLine ops{"ops", {}, 0};
  const auto add = [&](const char* phase, std::int64_t at_ns, std::int64_t length_ns) {
    ops.spans.push_back({at_ns, at_ns + length_ns, 0, 0});
    trace.parts.push_back({phase, at_ns, at_ns + length_ns, 0});
  };
  if (with_prefill) add("prefill", 0, 10'000'000);
  for (std::int64_t step = 0; step < 3; ++step) {
    add("decode", 20'000'000 + step * 5'000'000, static_cast<std::int64_t>(factor * 1e6));
  }
  trace.lines = {ops};
  return std::make_shared<const TracedRecord>(TracedRecord{Record{}, TimelineIndex(trace)});
}

TEST(RangeTable, ComparesSpansOfAPhaseWithThoseOfTheSamePhase) {
  const auto now = two_phases(2, true);
  const auto change_within = [&](std::int64_t from_ns, std::int64_t to_ns,
                                 const std::shared_ptr<const TracedRecord>& baseline) {
    RangeTable model;
    model.show(now, from_ns, to_ns, baseline);
    return model.index(0, RangeTable::change).data().toString().toStdString();
  };
  const auto before = two_phases(1, true);
  EXPECT_EQ(change_within(0, 15'000'000, before), "0.0 %") << "the prefill";
  EXPECT_EQ(change_within(15'000'000, 50'000'000, before), "+100.0 %") << "the decode steps";
  EXPECT_EQ(change_within(0, 22'000'000, before), "+9.1 %") << "12 ms after 11 ms";
  const auto without = two_phases(1, false);
  EXPECT_EQ(change_within(0, 15'000'000, without), "") << "no prefill to compare with";
  EXPECT_EQ(change_within(15'000'000, 50'000'000, without), "+100.0 %");
}

TEST(TimesWithin, AreThoseOfThePassesThatLieInTheRange) {
  const RunWithRecords run = profiled_run("after", 2);
  const TracedRecord traced{run.records[0], TimelineIndex(example_trace(2))};
  const Record three = with_times_within(traced, {"", 1'000'000'000, 1'014'000'000});
  ASSERT_EQ(three.measurement.op_times.size(), 3U);
  EXPECT_EQ(three.measurement.op_times[1].time_ns, 2'500'000);
  EXPECT_EQ(three.measurement.op_times[1].passes, 3);
  EXPECT_FALSE(three.measurement.metrics.contains("tpot_ns"));
  const Record one = with_times_within(traced, {"", 1'000'000'000, 1'001'000'000});
  ASSERT_EQ(one.measurement.op_times.size(), 1U);
  EXPECT_EQ(one.measurement.op_times[0].op_id, "layer.0.ffn.up");
}

}  // namespace
}  // namespace ridgepoint
