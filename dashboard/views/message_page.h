// SPDX-License-Identifier: GPL-3.0-or-later
// MessagePage: what stands where there is nothing to show: what is the matter, where, and what to
// do.
#pragma once

#include <QWidget>
#include <functional>
#include <utility>
#include <vector>

class QHBoxLayout;
class QLabel;

namespace ridgepoint {

class MessagePage : public QWidget {
  Q_OBJECT
 public:
  using Action = std::pair<QString, std::function<void()>>;

  explicit MessagePage(QWidget* parent = nullptr);
  void show_message(const QString& title, const QString& text,
                    const std::vector<Action>& actions = {});
  [[nodiscard]] QString title() const;
  [[nodiscard]] QString text() const;

 private:
  QLabel* title_;
  QLabel* text_;
  QHBoxLayout* buttons_;
};

}  // namespace ridgepoint
