// SPDX-License-Identifier: GPL-3.0-or-later
// View: one way of looking at the session. It reads the place, shows it, and tells the session what
// was chosen; it never speaks to another view. What it cannot show it says in place of itself.
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>
#include <map>
#include <utility>
#include <vector>

#include "dashboard/models/session.h"

class QStackedLayout;

namespace ridgepoint {

class Chart;
class MessagePage;
class Zoomable;

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
  /// Why what was asked for could not be read; empty: it could.
  [[nodiscard]] const QString& problem() const { return problem_; }

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
  /// What its own controls are set to, by control; places remember it, and pictures can set it.
  [[nodiscard]] virtual std::map<QString, QString> settings() const { return {}; }
  /// What can be set, as `--set` names it.
  [[nodiscard]] virtual QStringList setting_names() const;
  /// Charts of which a part can be looked at, as `--extent` names them.
  [[nodiscard]] QStringList zoomable_names() const;

 protected:
  /// Reads the session and shows it; may call say().
  virtual void show_place() = 0;
  [[nodiscard]] Session& session() const { return session_; }
  [[nodiscard]] QWidget& content() { return *content_; }
  /// Sets its controls to these; what they cannot be set to they leave.
  virtual void apply_settings(const std::map<QString, QString>&) {}
  /// Sets its controls as the place has them; called by show_place() where they can be.
  void take_settings();
  /// Someone moved a control: to be called before the view is shown anew.
  void settings_changed();
  /// Places remember what is in view of the chart, which is of this view.
  void remember_extent(Zoomable& chart, const QString& name);
  /// What is in view of each chart as the place has it, or all of it.
  void show_extents();
  /// In place of the content, until the next refresh.
  void say(const QString& title, const QString& text);
  /// What was asked for could not be read, which the content says itself: until the next refresh.
  void set_problem(const QString& problem) { problem_ = problem; }
  /// "ridgepoint ARGUMENTS --db FILE", quoted for a shell.
  [[nodiscard]] QString ridgepoint(const std::string& arguments) const;

 private:
  Session& session_;
  QString name_, title_;
  QStackedLayout* layers_;
  QWidget* content_;
  MessagePage* message_page_;
  QString problem_;
  std::map<QString, QString> shown_settings_;
  std::vector<std::pair<QString, Zoomable*>> zoomables_;
};

}  // namespace ridgepoint
