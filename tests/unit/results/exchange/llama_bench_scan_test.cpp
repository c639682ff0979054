#include "results/exchange/llama_bench_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "results/exchange/llama_bench_json.h"
#include "tests/support/error_of.h"
#include "tests/unit/results/exchange/golden_imports.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kRow =
    R"({"a": "text", "n": 12, "x": -1.50, "yes": true, "no": false, "nil": null,)"
    R"( "samples_ns": [ 1, 22 ,-3 ], "samples_ts": [1.5, 2]} tail)";

std::string as_text(const LlamaBenchRow& row) {
  std::string text;
  for (std::size_t i = 0; i < row.size(); ++i) {
    text += row[i].name + "=" + row[i].value + (row[i].number ? "#" : "") + ";";
  }
  for (const auto sample : row.samples_ns) text += std::to_string(sample) + ",";
  return text;
}

std::string read_rows(const std::string& json) {
  std::string text;
  read_llama_bench_json(json, "file",
                        [&](const LlamaBenchRow& row) { text += as_text(row) + "\n"; });
  return text;
}

TEST(LlamaBenchScan, ReadsAPlainRowUpToItsEnd) {
  LlamaBenchRow row;
  EXPECT_EQ(scan_llama_bench_row(kRow, row), kRow.size() - 5);
  EXPECT_EQ(as_text(row), "a=text;n=12#;x=-1.50#;yes=1#;no=0#;1,22,-3,");
  EXPECT_EQ(scan_llama_bench_row("{}", row), 2U);
  EXPECT_EQ(row.size(), 0U);
}

TEST(LlamaBenchScan, LeavesEverythingUnusualToTheParser) {
  LlamaBenchRow row;
  for (const char* text : {"",
                           "{",
                           "[]",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{\"a\" 1}",
                           "{a:1}",
                           "{\"\":1}",
                           "{\"a\":01}",
                           "{\"a\":-0}",
                           "{\"a\":1e3}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":+1}",
                           "{\"a\":1234567890123456789}",
                           "{\"a\":\"\\n\"}",
                           "{\"a\":\"\xc3\xa9\"}",
                           "{\"a\":\"\n\"}",
                           "{\"a\":{}}",
                           "{\"a\":[[]]}",
                           "{\"a\":[\"b\"]}",
                           "{\"samples_ns\":[1.5]}",
                           "{\"a\":[1,]}",
                           "{\"a\":tru}",
                           "{\"a\":\"b",
                           "{\"a\":[1"}) {
    EXPECT_EQ(scan_llama_bench_row(text, row), 0U) << text;
  }
}

TEST(LlamaBenchScan, SaysWhatTheParserSaysOfMutatedRows) {
  std::mt19937_64 random(7);
  const std::string row(kRow.substr(0, kRow.size() - 5));
  const std::string letters = "{}[]\",:\\0123456789.-eE tfn\xc3\n";
  int plain = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string mutated = row;
    for (std::uint64_t change = random() % 3; change-- > 0;) {
      const auto at = random() % mutated.size();
      switch (random() % 3) {
        case 0:
          mutated[at] = letters[random() % letters.size()];
          break;
        case 1:
          mutated.erase(at, 1 + random() % 4);
          break;
        default:
          mutated.insert(at, 1, letters[random() % letters.size()]);
      }
      if (mutated.empty()) break;
    }
    LlamaBenchRow scanned;
    if (scan_llama_bench_row(mutated, scanned) != mutated.size() || mutated.empty()) continue;
    ++plain;
    // A list whose last row has an escape goes to the parser as a whole.
    std::string parsed;
    std::size_t rows = 0;
    read_llama_bench_json("[{\"\\u0061\":1}," + mutated + "]", "file",
                          [&](const LlamaBenchRow& found) {
                            if (rows++ == 1) parsed = as_text(found);
                          });
    ASSERT_EQ(parsed, as_text(scanned)) << mutated;
  }
  EXPECT_GT(plain, 1000);
}

TEST(LlamaBenchScan, ARowThatIsNotPlainChangesNothingAboutItsNeighbours) {
  const std::string plain = R"({"n":1})", escaped = R"({"\u006e":2})";
  EXPECT_EQ(read_rows("[" + plain + "," + escaped + ",\n" + plain + "]"), "n=1#;\nn=2#;\nn=1#;\n");
  EXPECT_EQ(read_rows(plain + "\n" + escaped + "\r\n\n  " + plain), "n=1#;\nn=2#;\nn=1#;\n");
  EXPECT_THAT(error_of([&] { read_rows("[" + plain + "," + plain); }), HasSubstr("byte"));
  EXPECT_THAT(error_of([&] { read_rows("[" + plain + "] and more"); }), HasSubstr("byte"));
  EXPECT_THAT(error_of([&] { read_rows("[" + plain + ",]"); }), HasSubstr("byte"));
  EXPECT_THAT(error_of([&] { read_rows(plain + "\n" + plain + " x"); }), HasSubstr("line 2"));
}

}  // namespace
}  // namespace ridgepoint
