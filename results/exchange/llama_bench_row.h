// LlamaBenchRow: one test of llama-bench as its JSON, JSONL and SQL outputs all give it: named
// values in the order written, and the samples where the output has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

struct LlamaBenchRow {
  struct Field {
    std::string name;
    std::string value;    ///< a text as it is, a number as it was written; true is 1, false 0
    bool number = false;  ///< of JSON type number or boolean, or of an SQL column of numbers
  };
  std::vector<std::int64_t> samples_ns;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const Field& operator[](std::size_t i) const { return fields_[i]; }
  /// Null when there is none of the name.
  [[nodiscard]] const Field* find(std::string_view name) const {
    for (std::size_t i = 0; i < size_; ++i) {
      if (fields_[i].name == name) return &fields_[i];
    }
    return nullptr;
  }

  /// An empty row again, whose memory is used anew: there may be millions.
  void clear() {
    size_ = 0;
    same_names_ = true;
    samples_ns.clear();
  }
  /// Whether each name is the one that stood at its place the last time that there was one.
  [[nodiscard]] bool same_names() const { return same_names_; }
  Field& add(std::string_view name) {
    if (size_ == fields_.size()) fields_.emplace_back();
    Field& field = fields_[size_++];
    if (field.name != name) {
      field.name.assign(name);
      same_names_ = false;
    }
    field.value.clear();
    field.number = false;
    return field;
  }

 private:
  std::vector<Field> fields_;  // the first size_ are in use
  std::size_t size_ = 0;
  bool same_names_ = true;
};

/// The row is only valid during the call.
using LlamaBenchSink = std::function<void(const LlamaBenchRow&)>;

}  // namespace ridgepoint
