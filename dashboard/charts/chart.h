// SPDX-License-Identifier: GPL-3.0-or-later
// Chart: what all our plots share: colours of the theme, axes in units that read well, the wheel at
// the cursor, WASD and F, comma and period to what can be chosen, a line that says what lies under
// the cursor, and a message where there is nothing to draw.
#pragma once

#include <qcustomplot.h>

#include <QString>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dashboard/charts/theme.h"
#include "dashboard/charts/zoomable.h"

namespace ridgepoint {

class Chart : public QCustomPlot, public Zoomable {
  Q_OBJECT
 public:
  explicit Chart(QWidget* parent = nullptr);

  /// Shown in place of the plot; empty: the plot.
  void set_message(const QString& message);
  [[nodiscard]] const QString& message() const { return message_; }
  /// What has been drawn, as rows of text, heading first.
  [[nodiscard]] virtual std::vector<QStringList> rows() const = 0;
  /// Everything in view again.
  void fit();
  [[nodiscard]] std::optional<Extent> extent() const override;
  void show_extent(const std::optional<Extent>& extent) override;
  /// As a vector drawing.
  bool save_svg(const QString& path, const QSize& size);

 protected:
  /// Draws what was given last, in the colours of `theme`.
  virtual void draw(const Theme& theme) = 0;
  /// Where everything is in view.
  virtual void find_ranges() = 0;
  /// What lies under a point of the widget; empty: nothing.
  [[nodiscard]] virtual QString text_at(const QPointF& at) const;

  /// Pixels of what is drawn that the legend shall not cover; none: it stays where it is.
  [[nodiscard]] virtual std::vector<QPointF> drawn_at() const { return {}; }
  /// Moves the lower end of the vertical axis until the legend has room below all that is drawn, if
  /// it has none anywhere.
  void make_room_for_legend();
  /// Adds the pixels of a straight line to what is drawn, some apart.
  static void add_drawn_line(std::vector<QPointF>& drawn, const QPointF& from, const QPointF& to);

  /// What can be chosen in it, by the cursor or, one after the other, by comma and period. A null
  /// place, or one outside, is that of something that is not drawn.
  [[nodiscard]] virtual std::size_t choices() const { return 0; }
  [[nodiscard]] virtual QPointF place_of_choice(std::size_t) const { return {}; }
  virtual void choose(std::size_t) {}

  /// Which of the places `first` to before `last` lies nearest to `at`, within `reach` pixels,
  /// later ones before earlier ones; -1: none does. A null place is that of something without a
  /// value.
  static int nearest_place(const QPointF& at, double reach, std::size_t first, std::size_t last,
                           const std::function<QPointF(std::size_t)>& place_of);
  void redraw();
  /// The axis reads in the unit, with a prefix that follows its range.
  void use_unit(QCPAxis* axis, const QString& title, const std::string& unit,
                const QString& note = {});
  /// Everything from `low` to `high` and a share of it to either side; remembers where an axis
  /// cannot hold that.
  void pad(QCPAxis* axis, double low, double high, double share);

  void changeEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void colour_frame(const Theme& theme);
  void place_message();
  /// Where it covers least; where that is several places, into the one that it is in.
  void place_legend();
  [[nodiscard]] QRectF legend_box(Qt::Alignment place) const;
  /// How much of what is drawn lies behind it.
  [[nodiscard]] std::size_t covered_by_legend(Qt::Alignment place,
                                              const std::vector<QPointF>& drawn) const;
  /// To the next of what can be chosen, and says what it is where it lies.
  void step_choice(bool forward);
  /// Tells where someone zoomed or moved, if that was done since `before`.
  void tell_if_moved(const QCPRange& x_before, const QCPRange& y_before);

  std::optional<std::size_t> stepped_to_;
  bool is_fitted_ = true;    ///< everything is in view
  bool is_too_far_ = false;  ///< numbers that no axis can hold
  QString message_;
  QLabel* message_label_ = nullptr;
};

/// Keys of a chart that has the focus, for the page of help: key, meaning.
const std::vector<std::pair<QString, QString>>& chart_keys();

/// A cell of text in a plot's legend takes its font; one place for all.
QFont small_font(const QWidget& widget);

}  // namespace ridgepoint
