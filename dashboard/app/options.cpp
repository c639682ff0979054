// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/app/options.h"

#include <QCommandLineParser>
#include <QRegularExpression>

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

}  // namespace

DashboardOptions parse_options(const QStringList& arguments) {
  QCommandLineParser parser;
  parser.setApplicationDescription("Looks at stored runs and compares them.");
  parser.addPositionalArgument("DB", "Databases (default: the one that `ridgepoint run` writes to)",
                               "[DB...]");
  const QCommandLineOption help({"h", "help"}, "Print this help and exit.");
  const QCommandLineOption theme("theme", "light or dark (default: as the desktop).", "NAME");
  const QCommandLineOption size("size", "Size of the window or picture, as in 1280x720.", "WxH");
  const QCommandLineOption view("view", "View to begin with.", "VIEW");
  const QCommandLineOption picture(
      "screenshot",
      "Draw VIEW into the file named after it (png or svg), without a display, and exit.", "VIEW");
  const QCommandLineOption run("run", "Run to choose: id, its beginning, label or 'latest'.",
                               "RUN");
  const QCommandLineOption baseline("baseline", "Run to pin as baseline.", "RUN");
  const QCommandLineOption filter("filter", "Words for the search box.", "TEXT");
  const QCommandLineOption subject("case", "Case to choose, by its hash.", "HASH");
  const QCommandLineOption a("a", "Side A of the comparison, as for `ridgepoint compare`.", "SIDE");
  const QCommandLineOption b("b", "Side B of the comparison.", "SIDE");
  const QCommandLineOption scenario("scenario", "What is asked of the models in Quality.", "TEXT");
  for (const auto* option : {&help, &theme, &size, &view, &picture, &run, &baseline, &filter,
                             &subject, &a, &b, &scenario}) {
    parser.addOption(*option);
  }
  if (!parser.parse(arguments)) {
    throw Error(utf8(parser.errorText() + " (see ridgepoint-dashboard --help)"));
  }
  DashboardOptions options;
  if (parser.isSet(help)) {
    options.help = parser.helpText();
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
  if (parser.isSet(picture)) {
    options.view = parser.value(picture);
    if (options.databases.isEmpty()) {
      throw Error("--screenshot VIEW FILE: the file to write is missing");
    }
    options.screenshot = options.databases.takeFirst();
    if (!options.screenshot.endsWith(".png") && !options.screenshot.endsWith(".svg")) {
      throw Error(utf8("--screenshot: '" + options.screenshot + "' must end in .png or .svg"));
    }
  }
  return options;
}

}  // namespace ridgepoint
