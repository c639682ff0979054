// Reading: what a source said, or why it said nothing. The profiler never throws: whatever a
// machine does not offer is a value absent with a reason, and the reason goes on record with the
// rest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ridgepoint {

template <class T>
class Reading {
 public:
  static Reading of(T value) {
    Reading reading;
    reading.value_ = std::move(value);
    return reading;
  }
  /// `why` is one line: what was asked and what came back.
  static Reading absent(std::string_view why) {
    Reading reading;
    reading.why_ = why;
    return reading;
  }

  [[nodiscard]] bool has_value() const { return value_.has_value(); }
  explicit operator bool() const { return has_value(); }
  /// Requires has_value().
  [[nodiscard]] const T& value() const { return *value_; }
  [[nodiscard]] T value_or(T fallback) const { return value_.value_or(std::move(fallback)); }
  /// Empty when there is a value.
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  Reading() = default;
  std::optional<T> value_;
  std::string why_;
};

}  // namespace ridgepoint
