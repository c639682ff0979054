#include "results/store/ab_store.h"

#include <gtest/gtest.h>

#include <string>

#include "results/store/store.h"
#include "tests/support/run_program.h"
#include "tests/support/temporary_folder.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

AbSession example_session(const std::string& id, const std::string& label = "") {
  AbSession session;
  session.id = id;
  session.label = label;
  session.command = "ridgepoint ab --a cmd:x --b cmd:y";
  session.a = "cmd:x";
  session.b = "cmd:y 'quoted' \xc3\xa4";
  session.options = R"({"tolerance":0.02})";
  session.status = "running";
  session.started_unix_ns = 1000;
  session.environment_hash = "abc";
  session.environment = R"({"cpu":"x"})";
  return session;
}

AbPair example_pair(std::int64_t ordinal) {
  AbPair pair;
  pair.ordinal = ordinal;
  pair.b_first = ordinal % 2 == 1;
  pair.started_unix_ns = 2000 + ordinal;
  pair.duration_ns = 5;
  pair.a = {1.5, 0.1};
  pair.b = {1.25, 1.0 / 3};
  pair.a_least = {1.25, 0.05};
  pair.b_least = {1.125, 0.3};
  pair.steal_share = 0.125;
  pair.involuntary_switches = 7;
  pair.major_faults = 1;
  pair.throttles = 3;
  pair.a_conditions = {4, 5, 1, 3'000'000};
  pair.b_conditions = {1, 2, 0, 2'900'000 + ordinal};
  pair.dropped = ordinal == 2 ? "the hypervisor took 13 % of the time" : "";
  return pair;
}

const std::vector<AbFigure> kFigures{{"wall time", "wall time", "ns", false},
                                     {"rate", "other rate", "1", true}};

TEST(AbStore, GivesBackWhatWasStored) {
  const TemporaryFolder folder;
  AbStore store(folder.file("a.db"), OpenMode::read_write);
  AbSession session = example_session("11111111-0000-4000-8000-000000000000", "mine");
  store.begin(session);
  store.set_figures(session.id, kFigures);
  for (std::int64_t i = 0; i < 4; ++i) store.add_pair(session.id, example_pair(i));
  store.finish(session.id, "finished", Verdict::slower, "decided after 4 pairs", "more bytes",
               3000);

  session.figures = kFigures;
  session.status = "finished";
  session.verdict = Verdict::slower;
  session.reason = "decided after 4 pairs";
  session.cause = "more bytes";
  session.finished_unix_ns = 3000;
  for (std::int64_t i = 0; i < 4; ++i) session.pairs.push_back(example_pair(i));
  EXPECT_EQ(store.session(session.id), session);
}

TEST(AbStore, FindsSessionsByIdPrefixLabelAndAge) {
  const TemporaryFolder folder;
  AbStore store(folder.file("a.db"), OpenMode::read_write);
  EXPECT_THROW(static_cast<void>(store.resolve("latest")), Error);
  store.begin(example_session("11111111-0000-4000-8000-000000000000", "mine"));
  AbSession later = example_session("11112222-0000-4000-8000-000000000000");
  later.started_unix_ns = 2000;
  store.begin(later);
  EXPECT_EQ(store.resolve("latest"), later.id);
  EXPECT_EQ(store.resolve("11112"), later.id);
  EXPECT_EQ(store.resolve("mine").substr(0, 8), "11111111");
  EXPECT_THROW(static_cast<void>(store.resolve("1111")), Error);
  EXPECT_THROW(static_cast<void>(store.resolve("nobody")), Error);
}

TEST(AbStore, MergesSessionsAgainAndAgainAndBringsWhatHasGoneOn) {
  const TemporaryFolder folder;
  const AbSession session = example_session("11111111-0000-4000-8000-000000000000");
  AbStore ours(folder.file("ours.db"), OpenMode::read_write);
  {
    AbStore theirs(folder.file("theirs.db"), OpenMode::read_write);
    theirs.begin(session);
    theirs.set_figures(session.id, kFigures);
    theirs.add_pair(session.id, example_pair(0));
  }
  const auto merge = [&] {
    Store(folder.file("ours.db"), OpenMode::read_write).merge_from(folder.file("theirs.db"));
  };
  merge();
  merge();
  EXPECT_EQ(ours.session(session.id).pairs.size(), 1u);
  {
    AbStore theirs(folder.file("theirs.db"), OpenMode::read_write);
    theirs.add_pair(session.id, example_pair(1));
    theirs.finish(session.id, "finished", Verdict::same, "decided after 2 pairs", "", 9);
  }
  merge();
  const auto merged = ours.session(session.id);
  EXPECT_EQ(merged.pairs.size(), 2u);
  EXPECT_EQ(merged.verdict, Verdict::same);
  EXPECT_EQ(merged.figures, kFigures);
}

TEST(AbStore, SaysInOneLineThatASessionIsDamaged) {
  const TemporaryFolder folder;
  AbStore store(folder.file("a.db"), OpenMode::read_write);
  AbSession session = example_session("11111111-0000-4000-8000-000000000000");
  store.begin(session);
  testing::run_program({"/usr/bin/env", "sqlite3", folder.file("a.db"),
                        "UPDATE ab_sessions SET figures = '{not json'"});
  try {
    static_cast<void>(store.session(session.id));
    FAIL() << "read a damaged session";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("damaged"), std::string::npos);
  }
}

}  // namespace
}  // namespace ridgepoint
