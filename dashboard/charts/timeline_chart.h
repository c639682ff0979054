// SPDX-License-Identifier: GPL-3.0-or-later
// TimelineChart: spans over time, a lane a row, painted column by column from the index's pyramid,
// so that ten million spans cost no more than there are pixels. Counters below; what is looked for
// stands out; a dragged range is measured.
#pragma once

#include <QAbstractScrollArea>
#include <QColor>
#include <QImage>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dashboard/charts/zoomable.h"
#include "dashboard/models/traced_record.h"

namespace ridgepoint {

struct Theme;

class TimelineChart : public QAbstractScrollArea, public Zoomable {
  Q_OBJECT
 public:
  explicit TimelineChart(QWidget* parent = nullptr);

  /// Null: the message instead. Everything comes into view where the record is another one.
  void show_trace(std::shared_ptr<const TracedRecord> traced, const QString& message = {});
  [[nodiscard]] const QString& message() const { return message_; }
  /// Spans that stand out while all others fade.
  void set_matches(std::shared_ptr<const TimelineMatches> matches);
  void set_range(const std::optional<std::pair<std::int64_t, std::int64_t>>& range);
  /// One span framed, and brought into view where it is not.
  void point_at_span(const std::optional<TimelineSpan>& span);

  void fit();                                  ///< all of it
  void look_at(double from_ns, double to_ns);  ///< this stretch
  void zoom(double factor, double around_ns);  ///< below 1: nearer
  [[nodiscard]] std::optional<Extent> extent() const override;
  void show_extent(const std::optional<Extent>& extent) override;
  [[nodiscard]] double from_ns() const { return from_ns_; }
  [[nodiscard]] double to_ns() const;
  [[nodiscard]] double time_at(double x) const;  ///< of a column of the viewport
  [[nodiscard]] double x_of(double time_ns) const;
  [[nodiscard]] QRect lane_box(std::size_t lane) const;  ///< in the viewport
  [[nodiscard]] std::optional<TimelineSpan> span_under(const QPointF& at) const;
  [[nodiscard]] QString hover(const QPointF& at) const;
  [[nodiscard]] QColor colour_of_name(std::uint32_t name) const;
  [[nodiscard]] const std::vector<std::vector<std::size_t>>& counter_rows() const {
    return counter_rows_;
  }
  [[nodiscard]] QRect counter_box(std::size_t row) const;  ///< in the viewport
  struct NameBox {
    QRect box;  ///< in the viewport
    QString text;
  };
  /// Names of what is stacked in a row of memory, with how much it is at the most where there is
  /// room for that beside each other; empty for other rows.
  [[nodiscard]] std::vector<NameBox> memory_names(std::size_t row) const;
  /// Texts of the ticks that were painted last.
  [[nodiscard]] const QStringList& tick_texts() const { return tick_texts_; }

 Q_SIGNALS:
  /// Nothing chosen: from 0 to 0.
  void range_chosen(qint64 from_ns, qint64 to_ns);
  /// By a key, of the range that is chosen already.
  void range_moved(qint64 from_ns, qint64 to_ns);
  void span_clicked(std::size_t lane, std::size_t span);
  void view_moved();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void scrollContentsBy(int dx, int dy) override;

 private:
  struct Label {
    QRectF box;
    std::uint32_t name = 0;
  };
  [[nodiscard]] const TimelineIndex& index() const { return traced_->timeline; }
  [[nodiscard]] int plot_width() const;
  [[nodiscard]] int lane_height() const;
  [[nodiscard]] int counter_height() const;
  [[nodiscard]] int lanes_top() const;
  [[nodiscard]] int content_height() const;
  void frame(const TimelineSpan& span);
  /// The span of the lane that began last before a moment, else its first.
  [[nodiscard]] std::optional<TimelineSpan> nearest_in(std::size_t lane, double at_ns) const;
  void step_span(bool forward);
  void step_lane(int by);
  void measure_framed();  ///< a range over the framed span, else over what is in view
  void move_range(bool is_end, bool outwards);
  void find_colours();
  void find_counter_rows();
  void arrange();
  void keep_in_reach();
  void paint_axis(QPainter& painter, const Theme& theme);
  void paint_parts(QPainter& painter, const Theme& theme) const;
  void paint_lanes(QPainter& painter, const Theme& theme);
  void paint_lane(std::size_t lane, const QRect& box, const Theme& theme, QImage& image,
                  std::vector<Label>& labels);
  void paint_names(QPainter& painter, const Theme& theme) const;
  void paint_counters(QPainter& painter, const Theme& theme) const;
  /// Counters of one row stand upon each other.
  void paint_counter_row(QPainter& painter, const QRect& box, const std::vector<std::size_t>& row,
                         const Theme& theme) const;
  [[nodiscard]] double highest_of(const std::vector<std::size_t>& row) const;
  void paint_range(QPainter& painter, const Theme& theme) const;
  void paint_memory_names(QPainter& painter, const Theme& theme) const;
  /// Of a counter of the index, at its place among those of its row.
  [[nodiscard]] QColor fill_of(std::size_t counter, std::size_t place, const Theme& theme) const;

  std::shared_ptr<const TracedRecord> traced_;
  std::shared_ptr<const TimelineMatches> matches_;
  QString message_;
  std::vector<QRgb> colours_, faded_;  ///< by name
  std::vector<std::vector<std::size_t>>
      counter_rows_;  ///< of the index: classes of memory together
  double from_ns_ = 0, ns_per_pixel_ = 1;
  bool is_fitted_ = false;  ///< all of it is in view, and stays so when there is more room
  std::optional<std::pair<std::int64_t, std::int64_t>> range_;
  std::optional<TimelineSpan> pointed_;
  QStringList tick_texts_;
  QImage image_;
  std::vector<TimelineColumn> columns_;
  std::vector<std::uint32_t> wide_;
  enum class Drag { none, range, move };
  Drag drag_ = Drag::none;
  QPointF pressed_at_;
  double pressed_from_ns_ = 0;
};

}  // namespace ridgepoint
