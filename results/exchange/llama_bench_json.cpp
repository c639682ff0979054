#include "results/exchange/llama_bench_json.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "results/exchange/llama_bench_scan.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

/// Events of the parser; a document of a million rows never stands in memory as a tree.
class RowReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  RowReader(std::string_view origin, const LlamaBenchSink& sink) : origin_(origin), sink_(sink) {}

  bool start_object(std::size_t) override {
    if (in_row_) fail("an object inside of a row");
    in_row_ = true;
    row_.clear();
    return true;
  }
  bool end_object() override {
    in_row_ = false;
    if (given_already_ > 0) {
      --given_already_;
    } else {
      sink_(row_);
    }
    return true;
  }
  bool start_array(std::size_t) override {
    if (!in_row_) {
      if (in_list_) fail("a list inside of the list of rows");
      in_list_ = true;
      return true;
    }
    if (in_values_) fail("a list inside of a list");
    in_values_ = true;
    are_samples_ = key_ == "samples_ns";
    return true;
  }
  bool end_array() override {
    (in_values_ ? in_values_ : in_list_) = false;
    return true;
  }
  bool key(string_t& name) override {
    key_.swap(name);
    return true;
  }
  bool null() override { return scalar(); }
  bool boolean(bool value) override { return add(value ? "1" : "0", true); }
  bool number_integer(number_integer_t value) override {
    return in_values_ ? sample(value) : add(fmt::format_int(value).c_str(), true);
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (!in_values_) return add(fmt::format_int(value).c_str(), true);
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
      fail("a sample of more nanoseconds than 64 bits count");
    }
    return sample(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t, const string_t& written) override {
    if (in_values_ && are_samples_) fail("a sample that is not a whole number of nanoseconds");
    return in_values_ || add(written, true);
  }
  bool string(string_t& value) override { return in_values_ ? scalar() : add(value, false); }
  bool binary(binary_t&) override { return false; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& problem) override {
    if (dynamic_cast<const nlohmann::json::out_of_range*>(&problem) != nullptr) {
      throw Error(fmt::format("{}: a number too large for JSON readers; check the file", origin_));
    }
    throw Error(fmt::format("{}: not JSON at byte {}{}; the file was cut or is of another kind",
                            origin_, position, line_));
  }

  /// So many rows at the beginning of the document were given to the sink before.
  void skip(std::size_t rows) { given_already_ = rows; }
  /// Said behind positions, which count from the line's start: " of line 3".
  void at_line(std::string text) { line_ = std::move(text); }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw Error(fmt::format("{}: {}{}, which llama-bench does not write; check the file", origin_,
                            what, line_));
  }
  bool scalar() {
    if (!in_row_) fail("a value outside of a row");
    if (in_values_ && are_samples_) fail("a sample that is not a number");
    return true;
  }
  bool sample(std::int64_t value) {
    if (are_samples_) row_.samples_ns.push_back(value);
    return true;
  }
  bool add(std::string_view value, bool number) {
    if (in_values_) return scalar();
    if (!in_row_) fail("a value outside of a row");
    LlamaBenchRow::Field& field = row_.add(key_);
    field.value.append(value);  // empty so far
    field.number = number;
    return true;
  }

  std::string_view origin_;
  const LlamaBenchSink& sink_;
  LlamaBenchRow row_;
  std::string key_, line_;
  std::size_t given_already_ = 0;
  bool in_list_ = false, in_row_ = false, in_values_ = false, are_samples_ = false;
};

void parse(std::string_view text, RowReader& reader) {
  nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &reader);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::size_t after_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

/// A list of plain rows, row by row. False where something else turns up; `given` rows have gone to
/// the sink by then.
bool scan_list(std::string_view text, std::size_t at, const LlamaBenchSink& sink,
               std::size_t& given) {
  LlamaBenchRow row;
  for (++at;; ++at) {
    at = after_blanks(text, at);
    const std::size_t length = scan_llama_bench_row(text.substr(std::min(at, text.size())), row);
    if (length == 0) return false;
    at = after_blanks(text, at + length);
    if (at >= text.size() || (text[at] != ',' && text[at] != ']')) return false;
    // What follows the end of the list is for the parser to judge, before the last row is given.
    if (text[at] == ']' && after_blanks(text, at + 1) != text.size()) return false;
    sink(row);
    ++given;
    if (text[at] == ']') return true;
  }
}

}  // namespace

void read_llama_bench_json(std::string_view text, std::string_view origin,
                           const LlamaBenchSink& sink) {
  RowReader reader(origin, sink);
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && text[start] == '[') {
    std::size_t given = 0;
    if (scan_list(text, start, sink, given)) return;
    reader.skip(given);
    parse(text, reader);
    return;
  }
  LlamaBenchRow plain;
  std::size_t line = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view row = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
    const std::size_t begin = after_blanks(row, 0);
    if (begin == row.size()) continue;
    const std::size_t length = scan_llama_bench_row(row.substr(begin), plain);
    if (length > 0 && after_blanks(row, begin + length) == row.size()) {
      sink(plain);
      continue;
    }
    reader.at_line(fmt::format(" of line {}", line));
    parse(row, reader);
  }
}

}  // namespace ridgepoint
