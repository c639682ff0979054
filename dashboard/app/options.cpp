// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/app/options.h"

#include <QCommandLineParser>
#include <QRegularExpression>
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "dashboard/models/text.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

QSize size_from(const QString& text) {
  static const QRegularExpression kSize("^([1-9][0-9]{2,3})x([1-9][0-9]{2,3})$");
  const auto match = kSize.match(text);
  if (!match.hasMatch()) {
    throw Error(
        utf8("--size: expected WIDTHxHEIGHT from 100 to 9999 pixels, as in 1280x720, not '" + text +
             "'"));
  }
  return {match.captured(1).toInt(), match.captured(2).toInt()};
}

void take_range(const QString& text, DashboardOptions& options) {
  const QStringList ends = text.split(':');
  bool begin_is = false, end_is = false;
  options.range_begin_ms = ends.first().toDouble(&begin_is);
  options.range_end_ms = ends.last().toDouble(&end_is);
  constexpr double kMost_ms = 1e9;
  const bool good = ends.size() == 2 && begin_is && end_is && options.range_begin_ms >= 0 &&
                    options.range_begin_ms < options.range_end_ms &&
                    options.range_end_ms < kMost_ms;
  if (!good) {
    throw Error(
        utf8("--range: expected FROM:TO in milliseconds from the beginning of the trace, as "
             "in 10:25.5, not '" +
             text + "'"));
  }
  options.has_range = true;
}

/// "NAME=VALUE"; the name has a view before a dot.
std::pair<QString, QString> named_value(const char* option, const QString& text) {
  const qsizetype equals = text.indexOf('=');
  const QString name = text.left(equals);
  if (equals < 1 || !name.contains('.')) {
    throw Error(utf8(QString("--%1: expected VIEW.NAME=VALUE, not '%2'").arg(option, text)));
  }
  return {name, text.mid(equals + 1)};
}

Extent extent_from(const QString& text) {
  const QStringList edges = text.split(':');
  std::array<double, 4> numbers{};
  bool good = edges.size() == 4;
  for (std::size_t i = 0; i < numbers.size() && good; ++i) {
    numbers[i] = edges[static_cast<qsizetype>(i)].toDouble(&good);
    good = good && std::abs(numbers[i]) < 1e300;  // neither infinite nor no number
  }
  const auto [left, right, bottom, top] = numbers;
  if (!good || !(left < right) || bottom > top) {
    throw Error(
        utf8("--extent: expected LEFT:RIGHT:BOTTOM:TOP in the coordinates of the chart, as "
             "`copy the command line that draws this` writes them, not '" +
             text + "'"));
  }
  return {left, right, bottom, top, {}};
}

/// Qt's own that are followed by a value.
constexpr std::array kQtOptions{
    "platform", "platformpluginpath", "platformtheme", "plugin",    "display",
    "session",  "geometry",           "style",         "stylesheet"};

}  // namespace

OwnArguments own_arguments(const QStringList& arguments) {
  OwnArguments own;
  for (qsizetype i = 0; i < arguments.size(); ++i) {
    const QString& word = arguments[i];
    const qsizetype dashes = word.startsWith("--") ? 2 : word.startsWith('-') ? 1 : 0;
    const QString name = word.mid(dashes).section('=', 0, 0);
    const bool is_qt = dashes > 0 && std::ranges::any_of(kQtOptions, [&](const char* known) {
                         return name == known;
                       });
    if (!is_qt) {
      own.words.append(word);
      continue;
    }
    if (name == "platform" || name == "display") own.names_display = true;
    if (!word.contains('=')) ++i;  // its value
  }
  return own;
}

DashboardOptions parse_options(const QStringList& arguments) {
  QCommandLineParser parser;
  parser.setApplicationDescription("Looks at stored runs and compares them.");
  parser.addPositionalArgument("DB", "Databases (default: the one that `ridgepoint run` writes to)",
                               "[DB...]");
  const QCommandLineOption help({"h", "help"}, "Print this help and exit.");
  const QCommandLineOption version("version", "Print the version and exit.");
  const QCommandLineOption database("db", "A database, as one named without an option; repeatable.",
                                    "FILE");
  const QCommandLineOption theme("theme", "light or dark (default: as the desktop).", "NAME");
  const QCommandLineOption size("size",
                                "Size of the window or picture, as in 1280x720; one that its parts "
                                "do not fit into is refused.",
                                "WxH");
  const QCommandLineOption view("view", "View to begin with.", "VIEW");
  const QCommandLineOption picture(
      "screenshot",
      "Draw VIEW into the file named after it (png or svg; csv: what it shows as a table), "
      "without a display, and exit; all: "
      "every "
      "view and tab, light and dark, at 1280x720 and 3840x2160, into a folder.",
      "VIEW");
  const QCommandLineOption run("run", "Run to choose: id, its beginning, label or 'latest'.",
                               "RUN");
  const QCommandLineOption baseline("baseline", "Run to pin as baseline.", "RUN");
  const QCommandLineOption filter("filter", "Words for the search box.", "TEXT");
  const QCommandLineOption subject("case", "Case to choose, by its hash.", "HASH");
  const QCommandLineOption a("a", "Side A of the comparison, as for `ridgepoint compare`.", "SIDE");
  const QCommandLineOption b("b", "Side B of the comparison.", "SIDE");
  const QCommandLineOption scenario("scenario", "What is asked of the models in Quality.", "TEXT");
  const QCommandLineOption metric("metric", "Metric to choose, by its name.", "NAME");
  const QCommandLineOption op("op", "Op to choose, by its id.", "ID");
  const QCommandLineOption range(
      "range", "Range of the trace to take times from, in ms from its beginning, as in 10:25.5.",
      "FROM:TO");
  const QCommandLineOption tab("tab", "Tab of the view to open, by the beginning of its title.",
                               "TITLE");
  const QCommandLineOption set(
      "set", "Sets a control of a view, as in quality.budget=0.05; repeatable.", "VIEW.NAME=VALUE");
  const QCommandLineOption extent("extent",
                                  "Part of a chart to look at, as in "
                                  "roofline.chart=LEFT:RIGHT:BOTTOM:TOP; repeatable.",
                                  "VIEW.CHART=EDGES");
  for (const auto* option : {&help,   &version,  &database, &theme,   &size, &view,  &picture,
                             &run,    &baseline, &filter,   &subject, &a,    &b,     &scenario,
                             &metric, &op,       &range,    &tab,     &set,  &extent}) {
    parser.addOption(*option);
  }
  if (!parser.parse(arguments)) {
    throw Error(utf8(parser.errorText() + " (see ridgepoint-dashboard --help)"));
  }
  DashboardOptions options;
  if (parser.isSet(help)) {
    // Without an application Qt does not know what it is called.
    options.answer = parser.helpText().replace("<executable_name>", "ridgepoint-dashboard");
    return options;
  }
  if (parser.isSet(version)) {
    options.answer =
        QString("ridgepoint-dashboard %1 (Qt %2)\n").arg(RIDGEPOINT_VERSION, qVersion());
    return options;
  }
  options.databases = parser.positionalArguments();
  options.theme = parser.value(theme);
  if (!options.theme.isEmpty() && options.theme != "light" && options.theme != "dark") {
    throw Error(utf8("--theme: light or dark, not '" + options.theme + "'"));
  }
  if (parser.isSet(size)) options.size = size_from(parser.value(size));
  options.view = parser.value(view);
  options.run = parser.value(run);
  options.baseline = parser.value(baseline);
  options.filter = parser.value(filter);
  options.case_hash = parser.value(subject);
  options.side_a = parser.value(a);
  options.side_b = parser.value(b);
  options.scenario = parser.value(scenario);
  options.metric = parser.value(metric);
  options.op = parser.value(op);
  options.tab = parser.value(tab);
  for (const QString& text : parser.values(set)) {
    const auto [name, value] = named_value("set", text);
    options.settings.insert_or_assign(name, value);
  }
  for (const QString& text : parser.values(extent)) {
    const auto [name, edges] = named_value("extent", text);
    options.extents.insert_or_assign(name, extent_from(edges));
  }
  if (parser.isSet(range)) take_range(parser.value(range), options);
  if (parser.isSet(picture)) {
    options.view = parser.value(picture);
    if (options.view.isEmpty()) {
      throw Error("--screenshot VIEW FILE: the view is missing; all draws every one");
    }
    if (options.databases.isEmpty()) {
      throw Error("--screenshot VIEW FILE: the file to write is missing");
    }
    options.screenshot = options.databases.takeFirst();
    options.every_view = options.view == "all";
    if (options.every_view) options.view.clear();
    const bool is_known = options.screenshot.endsWith(".png") ||
                          options.screenshot.endsWith(".svg") ||
                          options.screenshot.endsWith(".csv");
    if (!options.every_view && !is_known) {
      throw Error(
          utf8("--screenshot: '" + options.screenshot + "' must end in .png, .svg or .csv"));
    }
  }
  options.databases += parser.values(database);
  return options;
}

}  // namespace ridgepoint
