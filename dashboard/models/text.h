// SPDX-License-Identifier: GPL-3.0-or-later
// The border between our text and Qt's: UTF-8 on one side, UTF-16 on the other.
#pragma once

#include <QString>
#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace ridgepoint {

inline QString qt(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

inline std::string utf8(const QString& text) {
  return text.toStdString();
}

/// ASCII letters only; whatever else there is stays.
inline std::string lowered(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) {
    return static_cast<char>(c < 0x80 ? std::tolower(c) : c);
  });
  return result;
}

/// "41d5db26" of a UUID.
inline QString short_id(std::string_view id) {
  return qt(id.substr(0, 8));
}

}  // namespace ridgepoint
