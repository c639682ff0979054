// The "key=value[,key=value...]" part of a backend's spec.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ridgepoint {

class BackendOptions {
 public:
  /// Error when an entry has no '=' or nothing behind it, or a key comes twice.
  BackendOptions(std::string_view backend, std::string_view text);

  /// The option's value, or `otherwise` when it was not given. Error unless it is an integer of
  /// minimum .. maximum.
  std::int64_t take_integer(std::string_view key, std::int64_t otherwise, std::int64_t minimum,
                            std::int64_t maximum);
  /// The option's value, or `otherwise` when it was not given.
  std::string take_text(std::string_view key, std::string_view otherwise);
  /// Options that nobody took so far, for engines that read their own.
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& given() const {
    return left_;
  }
  /// Error when an option was given that nobody took; `known` says what there is ("none" if empty).
  void finish(std::string_view known) const;

 private:
  std::string backend_;
  std::map<std::string, std::string, std::less<>> left_;
};

}  // namespace ridgepoint
