// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/charts/timeline_chart.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <cstring>

#include "dashboard/charts/chart.h"
#include "dashboard/charts/theme.h"
#include "dashboard/charts/unit_scale.h"
#include "dashboard/models/text.h"
#include "results/op_family.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

constexpr int kGutter = 128;  ///< names of lines
constexpr int kAxis = 24;
constexpr int kPart = 20;
constexpr int kLowestCounter = 62, kHighestCounter = 130;
constexpr int kGap = 2;
constexpr double kWide = 3;         ///< pixels from which a span is drawn apart
constexpr double kNamed = 34;       ///< and named
constexpr double kNearest_ns = 20;  ///< in view at the least
constexpr double kZoomStep = 0.8;
constexpr double kMoveShare = 0.1;
constexpr double kRangeShare = 0.01;  ///< of what is in view, that a key moves an end of the range
constexpr double kDragBegins = 4;

QRgb mixed(QRgb a, QRgb b, float share) {
  const auto one = [share](int from, int to) {
    return from + static_cast<int>(static_cast<float>(to - from) * share);
  };
  return qRgb(one(qRed(a), qRed(b)), one(qGreen(a), qGreen(b)), one(qBlue(a), qBlue(b)));
}

/// The same op has the same colour in all layers and in all traces.
QRgb colour_of_family(const std::string& op_id, const Theme& theme) {
  std::uint32_t hash = 2166136261U;
  for (const char letter : op_family(op_id)) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
  }
  const int hue = static_cast<int>((hash >> 8) % 360);
  const int more = static_cast<int>((hash >> 4) % 3) * 18;
  return theme.dark ? QColor::fromHsl(hue, 90, 105 + more).rgb()
                    : QColor::fromHsl(hue, 120, 160 + more).rgb();
}

QColor readable_on(QRgb colour) {
  constexpr int kBright = 140;
  return qGray(colour) > kBright ? QColor(0x14, 0x18, 0x1E) : QColor(Qt::white);
}

double tick_step(double span_ns, int width) {
  const double rough = span_ns * 110 / std::max(1, width);
  const double magnitude = std::pow(10.0, std::floor(std::log10(rough)));
  const double digit = rough / magnitude;
  return std::max(1.0, magnitude * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10));
}

QString duration_words(double ns) {
  return qt(format_value(ns, "ns"));
}

/// The end tells ops apart ("attention.q" of "layer.3.attention.q").
QString cut_to(const std::string& name, double width, const QFontMetricsF& metrics) {
  const double letter = metrics.averageCharWidth();
  const auto room = static_cast<std::size_t>(std::max(0.0, width / letter));
  if (name.size() <= room) return qt(name);
  if (room < 3) return {};
  return QString::fromUtf8("…") + qt(std::string_view(name).substr(name.size() - room + 1));
}

/// `color` with that alpha on `base`, opaque: Qt blends each small rectangle in threads, and waits.
QColor opaque_over(const QColor& base, const QColor& color, int alpha) {
  const auto mixed = [alpha](int below, int above) {
    return (below * (255 - alpha) + above * alpha) / 255;
  };
  return {mixed(base.red(), color.red()), mixed(base.green(), color.green()),
          mixed(base.blue(), color.blue())};
}

}  // namespace

TimelineChart::TimelineChart(QWidget* parent) : QAbstractScrollArea(parent) {
  setAccessibleName("Timeline");
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
  setMinimumSize(320, 140);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  viewport()->setMouseTracking(true);
  viewport()->setAutoFillBackground(false);
  viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
}

void TimelineChart::show_trace(std::shared_ptr<const TracedRecord> traced, const QString& message) {
  const bool same = traced == traced_ && message == message_;
  if (same) return;
  traced_ = std::move(traced);
  message_ = traced_ == nullptr && message.isEmpty() ? QString("No spans.") : message;
  if (!message_.isEmpty()) traced_.reset();
  matches_.reset();
  pointed_.reset();
  range_.reset();
  find_colours();
  find_counter_rows();
  arrange();
  fit();
}

void TimelineChart::set_matches(std::shared_ptr<const TimelineMatches> matches) {
  matches_ = matches != nullptr && matches->any() ? std::move(matches) : nullptr;
  viewport()->update();
}

void TimelineChart::set_range(const std::optional<std::pair<std::int64_t, std::int64_t>>& range) {
  range_ = range;
  viewport()->update();
}

void TimelineChart::point_at_span(const std::optional<TimelineSpan>& span) {
  pointed_ = span;
  if (span && traced_ != nullptr) {
    const TimelineLane& lane = index().lanes[span->lane];
    const auto begin = static_cast<double>(lane.begin_ns[span->span]);
    const auto end = static_cast<double>(lane.end_ns[span->span]);
    const double width = to_ns() - from_ns_;
    // Near enough to see it, with what lies around it.
    const double wanted = std::min(width, std::max((end - begin) * 40, kNearest_ns));
    if (begin < from_ns_ || end > to_ns() || wanted < width) {
      const double middle = (begin + end) / 2;
      look_at(middle - wanted / 2, middle + wanted / 2);
    }
  }
  viewport()->update();
}

int TimelineChart::plot_width() const {
  return std::max(1, viewport()->width() - kGutter);
}

double TimelineChart::to_ns() const {
  return from_ns_ + ns_per_pixel_ * plot_width();
}

double TimelineChart::time_at(double x) const {
  return from_ns_ + (x - kGutter) * ns_per_pixel_;
}

double TimelineChart::x_of(double time_ns) const {
  return kGutter + (time_ns - from_ns_) / ns_per_pixel_;
}

int TimelineChart::lanes_top() const {
  return kAxis + (traced_ != nullptr && !index().parts.empty() ? kPart + kGap : 0);
}

int TimelineChart::lane_height() const {
  if (traced_ == nullptr || index().lanes.empty()) return 22;
  const int counters = static_cast<int>(counter_rows_.size()) * (kLowestCounter + kGap);
  const int room = viewport()->height() - lanes_top() - counters;
  return std::clamp(room / static_cast<int>(index().lanes.size()) - kGap, 18, 44);
}

int TimelineChart::counter_height() const {
  if (traced_ == nullptr || counter_rows_.empty()) return kLowestCounter;
  const int lanes = static_cast<int>(index().lanes.size()) * (lane_height() + kGap);
  const int room = viewport()->height() - lanes_top() - lanes;
  return std::clamp(room / static_cast<int>(counter_rows_.size()) - kGap, kLowestCounter,
                    kHighestCounter);
}

QRect TimelineChart::lane_box(std::size_t lane) const {
  const int height = lane_height();
  return {kGutter,
          lanes_top() + static_cast<int>(lane) * (height + kGap) - verticalScrollBar()->value(),
          plot_width(), height};
}

int TimelineChart::content_height() const {
  if (traced_ == nullptr) return 0;
  return lanes_top() + static_cast<int>(index().lanes.size()) * (lane_height() + kGap) +
         static_cast<int>(counter_rows_.size()) * (counter_height() + kGap);
}

void TimelineChart::find_colours() {
  colours_.clear();
  faded_.clear();
  if (traced_ == nullptr) return;
  const Theme& theme = theme_of(palette());
  for (const std::string& name : index().names) {
    colours_.push_back(colour_of_family(name, theme));
    faded_.push_back(mixed(theme.base.rgb(), theme.muted.rgb(), 0.3F));
  }
}

void TimelineChart::find_counter_rows() {
  counter_rows_.clear();
  if (traced_ == nullptr) return;
  std::vector<std::size_t> memory;
  for (std::size_t i = 0; i < index().counters.size(); ++i) {
    const CounterIndex& counter = *index().counters[i];
    if (counter.name.starts_with(kMemoryCounter)) {
      if (counter.highest > 0) memory.push_back(i);
    } else {
      counter_rows_.push_back({i});
    }
  }
  if (!memory.empty()) counter_rows_.push_back(std::move(memory));
}

QRect TimelineChart::counter_box(std::size_t row) const {
  const int top = lane_box(index().lanes.size()).top();
  return {kGutter, top + static_cast<int>(row) * (counter_height() + kGap), plot_width(),
          counter_height()};
}

/// Of what stands upon each other, at the most: the highest of each need not be at the same time.
double TimelineChart::highest_of(const std::vector<std::size_t>& row) const {
  double sum = 0;
  for (const std::size_t counter : row) sum += index().counters[counter]->highest;
  return sum;
}

QColor TimelineChart::colour_of_name(std::uint32_t name) const {
  return name < colours_.size() ? QColor::fromRgb(colours_[name]) : QColor();
}

void TimelineChart::arrange() {
  const int more = content_height() - viewport()->height();
  verticalScrollBar()->setRange(0, std::max(0, more));
  verticalScrollBar()->setPageStep(std::max(1, viewport()->height()));
  verticalScrollBar()->setSingleStep(lane_height());
  viewport()->update();
}

void TimelineChart::fit() {
  if (traced_ == nullptr) {
    viewport()->update();
    return;
  }
  const auto begin = static_cast<double>(index().begin_ns);
  const auto end = static_cast<double>(index().end_ns);
  const double margin = (end - begin) * 0.01;
  look_at(begin - margin, end + margin);
  is_fitted_ = true;
}

void TimelineChart::look_at(double from_ns, double to_ns) {
  is_fitted_ = false;
  from_ns_ = from_ns;
  ns_per_pixel_ = std::max(to_ns - from_ns, kNearest_ns) / plot_width();
  keep_in_reach();
  viewport()->update();
  Q_EMIT view_moved();
}

void TimelineChart::zoom(double factor, double around_ns) {
  const double width = (to_ns() - from_ns_) * factor;
  const double share = (around_ns - from_ns_) / (to_ns() - from_ns_);
  const double wanted = std::max(width, kNearest_ns);
  look_at(around_ns - share * wanted, around_ns + (1 - share) * wanted);
}

std::optional<Extent> TimelineChart::extent() const {
  if (traced_ == nullptr || is_fitted_) return std::nullopt;
  return Extent{from_ns_, to_ns(), 0, 0, subject()};
}

void TimelineChart::show_extent(const std::optional<Extent>& extent) {
  if (traced_ == nullptr) return;
  if (extent && (extent->of.isEmpty() || extent->of == subject())) {
    look_at(extent->left, extent->right);
  } else if (!is_fitted_) {
    fit();
  }
}

void TimelineChart::keep_in_reach() {
  if (traced_ == nullptr) return;
  const auto begin = static_cast<double>(index().begin_ns);
  const auto end = static_cast<double>(index().end_ns);
  const double widest = (end - begin) * 1.1;
  if (ns_per_pixel_ * plot_width() > widest) ns_per_pixel_ = widest / plot_width();
  const double width = ns_per_pixel_ * plot_width();
  // Half a view past either end, no further.
  from_ns_ = std::clamp(from_ns_, begin - width / 2, std::max(begin - width / 2, end - width / 2));
}

void TimelineChart::paintEvent(QPaintEvent*) {
  const Theme& theme = theme_of(palette());
  QPainter painter(viewport());
  painter.fillRect(viewport()->rect(), theme.base);
  painter.setFont(small_font(*this));
  if (traced_ == nullptr) {
    painter.setPen(theme.muted);
    painter.drawText(viewport()->rect().adjusted(20, 20, -20, -20),
                     Qt::AlignCenter | Qt::TextWordWrap, message_);
    return;
  }
  paint_lanes(painter, theme);
  paint_counters(painter, theme);
  painter.fillRect(QRect(0, 0, viewport()->width(), lanes_top()), theme.base);
  paint_axis(painter, theme);
  paint_parts(painter, theme);
  paint_names(painter, theme);
  paint_range(painter, theme);
  painter.save();
  painter.setClipRect(QRect(0, lanes_top(), viewport()->width(), viewport()->height()));
  paint_memory_names(painter, theme);
  painter.restore();
}

void TimelineChart::paint_axis(QPainter& painter, const Theme& theme) {
  tick_texts_.clear();
  const double zero = static_cast<double>(index().begin_ns);
  const double step = tick_step(to_ns() - from_ns_, plot_width());
  const UnitScale scale =
      unit_scale("ns", std::max(std::abs(to_ns() - zero), std::abs(from_ns_ - zero)));
  painter.fillRect(QRect(0, 0, viewport()->width(), kAxis), theme.raised);
  for (double at = std::ceil((from_ns_ - zero) / step) * step; at <= to_ns() - zero; at += step) {
    const auto x = static_cast<int>(x_of(zero + at));
    painter.setPen(theme.muted);
    painter.drawLine(x, kAxis - 6, x, kAxis - 1);
    const QString text = tick_text(at, step, scale) + ' ' + scale.name;
    const int width = painter.fontMetrics().horizontalAdvance(text);
    if (x + 4 + width > viewport()->width()) continue;
    painter.setPen(theme.text);
    painter.drawText(QPoint(x + 4, kAxis - 7), text);
    tick_texts_.append(text);
  }
}

void TimelineChart::paint_parts(QPainter& painter, const Theme& theme) const {
  if (index().parts.empty()) return;
  const auto& parts = index().parts;
  painter.save();
  painter.setClipRect(QRect(kGutter, kAxis, plot_width(), kPart));
  const auto first =
      std::ranges::upper_bound(parts, static_cast<std::int64_t>(from_ns_), {}, &TracedPart::end_ns);
  int painted_to = -1;
  for (auto part = first; part != parts.end(); ++part) {
    const double left = x_of(static_cast<double>(part->begin_ns));
    const double right = x_of(static_cast<double>(part->end_ns));
    if (left > viewport()->width()) break;
    if (static_cast<int>(right) <= painted_to) continue;  // nothing of it would be seen
    const bool prefill = part->name == "prefill";
    const QRectF box(left, kAxis + 2, std::max(1.0, right - left), kPart - 3);
    painter.fillRect(box, mixed(theme.base.rgb(), (prefill ? theme.b : theme.a).rgb(),
                                part->pass % 2 == 0 ? 0.35F : 0.22F));
    painted_to = static_cast<int>(right);
    if (right - left > 50) {
      painter.setPen(theme.text);
      painter.drawText(
          box.intersected(QRectF(kGutter, kAxis, plot_width(), kPart)).adjusted(4, 0, -2, 0),
          Qt::AlignLeft | Qt::AlignVCenter, qt(part->name));
    }
  }
  painter.restore();
}

void TimelineChart::paint_lane(std::size_t lane, const QRect& box, const Theme& theme,
                               QImage& image, std::vector<Label>& labels) {
  const TimelineLane& here = index().lanes[lane];
  const double ratio = image.devicePixelRatio();
  const double column_ns = ns_per_pixel_ / ratio;
  const auto count = static_cast<std::size_t>(image.width());
  columns_.assign(count, {});
  wide_.clear();
  index().look(here, from_ns_, column_ns, matches_ == nullptr ? nullptr : &matches_->blocks[lane],
               matches_ == nullptr ? nullptr : &matches_->names, columns_, kWide * ratio, wide_);
  const int top = static_cast<int>(box.top() * ratio);
  const int bottom = std::min(image.height(), static_cast<int>((box.bottom() + 1) * ratio));
  const int first = std::max(0, top);
  if (first >= bottom) return;
  auto* line = reinterpret_cast<QRgb*>(image.scanLine(first));
  const QRgb base = theme.base.rgb();
  for (std::size_t i = 0; i < count; ++i) {
    const TimelineColumn& column = columns_[i];
    if (column.name == kNoName) {
      line[i] = base;
      continue;
    }
    const float busy = std::clamp(column.busy, 0.2F, 1.0F);
    const QRgb colour =
        matches_ == nullptr || column.matches ? colours_[column.name] : faded_[column.name];
    line[i] = mixed(base, matches_ != nullptr && column.matches ? theme.b.rgb() : colour, busy);
  }
  for (const std::uint32_t span : wide_) {
    const double left = (static_cast<double>(here.begin_ns[span]) - from_ns_) / ns_per_pixel_;
    const double right = (static_cast<double>(here.end_ns[span]) - from_ns_) / ns_per_pixel_;
    const auto edge = static_cast<std::ptrdiff_t>(left * ratio);
    if (edge >= 0 && edge < static_cast<std::ptrdiff_t>(count)) {
      line[edge] = mixed(line[edge], theme.text.rgb(), 0.35F);
    }
    const double from = std::max(left, 0.0);
    const double to = std::min(right, static_cast<double>(box.width()));
    if (to - from >= kNamed) {
      labels.push_back({QRectF(box.left() + from + 3, box.top(), to - from - 5, box.height()),
                        here.names[span]});
    }
  }
  const auto bytes = static_cast<std::size_t>(image.width()) * sizeof(QRgb);
  for (int row = first + 1; row < bottom; ++row) std::memcpy(image.scanLine(row), line, bytes);
}

void TimelineChart::paint_lanes(QPainter& painter, const Theme& theme) {
  const double ratio = viewport()->devicePixelRatioF();
  const QSize size(static_cast<int>(plot_width() * ratio),
                   static_cast<int>(viewport()->height() * ratio));
  if (image_.size() != size) image_ = QImage(size, QImage::Format_RGB32);
  image_.setDevicePixelRatio(ratio);
  image_.fill(theme.base.rgb());
  std::vector<Label> labels;
  for (std::size_t lane = 0; lane < index().lanes.size(); ++lane) {
    const QRect box = lane_box(lane);
    if (box.bottom() < lanes_top() || box.top() > viewport()->height()) continue;
    paint_lane(lane, box, theme, image_, labels);
  }
  painter.drawImage(QPointF(kGutter, 0), image_);
  const QFontMetricsF metrics(painter.font());
  for (const Label& label : labels) {
    const QString text = cut_to(index().names[label.name], label.box.width(), metrics);
    const QPoint behind(static_cast<int>((label.box.left() - kGutter) * ratio),
                        static_cast<int>(label.box.center().y() * ratio));
    if (image_.valid(behind)) painter.setPen(readable_on(image_.pixel(behind)));
    if (!text.isEmpty()) painter.drawText(label.box, Qt::AlignLeft | Qt::AlignVCenter, text);
  }
  if (pointed_ && pointed_->lane < index().lanes.size()) {
    const TimelineLane& lane = index().lanes[pointed_->lane];
    const double left = x_of(static_cast<double>(lane.begin_ns[pointed_->span]));
    const double right = x_of(static_cast<double>(lane.end_ns[pointed_->span]));
    const QRect box = lane_box(pointed_->lane);
    painter.setPen(QPen(theme.text, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRectF(left, box.top() + 1, std::max(3.0, right - left), box.height() - 2));
  }
}

void TimelineChart::paint_names(QPainter& painter, const Theme& theme) const {
  painter.fillRect(QRect(0, lanes_top(), kGutter - 1, viewport()->height()), theme.base);
  painter.setPen(theme.grid);
  painter.drawLine(kGutter - 1, 0, kGutter - 1, viewport()->height());
  painter.setPen(theme.text);
  const auto write = [&](const QRect& box, const QString& text) {
    painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(text, Qt::ElideRight, box.width()));
  };
  if (!index().parts.empty()) write({6, kAxis, kGutter - 10, kPart}, "phases");
  painter.save();
  painter.setClipRect(QRect(0, lanes_top(), kGutter - 1, viewport()->height()));
  for (std::size_t lane = 0; lane < index().lanes.size(); ++lane) {
    if (index().lanes[lane].depth > 0) continue;
    const QRect box = lane_box(lane);
    write({6, box.top(), kGutter - 10, box.height()}, qt(index().lanes[lane].line));
  }
  for (std::size_t i = 0; i < counter_rows_.size(); ++i) {
    const auto& row = counter_rows_[i];
    const CounterIndex& counter = *index().counters[row.front()];
    const QRect box = counter_box(i);
    const bool is_memory = counter.name.starts_with(kMemoryCounter);
    write({6, box.top(), kGutter - 10, box.height() / 2},
          is_memory ? QString("memory") : qt(counter.name));
    painter.setPen(theme.muted);
    write({6, box.top() + box.height() / 2 - 8, kGutter - 10, box.height() / 2},
          "to " + qt(format_value(highest_of(row), counter.unit)));
    painter.setPen(theme.text);
  }
  painter.restore();
}

void TimelineChart::paint_counters(QPainter& painter, const Theme& theme) const {
  for (std::size_t i = 0; i < counter_rows_.size(); ++i) {
    const QRect box = counter_box(i);
    if (box.top() > viewport()->height() || box.bottom() < lanes_top()) continue;
    painter.setPen(theme.grid);
    painter.drawLine(box.left(), box.bottom() + 1, viewport()->width(), box.bottom() + 1);
    paint_counter_row(painter, box, counter_rows_[i], theme);
  }
}

void TimelineChart::paint_counter_row(QPainter& painter, const QRect& box,
                                      const std::vector<std::size_t>& row,
                                      const Theme& theme) const {
  const double highest = highest_of(row);
  if (highest <= 0) return;
  const int width = plot_width();
  const double bottom = box.bottom() + 1;
  const bool is_stack = row.size() > 1;
  // Names of what is stacked stand above it.
  const double room = box.height() - (is_stack ? painter.fontMetrics().height() + 4 : 6);
  std::vector<double> below(static_cast<std::size_t>(width), 0);
  for (std::size_t k = 0; k < row.size(); ++k) {
    const CounterIndex& counter = *index().counters[row[k]];
    // Of whole pixels, neighbours of the same height as one: a polygon of as many corners takes Qt
    // tens of milliseconds.
    const auto y_of = [&](double value) {
      return static_cast<int>(std::lround(bottom - value / highest * room));
    };
    QVector<QRect> bars;
    bars.reserve(width);
    for (int x = 0; x < width; ++x) {
      const auto from = static_cast<std::int64_t>(from_ns_ + x * ns_per_pixel_);
      const auto to = static_cast<std::int64_t>(from_ns_ + (x + 1) * ns_per_pixel_);
      double& held = below[static_cast<std::size_t>(x)];
      const int base = y_of(held);
      held += counter.highest_within(from, std::max(to, from + 1));
      const int top = y_of(held);
      const QRect bar(box.left() + x, top, 1, base - top);
      if (bar.height() <= 0) continue;
      const bool goes_on = !bars.empty() && bars.back().right() + 1 == bar.left() &&
                           bars.back().top() == bar.top() && bars.back().bottom() == bar.bottom();
      if (goes_on) {
        bars.back().setRight(bar.right());
      } else {
        bars.append(bar);
      }
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill_of(row[k], k, theme));
    painter.drawRects(bars);
  }
}

QColor TimelineChart::fill_of(std::size_t counter, std::size_t place, const Theme& theme) const {
  const bool is_memory = index().counters[counter]->name.starts_with(kMemoryCounter);
  const QColor fill = theme.kinds[(is_memory ? place : counter + 4) % theme.kinds.size()];
  return opaque_over(theme.base, fill, 150);
}

std::vector<TimelineChart::NameBox> TimelineChart::memory_names(std::size_t row) const {
  constexpr int kSwatch = 14, kApart = 16, kTall = 17;
  const std::vector<std::size_t>& counters = counter_rows_.at(row);
  if (!index().counters[counters.front()]->name.starts_with(kMemoryCounter)) return {};
  const QRect box = counter_box(row);
  const QFontMetrics metrics(small_font(*this));
  const int room = box.width() - 8;
  const int share = room / static_cast<int>(counters.size()) - kSwatch - kApart;
  std::vector<NameBox> names;
  // With figures, else without, else as much of each as its share of the room holds.
  for (const int brevity : {0, 1, 2}) {
    names.clear();
    int at = box.left() + 4;
    for (const std::size_t each : counters) {
      const CounterIndex& counter = *index().counters[each];
      QString text = qt(std::string_view(counter.name).substr(kMemoryCounter.size()));
      if (brevity == 0) text += " " + qt(format_value(counter.highest, counter.unit));
      if (brevity == 2) text = metrics.elidedText(text, Qt::ElideRight, share);
      const int width = kSwatch + metrics.horizontalAdvance(text) + 2;
      names.push_back({QRect(at, box.top() + 1, width, kTall), text});
      at += width + kApart;
    }
    if (at - kApart <= box.right()) break;
  }
  return names;
}

/// Above the edges of a range, which would strike names through.
void TimelineChart::paint_memory_names(QPainter& painter, const Theme& theme) const {
  for (std::size_t row = 0; row < counter_rows_.size(); ++row) {
    const QRect box = counter_box(row);
    if (box.top() > viewport()->height() || box.bottom() < lanes_top()) continue;
    const std::vector<NameBox> names = memory_names(row);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const QRect& at = names[i].box;
      painter.fillRect(at, theme.base);
      painter.fillRect(QRect(at.left(), at.top() + 4, 9, 9),
                       fill_of(counter_rows_[row][i], i, theme));
      painter.setPen(theme.text);
      painter.drawText(QPoint(at.left() + 14, at.top() + 13), names[i].text);
    }
  }
}

void TimelineChart::paint_range(QPainter& painter, const Theme& theme) const {
  if (!range_) return;
  const double left = x_of(static_cast<double>(range_->first));
  const double right = x_of(static_cast<double>(range_->second));
  painter.save();
  painter.setClipRect(QRect(kGutter, 0, plot_width(), viewport()->height()));
  QColor shade = theme.highlight;
  shade.setAlpha(50);
  painter.fillRect(QRectF(left, kAxis, right - left, viewport()->height() - kAxis), shade);
  painter.setPen(QPen(theme.highlight, 1.5));
  painter.drawLine(QPointF(left, 0), QPointF(left, viewport()->height()));
  painter.drawLine(QPointF(right, 0), QPointF(right, viewport()->height()));
  const QString words = duration_words(static_cast<double>(range_->second - range_->first));
  const int width = painter.fontMetrics().horizontalAdvance(words) + 10;
  const double middle = std::clamp((left + right) / 2, static_cast<double>(kGutter + width / 2),
                                   static_cast<double>(viewport()->width() - width / 2));
  const QRectF box(middle - width / 2.0, 2, width, kAxis - 5);
  painter.fillRect(box, theme.highlight);
  painter.setPen(Qt::white);
  painter.drawText(box, Qt::AlignCenter, words);
  painter.restore();
}

std::optional<TimelineSpan> TimelineChart::span_under(const QPointF& at) const {
  if (traced_ == nullptr || at.x() < kGutter || at.y() < lanes_top()) return std::nullopt;
  for (std::size_t lane = 0; lane < index().lanes.size(); ++lane) {
    const QRect box = lane_box(lane);
    if (at.y() < box.top() || at.y() > box.bottom() + 1) continue;
    const double time = time_at(at.x());
    if (const auto found = index().span_at(lane, static_cast<std::int64_t>(time))) return found;
    // Spans narrower than a pixel: the one that begins next, within it.
    const auto& begins = index().lanes[lane].begin_ns;
    const auto next = std::ranges::lower_bound(begins, static_cast<std::int64_t>(time));
    if (next != begins.end() && static_cast<double>(*next) < time + ns_per_pixel_) {
      return TimelineSpan{lane, static_cast<std::size_t>(next - begins.begin())};
    }
    return std::nullopt;
  }
  return std::nullopt;
}

QString TimelineChart::hover(const QPointF& at) const {
  const auto span = span_under(at);
  if (!span) return {};
  const TimelineLane& lane = index().lanes[span->lane];
  const std::int64_t begin = lane.begin_ns[span->span];
  const std::int64_t end = lane.end_ns[span->span];
  const TracedPart* part = index().part_at(begin);
  QString words = QString("%1\n%2, begins at %3")
                      .arg(qt(index().names[lane.names[span->span]]),
                           duration_words(static_cast<double>(end - begin)),
                           duration_words(static_cast<double>(begin - index().begin_ns)));
  if (part != nullptr) words += QString("\n%1, pass %2").arg(qt(part->name)).arg(part->pass);
  return words;
}

void TimelineChart::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  if (traced_ != nullptr && is_fitted_) {
    fit();
  } else if (traced_ != nullptr && event->oldSize().width() > kGutter) {
    ns_per_pixel_ *= static_cast<double>(event->oldSize().width() - kGutter) / plot_width();
    keep_in_reach();
  }
  arrange();
}

void TimelineChart::changeEvent(QEvent* event) {
  QAbstractScrollArea::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
    find_colours();
    viewport()->update();
  }
}

void TimelineChart::scrollContentsBy(int, int) {
  viewport()->update();
}

void TimelineChart::keyPressEvent(QKeyEvent* event) {
  if (traced_ == nullptr) return QAbstractScrollArea::keyPressEvent(event);
  const double width = to_ns() - from_ns_;
  const double cursor = time_at(
      std::clamp(viewport()->mapFromGlobal(QCursor::pos()).x(), kGutter, viewport()->width()));
  const double around = viewport()->underMouse() ? cursor : from_ns_ + width / 2;
  switch (event->key()) {
    case Qt::Key_Comma:
    case Qt::Key_Period:
      step_span(event->key() == Qt::Key_Period);
      break;
    case Qt::Key_Up:
    case Qt::Key_Down:
      step_lane(event->key() == Qt::Key_Down ? 1 : -1);
      break;
    case Qt::Key_R:
      measure_framed();
      break;
    case Qt::Key_BracketLeft:
    case Qt::Key_BracketRight:
    case Qt::Key_BraceLeft:
    case Qt::Key_BraceRight: {
      const bool is_end =
          event->key() == Qt::Key_BracketRight || event->key() == Qt::Key_BraceRight;
      move_range(is_end, event->modifiers().testFlag(Qt::ShiftModifier));
      break;
    }
    case Qt::Key_W:
      zoom(kZoomStep, around);
      tell_zoomed();
      break;
    case Qt::Key_S:
      zoom(1 / kZoomStep, around);
      tell_zoomed();
      break;
    case Qt::Key_A:
    case Qt::Key_Left:
      look_at(from_ns_ - width * kMoveShare, to_ns() - width * kMoveShare);
      tell_zoomed();
      break;
    case Qt::Key_D:
    case Qt::Key_Right:
      look_at(from_ns_ + width * kMoveShare, to_ns() + width * kMoveShare);
      tell_zoomed();
      break;
    case Qt::Key_F: {
      const bool there =
          range_ && std::abs(from_ns_ - static_cast<double>(range_->first)) < width * 0.1;
      if (range_ && !there) {
        const double margin = static_cast<double>(range_->second - range_->first) * 0.02;
        look_at(static_cast<double>(range_->first) - margin,
                static_cast<double>(range_->second) + margin);
      } else {
        fit();
      }
      tell_zoomed();
      break;
    }
    case Qt::Key_Home:
      fit();
      tell_zoomed();
      break;
    case Qt::Key_Escape:
      if (!range_) return QAbstractScrollArea::keyPressEvent(event);
      set_range(std::nullopt);
      Q_EMIT range_chosen(0, 0);
      break;
    default:
      QAbstractScrollArea::keyPressEvent(event);
      return;
  }
  event->accept();
}

void TimelineChart::frame(const TimelineSpan& span) {
  point_at_span(span);
  const QRect box = lane_box(span.lane);
  QScrollBar* bar = verticalScrollBar();
  if (box.top() < lanes_top()) bar->setValue(bar->value() + box.top() - lanes_top());
  if (box.bottom() > viewport()->height()) {
    bar->setValue(bar->value() + box.bottom() - viewport()->height());
  }
  Q_EMIT span_clicked(span.lane, span.span);
}

std::optional<TimelineSpan> TimelineChart::nearest_in(std::size_t lane, double at_ns) const {
  const auto& begins = index().lanes[lane].begin_ns;
  if (begins.empty()) return std::nullopt;
  const auto next = std::ranges::upper_bound(begins, static_cast<std::int64_t>(at_ns));
  const auto at = std::max<std::ptrdiff_t>(0, next - begins.begin() - 1);
  return TimelineSpan{lane, static_cast<std::size_t>(at)};
}

void TimelineChart::step_span(bool forward) {
  if (index().lanes.empty()) return;
  if (!pointed_) {
    if (const auto first = nearest_in(0, (from_ns_ + to_ns()) / 2)) frame(*first);
    return;
  }
  const std::size_t count = index().lanes[pointed_->lane].size();
  if (forward ? pointed_->span + 1 >= count : pointed_->span == 0) return;
  frame({pointed_->lane, forward ? pointed_->span + 1 : pointed_->span - 1});
}

void TimelineChart::step_lane(int by) {
  if (!pointed_) {
    step_span(true);
    return;
  }
  const auto lane = static_cast<std::ptrdiff_t>(pointed_->lane) + by;
  if (lane < 0 || lane >= static_cast<std::ptrdiff_t>(index().lanes.size())) return;
  const auto at = static_cast<double>(index().lanes[pointed_->lane].begin_ns[pointed_->span]);
  if (const auto found = nearest_in(static_cast<std::size_t>(lane), at)) frame(*found);
}

void TimelineChart::measure_framed() {
  auto from = static_cast<std::int64_t>(std::max(from_ns_, static_cast<double>(index().begin_ns)));
  auto to = static_cast<std::int64_t>(std::min(to_ns(), static_cast<double>(index().end_ns)));
  if (pointed_) {
    from = index().lanes[pointed_->lane].begin_ns[pointed_->span];
    to = std::max(from + 1, index().lanes[pointed_->lane].end_ns[pointed_->span]);
  }
  if (to <= from) return;
  set_range(std::pair(from, to));
  Q_EMIT range_chosen(from, to);
}

void TimelineChart::move_range(bool is_end, bool outwards) {
  if (!range_) {
    measure_framed();
    return;
  }
  const auto step = std::max<std::int64_t>(1, std::llround((to_ns() - from_ns_) * kRangeShare)) *
                    (outwards ? 1 : -1);
  auto [from, to] = *range_;
  if (is_end) {
    to = std::max(from + 1, to + step);
  } else {
    from = std::min(to - 1, from - step);
  }
  set_range(std::pair(from, to));
  Q_EMIT range_moved(from, to);
}

void TimelineChart::wheelEvent(QWheelEvent* event) {
  if (traced_ == nullptr) return;
  const QPoint turned = event->angleDelta();
  if (event->modifiers().testFlag(Qt::ControlModifier)) {
    verticalScrollBar()->setValue(verticalScrollBar()->value() - turned.y() / 3);
  } else if (event->modifiers().testFlag(Qt::ShiftModifier) || turned.y() == 0) {
    const int steps = turned.y() == 0 ? turned.x() : turned.y();
    const double by = -static_cast<double>(steps) * ns_per_pixel_;
    look_at(from_ns_ + by, to_ns() + by);
  } else {
    zoom(std::pow(kZoomStep, static_cast<double>(turned.y()) / 120),
         time_at(std::max<double>(kGutter, event->position().x())));
  }
  tell_zoomed();
  event->accept();
}

void TimelineChart::mousePressEvent(QMouseEvent* event) {
  if (traced_ == nullptr) return;
  pressed_at_ = event->position();
  pressed_from_ns_ = from_ns_;
  const bool moves = event->button() == Qt::MiddleButton ||
                     event->modifiers().testFlag(Qt::ShiftModifier) || pressed_at_.x() < kGutter;
  drag_ = moves ? Drag::move : Drag::range;
}

void TimelineChart::mouseMoveEvent(QMouseEvent* event) {
  if (traced_ == nullptr) return;
  const double moved = event->position().x() - pressed_at_.x();
  if (event->buttons() == Qt::NoButton || drag_ == Drag::none) {
    const QString words = hover(event->position());
    if (words.isEmpty()) {
      QToolTip::hideText();
    } else {
      QToolTip::showText(event->globalPosition().toPoint(), words, this);
    }
    return;
  }
  if (drag_ == Drag::move) {
    const double width = to_ns() - from_ns_;
    const double from = pressed_from_ns_ - moved * ns_per_pixel_;
    look_at(from, from + width);
    tell_zoomed();
  } else if (std::abs(moved) >= kDragBegins) {
    const double a = time_at(std::max<double>(kGutter, pressed_at_.x()));
    const double b = time_at(std::max<double>(kGutter, event->position().x()));
    set_range(std::pair(static_cast<std::int64_t>(std::min(a, b)),
                        static_cast<std::int64_t>(std::max(a, b))));
  }
}

void TimelineChart::mouseReleaseEvent(QMouseEvent* event) {
  if (traced_ == nullptr || drag_ == Drag::none) return;
  const bool dragged = std::abs(event->position().x() - pressed_at_.x()) >= kDragBegins;
  const Drag ended = std::exchange(drag_, Drag::none);
  if (ended == Drag::move && dragged) return;
  if (dragged) {
    if (range_) Q_EMIT range_chosen(range_->first, range_->second);
    return;
  }
  if (const auto span = span_under(event->position())) {
    Q_EMIT span_clicked(span->lane, span->span);
  } else if (range_) {
    set_range(std::nullopt);
    Q_EMIT range_chosen(0, 0);
  }
}

void TimelineChart::mouseDoubleClickEvent(QMouseEvent* event) {
  if (const auto span = span_under(event->position())) {
    const TimelineLane& lane = index().lanes[span->lane];
    const auto begin = static_cast<double>(lane.begin_ns[span->span]);
    const auto end = static_cast<double>(lane.end_ns[span->span]);
    look_at(begin - (end - begin) * 0.1, end + (end - begin) * 0.1);
  } else {
    fit();
  }
  tell_zoomed();
}

}  // namespace ridgepoint
