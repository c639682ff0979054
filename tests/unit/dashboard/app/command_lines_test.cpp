// The command line that a view gives prints what the view shows: it is given to the program itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QClipboard>
#include <QDoubleSpinBox>
#include <QProcess>
#include <filesystem>

#include "dashboard/models/text.h"
#include "dashboard/models/variants.h"
#include "dashboard/views/new_run.h"
#include "dashboard/views/quality_view.h"
#include "results/report/table.h"
#include "tests/unit/dashboard/open_profiles.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Printed {
  int code = -1;
  std::string said;
};

/// As a shell would: several lines stand apart by ';'.
Printed printed_by(const QString& line, const std::filesystem::path& folder) {
  QProcess shell;
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  const QString beside = qt(std::filesystem::path(utf8(NewRun::program())).parent_path().string());
  environment.insert("PATH", beside + ":" + environment.value("PATH"));
  shell.setProcessEnvironment(environment);
  shell.setProcessChannelMode(QProcess::MergedChannels);
  shell.setWorkingDirectory(qt(folder.string()));
  shell.start("/bin/sh", {"-e", "-c", line});
  constexpr int kPatience_ms = 60'000;  // other work may take the cores
  if (!shell.waitForFinished(kPatience_ms)) return {-1, "it does not end: " + utf8(line)};
  return {shell.exitCode(), shell.readAll().toStdString()};
}

bool has_program() {
  return std::filesystem::exists(utf8(NewRun::program()));
}

QString copied_line(MainWindow& window) {
  QGuiApplication::clipboard()->clear();
  QTest::keyClick(&window, Qt::Key_L, Qt::ControlModifier | Qt::ShiftModifier);
  return QGuiApplication::clipboard()->text();
}

TEST(CommandLines, OfEveryViewAreUnderstoodByTheProgram) {
  if (!has_program()) GTEST_SKIP() << "it was not built";
  OpenProfiles open;
  std::map<QString, std::string> said;
  open.in_every_view([&](View& view) {
    if (view.name() == "wall") return;  // it would time the model for a minute
    const QString line = copied_line(open.window);
    if (line.isEmpty()) {
      EXPECT_EQ(view.name(), "quality") << "no variant of these has a quality";
      return;
    }
    const Printed printed = printed_by(line, open.data.folder / "");
    EXPECT_EQ(printed.code, view.name() == "compare" ? 3 : 0) << utf8(line) << "\n" << printed.said;
    said[view.name()] = printed.said;
  });
  EXPECT_THAT(said["runs"], HasSubstr(open.data.after.run.id.substr(0, 8)));
  EXPECT_THAT(said["compare"], StartsWith("undecided"));
  EXPECT_THAT(said["roofline"], HasSubstr("ffn.up"));
  EXPECT_TRUE(std::filesystem::exists(open.data.folder / "trace.pftrace")) << said["timeline"];
  EXPECT_THAT(said["history"], HasSubstr("tpot"));
}

/// Speeds and qualities of three variants, the newest of which is a run of its own.
struct MeasuredVariants {
  TemporaryFolder folder;
  std::filesystem::path database = folder / "it's of variants.db";
  MeasuredVariants() {
    store_run(database,
              on_day(0, variant_run("first", {{"", 100.25, 0.00012}, {"q4_0", 150, 0.3}})));
    store_run(database, on_day(1, variant_run("second", {{"q4_0", 187.5, 0.05125}})));
  }
  struct Variant {
    const char* transform;
    double speed, kl;
  };
  static RunWithRecords on_day(int day, RunWithRecords data) {
    data = started_at(std::move(data), day);
    for (Record& record : data.records) record.started_unix_ns = data.run.started_unix_ns;
    return data;
  }
  static RunWithRecords variant_run(const std::string& label,
                                    const std::vector<Variant>& variants) {
    RunWithRecords data = finished_run(label);
    for (const Variant& variant : variants) {
      const auto add = [&](Case subject, std::map<std::string, double> metrics) {
        subject.backend = "quantized";
        subject.transform = variant.transform;
        Record record =
            example_record(data.run, static_cast<std::int64_t>(data.records.size()), subject);
        record.measurement.metrics = std::move(metrics);
        data.records.push_back(record);
      };
      Case quality;
      quality.workload = "quality";
      add(example_case(0, 32), {{"decode_tokens_per_second", variant.speed}});
      add(quality, {{"scored_tokens", 1000}, {"kl_mean", variant.kl}, {"kl_mean_se", 0.0001}});
    }
    return data;
  }
};

TEST(CommandLines, OfQualityPrintTheSpeedAndTheQualityOfEachVariant) {
  if (!has_program()) GTEST_SKIP() << "it was not built";
  const MeasuredVariants data;
  OpenWindow open(data.database);
  open.window.go_to("quality");
  auto& view = *static_cast<QualityView*>(open.window.view("quality"));
  view.budget()->setValue(0.01);
  ASSERT_EQ(view.rows().size(), 3U);
  const QString line = copied_line(open.window);
  const Printed printed = printed_by(line, data.folder / "");
  EXPECT_EQ(printed.code, 0) << utf8(line) << "\n" << printed.said;
  const std::string speed_unit = " tokens/s";
  for (std::size_t row = 1; row < view.rows().size(); ++row) {
    // As the program writes numbers: the same digits as in the summary and the tooltips.
    std::string speed = format_value(view.rows()[row][1].toDouble(), "tokens/s");
    speed.resize(speed.size() - speed_unit.size());
    const std::string quality =
        format_with_error(view.rows()[row][2].toDouble(), view.rows()[row][3].toDouble());
    EXPECT_THAT(printed.said, HasSubstr(speed)) << row;
    EXPECT_THAT(printed.said, HasSubstr(quality)) << row;
  }
}

}  // namespace
}  // namespace ridgepoint
