#include "results/exchange/llama_bench_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

// More than any version of llama-bench has by far; bounds what a hostile file makes us compare.
constexpr std::size_t kMostColumns = 512;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

bool in_word(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '+' || c == '-';
}

struct Token {
  enum class Kind { end, word, text, sign } kind = Kind::end;
  std::string_view raw;  ///< of a text: what stands between the quotes, doubled quotes still double
  char quote = 0;        ///< of a text
};

class Tokens {
 public:
  Tokens(std::string_view text, std::string_view origin) : text_(text), origin_(origin) {}

  Token next() {
    skip_space();
    start_ = at_;
    if (at_ >= text_.size()) return {};
    const char c = text_[at_];
    if (c == '\'' || c == '"' || c == '`') return quoted(c);
    if (!in_word(c)) return {Token::Kind::sign, text_.substr(at_++, 1), 0};
    while (at_ < text_.size() && in_word(text_[at_])) ++at_;
    return {Token::Kind::word, text_.substr(start_, at_ - start_), 0};
  }
  Token peek() {
    const std::size_t before = at_;
    const Token token = next();
    at_ = before;
    return token;
  }
  void expect_word(std::string_view word) {
    const Token token = next();
    if (token.kind != Token::Kind::word || !same_word(token.raw, word)) {
      fail(fmt::format("{} expected", word));
    }
  }
  void expect_sign(char sign) {
    const Token token = next();
    if (token.kind != Token::Kind::sign || token.raw.front() != sign) {
      fail(fmt::format("'{}' expected", sign));
    }
  }
  bool accept_sign(char sign) {
    const Token token = peek();
    if (token.kind != Token::Kind::sign || token.raw.front() != sign) return false;
    next();
    return true;
  }
  [[nodiscard]] std::size_t position() const { return at_; }
  [[nodiscard]] std::string_view between(std::size_t from, std::size_t to) const {
    return text_.substr(from, to - from);
  }
  /// Whether the text goes on with exactly this; then it is passed.
  bool accept_text(std::string_view same) {
    if (same.empty() || text_.substr(at_, same.size()) != same) return false;
    at_ += same.size();
    return true;
  }
  [[noreturn]] void fail(const std::string& what) const {
    const auto line =
        1 + std::count(text_.begin(), text_.begin() + static_cast<long>(start_), '\n');
    throw Error(fmt::format(
        "{}:{}: {}; llama-bench -o sql writes CREATE TABLE test and INSERT INTO test only", origin_,
        line, what));
  }

 private:
  void skip_space() {
    for (;;) {
      while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos)
        ++at_;
      if (text_.substr(at_, 2) != "--") return;
      at_ = std::min(text_.find('\n', at_), text_.size());
    }
  }
  Token quoted(char quote) {
    std::size_t end = at_ + 1;
    for (;;) {
      end = text_.find(quote, end);
      if (end == std::string_view::npos) fail("a quote that is not closed");
      if (text_.substr(end + 1, 1) != std::string_view(&quote, 1)) break;
      end += 2;
    }
    const Token token{Token::Kind::text, text_.substr(at_ + 1, end - at_ - 1), quote};
    at_ = end + 1;
    return token;
  }

  std::string_view text_, origin_;
  std::size_t at_ = 0, start_ = 0;
};

struct Column {
  std::string name;
  bool number = false;
};

bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.front() >= '0' && text.front() <= '9' &&
         text.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
}

class SqlReader {
 public:
  SqlReader(std::string_view text, std::string_view origin, const LlamaBenchSink& sink)
      : tokens_(text, origin), sink_(sink) {}

  void run() {
    for (;;) {
      const Token token = tokens_.next();
      if (token.kind == Token::Kind::end) return;
      if (token.kind == Token::Kind::sign && token.raw == ";") continue;
      if (token.kind != Token::Kind::word) tokens_.fail("a statement expected");
      if (same_word(token.raw, "create")) {
        create();
      } else if (same_word(token.raw, "insert")) {
        insert();
      } else if (same_word(token.raw, "begin") || same_word(token.raw, "commit") ||
                 same_word(token.raw, "pragma")) {
        skip_statement();
      } else {
        tokens_.fail(fmt::format("a statement {}", shown(token.raw)));
      }
    }
  }

 private:
  static std::string shown(std::string_view word) { return std::string(word.substr(0, 32)); }

  void skip_statement() {
    for (Token token = tokens_.next(); token.kind != Token::Kind::end && token.raw != ";";) {
      token = tokens_.next();
    }
  }

  std::string name() {
    const Token token = tokens_.next();
    if ((token.kind != Token::Kind::word && token.kind != Token::Kind::text) || token.raw.empty() ||
        token.raw.size() > 64) {
      tokens_.fail("a name expected");
    }
    return std::string(token.raw);
  }

  void table() {
    const std::string called = name();
    if (!same_word(called, "test")) tokens_.fail(fmt::format("a table {}", shown(called)));
  }

  void create() {
    tokens_.expect_word("table");
    if (same_word(tokens_.peek().raw, "if")) {
      for (const char* word : {"if", "not", "exists"}) tokens_.expect_word(word);
    }
    table();
    tokens_.expect_sign('(');
    columns_.clear();
    same_beginning_ = {};
    do {
      Column column{name(), false};
      const Token type = tokens_.peek();
      if (type.kind == Token::Kind::word) {
        column.number = same_word(type.raw, "integer") || same_word(type.raw, "real");
        tokens_.next();
      }
      add(columns_, std::move(column));
    } while (tokens_.accept_sign(','));
    tokens_.expect_sign(')');
  }

  void add(std::vector<Column>& columns, Column column) const {
    if (columns.size() == kMostColumns) tokens_.fail("more columns than llama-bench has");
    columns.push_back(std::move(column));
  }

  void insert() {
    // Each of a million statements names the same columns again.
    if (!tokens_.accept_text(same_beginning_)) begin_insert();
    do {
      values();
    } while (tokens_.accept_sign(','));
    const Token end = tokens_.next();
    if (end.kind != Token::Kind::end && end.raw != ";") tokens_.fail("';' expected");
  }

  void begin_insert() {
    const std::size_t from = tokens_.position();
    tokens_.expect_word("into");
    table();
    inserted_.clear();
    if (tokens_.accept_sign('(')) {
      do {
        Column column{name(), false};
        const auto declared = std::ranges::find(columns_, column.name, &Column::name);
        if (declared != columns_.end()) column.number = declared->number;
        add(inserted_, std::move(column));
      } while (tokens_.accept_sign(','));
      tokens_.expect_sign(')');
    } else {
      inserted_ = columns_;
    }
    if (inserted_.empty()) tokens_.fail("values without columns");
    tokens_.expect_word("values");
    same_beginning_ = tokens_.between(from, tokens_.position());
  }

  void values() {
    tokens_.expect_sign('(');
    row_.clear();
    for (std::size_t i = 0;; ++i) {
      if (i == inserted_.size()) tokens_.fail("more values than columns");
      value(inserted_[i]);
      if (tokens_.accept_sign(',')) continue;
      if (i + 1 < inserted_.size()) tokens_.fail("fewer values than columns");
      break;
    }
    tokens_.expect_sign(')');
    sink_(row_);
  }

  void value(const Column& column) {
    const Token token = tokens_.next();
    if (token.kind == Token::Kind::word && same_word(token.raw, "null")) return;
    const bool literal = token.kind == Token::Kind::text && token.quote == '\'';
    if (!literal && !(token.kind == Token::Kind::word && is_number(token.raw))) {
      tokens_.fail("a value expected");
    }
    LlamaBenchRow::Field& field = row_.add(column.name);
    field.number = column.number && is_number(token.raw);
    if (token.raw.find('\'') == std::string_view::npos) {
      field.value.assign(token.raw);
      return;
    }
    for (std::size_t i = 0; i < token.raw.size(); ++i) {
      field.value += token.raw[i];
      if (token.raw[i] == '\'') ++i;  // doubled
    }
  }

  Tokens tokens_;
  const LlamaBenchSink& sink_;
  std::vector<Column> columns_, inserted_;
  std::string_view same_beginning_;
  LlamaBenchRow row_;
};

}  // namespace

void read_llama_bench_sql(std::string_view text, std::string_view origin,
                          const LlamaBenchSink& sink) {
  SqlReader(text, origin, sink).run();
}

}  // namespace ridgepoint
