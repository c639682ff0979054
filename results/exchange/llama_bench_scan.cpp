#include "results/exchange/llama_bench_scan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace ridgepoint {
namespace {

// Any integer of so many digits fits in 64 bits, any such fraction in a double.
constexpr std::size_t kMostDigits = 18;

/// Bytes that end the plain part of a text: quotes, escapes, control characters, non-ASCII.
constexpr std::array<bool, 256> special_bytes() {
  std::array<bool, 256> special{};
  for (std::size_t byte = 0; byte < special.size(); ++byte) {
    special[byte] = byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\';
  }
  return special;
}
constexpr std::array<bool, 256> kSpecial = special_bytes();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class RowScanner {
 public:
  RowScanner(std::string_view text, LlamaBenchRow& row)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), row_(row) {}

  std::size_t scan() {
    if (!take('{')) return 0;
    skip_blanks();
    if (take('}')) return length();
    for (;;) {
      const auto name = text();
      if (!name || name->empty()) return 0;
      skip_blanks();
      if (!take(':')) return 0;
      skip_blanks();
      if (!value(*name)) return 0;
      skip_blanks();
      if (take('}')) return length();
      if (!take(',')) return 0;
      skip_blanks();
    }
  }

 private:
  [[nodiscard]] std::size_t length() const { return static_cast<std::size_t>(at_ - begin_); }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) ++at_;
  }

  std::optional<std::string_view> text() {
    if (!take('"')) return std::nullopt;
    const char* from = at_;
    while (at_ != end_ && !kSpecial[static_cast<unsigned char>(*at_)]) ++at_;
    const std::string_view found(from, static_cast<std::size_t>(at_ - from));
    return take('"') ? std::optional(found) : std::nullopt;
  }

  bool word(std::string_view expected) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(expected)) {
      return false;
    }
    at_ += expected.size();
    return true;
  }

  /// As written; digits with a fraction or without.
  std::optional<std::string_view> number(bool& is_whole) {
    const char* from = at_;
    if (at_ != end_ && *at_ == '-') ++at_;
    const char* digits = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    const auto whole_digits = static_cast<std::size_t>(at_ - digits);
    if (whole_digits == 0 || whole_digits > kMostDigits) return std::nullopt;
    if (*digits == '0' && whole_digits > 1) return std::nullopt;
    is_whole = true;
    if (at_ != end_ && *at_ == '.') {
      is_whole = false;
      const char* fraction = ++at_;
      while (at_ != end_ && is_digit(*at_)) ++at_;
      const auto places = static_cast<std::size_t>(at_ - fraction);
      if (places == 0 || places > kMostDigits) return std::nullopt;
    } else if (*digits == '0' && digits != from) {
      return std::nullopt;  // "-0": the parser makes it a 0
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) return std::nullopt;
    return std::string_view(from, static_cast<std::size_t>(at_ - from));
  }

  bool value(std::string_view name) {
    if (at_ == end_) return false;
    if (*at_ == '"') {
      const auto found = text();
      return found && add(name, *found, false);
    }
    if (*at_ == '[') return list(name == "samples_ns");
    if (word("true")) return add(name, "1", true);
    if (word("false")) return add(name, "0", true);
    if (word("null")) return true;
    bool is_whole = false;
    const auto found = number(is_whole);
    return found && add(name, *found, true);
  }

  bool add(std::string_view name, std::string_view value, bool number) {
    LlamaBenchRow::Field& field = row_.add(name);
    field.value.append(value);  // empty so far
    field.number = number;
    return true;
  }

  bool list(bool are_samples) {
    take('[');
    skip_blanks();
    if (take(']')) return true;
    for (;;) {
      bool is_whole = false;
      const auto found = number(is_whole);
      if (!found || (are_samples && !is_whole)) return false;
      if (are_samples) row_.samples_ns.push_back(to_integer(*found));
      skip_blanks();
      if (take(']')) return true;
      if (!take(',')) return false;
      skip_blanks();
    }
  }

  static std::int64_t to_integer(std::string_view digits) {
    const bool negative = digits.front() == '-';
    std::int64_t value = 0;
    for (const char c : digits.substr(negative ? 1 : 0)) value = 10 * value + (c - '0');
    return negative ? -value : value;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  LlamaBenchRow& row_;
};

}  // namespace

std::size_t scan_llama_bench_row(std::string_view text, LlamaBenchRow& row) {
  row.clear();
  return RowScanner(text, row).scan();
}

}  // namespace ridgepoint
