// SPDX-License-Identifier: GPL-3.0-or-later
// The border between our text and Qt's: UTF-8 on one side, UTF-16 on the other.
#pragma once

#include <QString>
#include <QStringList>
#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

inline QString qt(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

inline QStringList qt_list(const std::vector<std::string>& texts) {
  QStringList list;
  for (const std::string& text : texts) list.append(qt(text));
  return list;
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

/// Characters that turn the direction of what follows them are shown by their numbers: what others
/// wrote must not rearrange a line.
inline QString with_plain_direction(const QString& text) {
  const auto turns = [](QChar letter) {
    const char16_t code = letter.unicode();
    return code == 0x061C || code == 0x200E || code == 0x200F ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  };
  if (std::none_of(text.begin(), text.end(), turns)) return text;
  QString plain;
  for (const QChar letter : text) {
    if (turns(letter)) {
      plain += QString("\\u%1").arg(letter.unicode(), 4, 16, QChar('0'));
    } else {
      plain += letter;
    }
  }
  return plain;
}

/// What others wrote, in at most `most` letters of one line, cut in the middle; words without an
/// end get places to break at, so that no window has to be as wide as they are.
inline QString shortened(const QString& text, int most) {
  QString line = with_plain_direction(text.simplified());
  if (line.size() > most)
    line = line.left(most / 2) + QChar(0x2026) + line.right(most - most / 2 - 1);
  constexpr int kLongestWord = 48;
  int word = 0;
  for (int i = 0; i < line.size(); ++i) {
    word = line[i].isSpace() ? 0 : word + 1;
    if (word < kLongestWord || line[i].isHighSurrogate()) continue;
    line.insert(i + 1, QChar(0x200B));
    word = 0;
    ++i;
  }
  return line;
}

/// "+4.1 %" of 1.041; of what is nothing in this digit without a sign.
inline QString change_of(double ratio) {
  const double percent = 100 * (ratio - 1);
  const QString text = QString::number(percent, 'f', 1);
  if (text == "0.0" || text == "-0.0") return QStringLiteral("0.0 %");
  return (percent > 0 ? "+" + text : text) + " %";
}

/// "41d5db26" of a UUID.
inline QString short_id(std::string_view id) {
  return qt(id.substr(0, 8));
}

}  // namespace ridgepoint
