// SPDX-License-Identifier: GPL-3.0-or-later
// Zoomable: a chart of which someone looks at a part; what a place remembers of it.
#pragma once

#include <QString>
#include <functional>
#include <optional>
#include <utility>

#include "dashboard/models/place.h"

namespace ridgepoint {

class Zoomable {
 public:
  Zoomable() = default;
  Zoomable(const Zoomable&) = delete;
  Zoomable& operator=(const Zoomable&) = delete;
  virtual ~Zoomable() = default;

  /// What is in view; nothing: all there is.
  [[nodiscard]] virtual std::optional<Extent> extent() const = 0;
  /// Brings it into view; nothing, and what is of another subject: all there is. Tells nobody.
  virtual void show_extent(const std::optional<Extent>& extent) = 0;
  /// What the chart shows: a part of something else means nothing here.
  void set_subject(const QString& subject) { subject_ = subject; }
  [[nodiscard]] const QString& subject() const { return subject_; }
  /// Called whenever someone zooms or moves.
  void when_zoomed(std::function<void()> told) { told_ = std::move(told); }

 protected:
  void tell_zoomed() const {
    if (told_) told_();
  }

 private:
  QString subject_;
  std::function<void()> told_;
};

}  // namespace ridgepoint
