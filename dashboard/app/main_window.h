// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow: the views, and the way between them. Everything that can be done is in one list of
// commands, and has a key or is found in the palette.
#pragma once

#include <QMainWindow>
#include <filesystem>
#include <memory>
#include <vector>

#include "dashboard/app/command.h"
#include "dashboard/models/session.h"

class QComboBox;
class QLabel;
class QListWidget;
class QStackedWidget;
class QToolButton;

namespace ridgepoint {

class MessagePage;
class NewRun;
class View;

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  /// `remembers`: whether sizes are taken from where they were left, and kept.
  explicit MainWindow(bool remembers, QWidget* parent = nullptr);
  ~MainWindow() override;

  void open(const std::vector<std::filesystem::path>& databases);
  [[nodiscard]] Session& session() { return session_; }
  [[nodiscard]] View* view(const QString& name) const;
  [[nodiscard]] View* current_view() const;
  [[nodiscard]] QStringList view_names() const;
  [[nodiscard]] const std::vector<Command>& commands() const { return commands_; }
  /// The page in place of all views; null where views are shown.
  [[nodiscard]] const MessagePage* message_page() const;
  /// What stands above the view of the range that was chosen in the timeline; empty without one.
  [[nodiscard]] QString range_words() const;
  void go_to(const QString& view);
  void show_palette();
  void show_help();
  void new_run(const QString& arguments);

  /// As it was chosen last; empty: as the desktop is.
  [[nodiscard]] static QString remembered_theme();

  bool save_picture(const QString& path);

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void closeEvent(QCloseEvent* event) override;

 private:
  void build();
  void list_commands();
  void show_state();
  void show_place();
  void show_steps();  ///< whether Back and Forward lead anywhere
  void show_range();
  void ask_for_database();
  void copy_png();
  void copy_svg();
  void copy_csv();
  void copy_command_line();
  void copy_picture_command();
  void tell(const QString& text);
  void use_theme(const QString& name);
  void restore_layout();
  void keep_layout() const;

  Session session_;
  bool remembers_;
  std::vector<View*> views_;
  std::vector<Command> commands_;
  QListWidget* navigation_ = nullptr;
  QStackedWidget* stack_ = nullptr;
  MessagePage* message_page_ = nullptr;
  QComboBox* databases_ = nullptr;
  QLabel* baseline_ = nullptr;
  QToolButton* unpin_ = nullptr;
  QWidget* range_bar_ = nullptr;
  QLabel* range_says_ = nullptr;
  QToolButton* back_ = nullptr;
  QToolButton* forward_ = nullptr;
  NewRun* new_run_ = nullptr;
};

}  // namespace ridgepoint
