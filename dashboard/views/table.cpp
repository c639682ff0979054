// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/table.h"

#include <QEvent>
#include <QHeaderView>
#include <QResizeEvent>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>
#include <vector>

#include "dashboard/charts/theme.h"
#include "dashboard/models/text.h"

namespace ridgepoint {

QWidget* table_under_words(QLabel* words, const QString& accessible_name, QTableView* table) {
  words->setWordWrap(true);
  words->setTextFormat(Qt::PlainText);
  words->setAccessibleName(accessible_name);
  words->setContentsMargins(6, 4, 6, 2);
  auto* page = new QWidget;
  auto* lines = new QVBoxLayout(page);
  lines->setContentsMargins(0, 0, 0, 0);
  lines->setSpacing(0);
  lines->addWidget(words);
  lines->addWidget(table, 1);
  return page;
}

QColor colour_of(Tone tone, const QPalette& palette) {
  const Theme& theme = theme_of(palette);
  switch (tone) {
    case Tone::muted:
      return theme.muted;
    case Tone::good:
      return theme.good;
    case Tone::warning:
      return theme.warning;
    case Tone::bad:
      return theme.bad;
    case Tone::plain:
      break;
  }
  return theme.text;
}

QString ToneDelegate::text_in(const QModelIndex& index, int width, const QFontMetrics& metrics) {
  const QString whole = with_plain_direction(index.data().toString());
  const QVariant brief = index.data(kBriefRole);
  const auto fits = [&](const QString& text) {
    return metrics.horizontalAdvance(text) <= width - kCellMargins;
  };
  if (!brief.isValid() || fits(whole)) return whole;
  QString shown = whole;
  for (const QString& text : brief.toStringList()) {
    shown = with_plain_direction(text);
    if (fits(shown)) return shown;
  }
  return metrics.elidedText(shown, Qt::ElideMiddle, width - kCellMargins);
}

QSize ToneDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  // What the whole text needs, however narrow its column is now.
  QStyleOptionViewItem wide = option;
  wide.rect.setWidth(QWIDGETSIZE_MAX);
  return QStyledItemDelegate::sizeHint(wide, index);
}

void ToneDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
  QStyledItemDelegate::initStyleOption(option, index);
  option->text = text_in(index, option->rect.width(), option->fontMetrics);
  if (index.data(kBriefRole).isValid()) option->textElideMode = Qt::ElideMiddle;
  if (index.data(kHeadingRole).toBool()) {
    option->font.setBold(true);
    option->backgroundBrush = theme_of(option->palette).raised;
    return;
  }
  const QVariant tone = index.data(kToneRole);
  if (tone.isValid()) {
    option->palette.setColor(QPalette::Text,
                             colour_of(static_cast<Tone>(tone.toInt()), option->palette));
  }
}

QTableView* make_table(const QString& accessible_name, QAbstractItemModel* model, QWidget* parent) {
  auto* table = new QTableView(parent);
  table->setModel(model);
  table->setAccessibleName(accessible_name);
  table->setItemDelegate(new ToneDelegate(table));
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->setSelectionMode(QAbstractItemView::SingleSelection);
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table->setShowGrid(false);
  table->setWordWrap(false);
  table->setTabKeyNavigation(false);
  table->setFrameShape(QFrame::NoFrame);
  table->verticalHeader()->hide();
  table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 8);
  QHeaderView* heading = table->horizontalHeader();
  heading->setHighlightSections(false);
  heading->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  heading->setStretchLastSection(true);
  heading->setMinimumSectionSize(36);
  heading->setResizeContentsPrecision(60);
  return table;
}

void fit_columns(QTableView& table, int most) {
  table.resizeColumnsToContents();
  const int columns = table.model()->columnCount();
  for (int column = 0; column < columns; ++column) {
    table.setColumnWidth(column, std::min(table.columnWidth(column) + 6, most));
  }
}

namespace {

/// Watches how much room there is.
class GivingWay : public QObject {
 public:
  GivingWay(QTableView& table, int column, int least)
      : QObject(&table), table_(table), column_(column), least_(least) {
    table.viewport()->installEventFilter(this);
  }
  void arrange() {
    if (table_.isColumnHidden(column_)) return;
    const QAbstractItemView& view = table_;
    const int columns = table_.model()->columnCount();
    int others = 0;
    int last = columns - 1;
    while (last > 0 && table_.isColumnHidden(last)) --last;
    for (int i = 0; i < columns; ++i) {
      if (i == column_ || table_.isColumnHidden(i)) continue;
      // The last one stretches: it needs what its text needs.
      others += i == last ? std::max(view.sizeHintForColumn(i),
                                     table_.horizontalHeader()->sectionSizeHint(i))
                          : table_.columnWidth(i);
    }
    const int wanted = view.sizeHintForColumn(column_) + 6;
    constexpr int kSpare = 18;
    const int room = table_.viewport()->width() - others - kSpare;
    table_.setColumnWidth(column_,
                          std::clamp(room, std::min(least_, wanted), std::max(wanted, least_)));
  }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (event->type() == QEvent::Resize) arrange();
    return QObject::eventFilter(watched, event);
  }

 private:
  QTableView& table_;
  int column_, least_;
};

/// Watches how much room there is for columns of `most` pixels.
class FillingRoom : public QObject {
 public:
  FillingRoom(QTableView& table, int most) : QObject(&table), table_(table), most_(most) {
    table.viewport()->installEventFilter(this);
  }
  void arrange() {
    table_.resizeColumnsToContents();
    std::vector<int> wanted;
    for (int column = 0; column < table_.model()->columnCount(); ++column) {
      wanted.push_back(table_.columnWidth(column) + 6);
    }
    const std::vector<int> widths = wanted;
    std::ranges::sort(wanted);
    // Narrow columns leave what they do not need to the wide ones.
    int room = table_.viewport()->width();
    int at_most = wanted.empty() ? 0 : wanted.back();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const int share = room / static_cast<int>(wanted.size() - i);
      if (wanted[i] > share) {
        at_most = share;
        break;
      }
      room -= wanted[i];
    }
    at_most = std::max(at_most, most_);
    for (std::size_t i = 0; i < widths.size(); ++i) {
      table_.setColumnWidth(static_cast<int>(i), std::min(widths[i], at_most));
    }
  }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (event->type() == QEvent::Resize) {
      const auto width = static_cast<QResizeEvent*>(event)->size().width();
      if (width != std::exchange(width_, width)) arrange();
    }
    return QObject::eventFilter(watched, event);
  }

 private:
  QTableView& table_;
  int most_, width_ = 0;
};

}  // namespace

void fit_columns_to_room(QTableView& table, int most) {
  auto* found = static_cast<FillingRoom*>(table.property("filling room").value<QObject*>());
  if (found == nullptr) {
    found = new FillingRoom(table, most);
    table.setProperty("filling room", QVariant::fromValue<QObject*>(found));
  }
  found->arrange();
}

void let_give_way(QTableView& table, int column, int least) {
  auto* found = static_cast<GivingWay*>(table.property("giving way").value<QObject*>());
  if (found == nullptr) {
    found = new GivingWay(table, column, least);
    table.setProperty("giving way", QVariant::fromValue<QObject*>(found));
  }
  found->arrange();
}

}  // namespace ridgepoint
