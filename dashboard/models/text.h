// SPDX-License-Identifier: GPL-3.0-or-later
// The border between our text and Qt's: UTF-8 on one side, UTF-16 on the other.
#pragma once

#include <QString>
#include <string>
#include <string_view>

namespace ridgepoint {

inline QString qt(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

inline std::string utf8(const QString& text) {
  return text.toStdString();
}

/// "41d5db26" of a UUID.
inline QString short_id(std::string_view id) {
  return qt(id.substr(0, 8));
}

}  // namespace ridgepoint
