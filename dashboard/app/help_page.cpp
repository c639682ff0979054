// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/app/help_page.h"

#include <QTextBrowser>
#include <QVBoxLayout>

#include "dashboard/charts/chart.h"
#include "dashboard/models/run_filter.h"
#include "dashboard/views/splitter.h"
#include "dashboard/views/view.h"

namespace ridgepoint {
namespace {

QString key_row(const QString& keys, const QString& meaning) {
  return QString("<tr><td><b>%1</b></td><td style='padding-left:18px'>%2</td></tr>")
      .arg(keys.toHtmlEscaped(), meaning.toHtmlEscaped());
}

QString section(const QString& title, const std::vector<std::pair<QString, QString>>& keys) {
  QString html = QString("<h3>%1</h3><table>").arg(title.toHtmlEscaped());
  for (const auto& [key, meaning] : keys) html += key_row(key, meaning);
  return html + "</table>";
}

}  // namespace

HelpPage::HelpPage(const std::vector<Command>& commands, const std::vector<View*>& views,
                   QWidget* parent)
    : QDialog(parent) {
  setWindowTitle("Help");
  setAttribute(Qt::WA_DeleteOnClose);
  resize(760, 600);
  QString html = "<h3>Everywhere</h3><table>";
  for (const Command& command : commands) {
    if (!command.keys.isEmpty())
      html += key_row(command.keys.toString(QKeySequence::NativeText), command.title);
  }
  html += "</table>";
  html += section("In a chart", chart_keys());
  html += section("On a border between two parts", splitter_keys());
  for (const View* view : views) {
    const auto keys = view->keys();
    if (keys.empty()) continue;
    html += section("In " + view->title(), keys);
  }
  html += QString(
              "<h3>Search</h3><p>Words apart by blanks must all hold. A bare word is looked for in "
              "the id, label, tags, note, "
              "suite, commit, branch, command, machine and start of a run. <b>key:value</b> looks "
              "in one of them, "
              "<b>-key:value</b> leaves out what fits. Texts fit by any part, numbers as a whole. "
              "Where a key is a "
              "field of a case, some case of the run must fit all of these.</p><p><b>is:</b> "
              "%1.</p><p>Keys: %2.</p>")
              .arg(RunFilter::states().join(", "), RunFilter::keys().join(", ").toHtmlEscaped());
  auto* text = new QTextBrowser;
  text->setHtml(html);
  text->setFrameShape(QFrame::NoFrame);
  text->setAccessibleName("Help");
  auto* lines = new QVBoxLayout(this);
  lines->addWidget(text);
}

}  // namespace ridgepoint
