// SPDX-License-Identifier: GPL-3.0-or-later
// View: one way of looking at the session. It reads the place, shows it, and tells the session what
// was chosen; it never speaks to another view. What it cannot show it says in place of itself.
#pragma once

#include <QStringList>
#include <QWidget>
#include <vector>

#include "dashboard/models/session.h"

class QStackedLayout;

namespace ridgepoint {

class Chart;
class MessagePage;

class View : public QWidget {
  Q_OBJECT
 public:
  View(Session& session, QString name, QString title, QWidget* parent = nullptr);

  /// As `--screenshot` and links name it.
  [[nodiscard]] const QString& name() const { return name_; }
  [[nodiscard]] const QString& title() const { return title_; }
  /// Shows the place; called when it changed, and when the view comes into sight.
  void refresh();
  /// The message that stands in place of the content; empty: the content is shown.
  [[nodiscard]] QString message() const;

  /// What it shows, as rows of text, heading first.
  [[nodiscard]] virtual std::vector<QStringList> rows() const = 0;
  /// The command line that prints the same; empty where there is none.
  [[nodiscard]] virtual QString command_line() const = 0;
  /// Its plots, the most telling first; for copies as a vector drawing.
  [[nodiscard]] virtual std::vector<Chart*> charts() const { return {}; }
  /// Where typing goes when the view comes into sight.
  [[nodiscard]] virtual QWidget* first_focus() = 0;
  /// What the range that was chosen in the timeline means here: a sentence or two.
  [[nodiscard]] virtual QString range_here() const = 0;
  /// Keys that mean something here only, for the page of help: key, meaning.
  [[nodiscard]] virtual std::vector<std::pair<QString, QString>> keys() const { return {}; }

 protected:
  /// Reads the session and shows it; may call say().
  virtual void show_place() = 0;
  [[nodiscard]] Session& session() const { return session_; }
  [[nodiscard]] QWidget& content() { return *content_; }
  /// In place of the content, until the next refresh.
  void say(const QString& title, const QString& text);
  /// "ridgepoint ARGUMENTS --db FILE", quoted for a shell.
  [[nodiscard]] QString ridgepoint(const std::string& arguments) const;

 private:
  Session& session_;
  QString name_, title_;
  QStackedLayout* layers_;
  QWidget* content_;
  MessagePage* message_page_;
};

}  // namespace ridgepoint
