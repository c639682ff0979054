#include "results/report/comparison_junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "results/report/attribution_text.h"
#include "results/report/comparison_text.h"

namespace ridgepoint {
namespace {

/// Bytes that are not UTF-8 become U+FFFD: the JSON serialiser is the check.
std::string as_utf8(std::string_view text) {
  const nlohmann::json json(text);
  return nlohmann::json::parse(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))
      .get<std::string>();
}

/// For text and for attributes in double quotes. XML 1.0 has no way to say most control characters.
std::string xml_escaped(std::string_view text) {
  std::string result;
  for (const char c : as_utf8(text)) {
    switch (c) {
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '&':
        result += "&amp;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\n':
        result += "&#10;";
        break;
      default:
        result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  // U+FFFE and U+FFFF are no characters of XML either.
  for (const std::string_view forbidden : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    for (std::size_t at = result.find(forbidden); at != std::string::npos;
         at = result.find(forbidden, at)) {
      result.erase(at, forbidden.size());
    }
  }
  return result;
}

std::string message_of(const ComparisonRow& row) {
  if (row.metric.empty() || row.reason.empty() || row.missing_in_b) return row_finding(row);
  return fmt::format("{}: {}", row_finding(row), row.reason);
}

std::string test_case(const ComparisonRow& row) {
  std::string text =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\"", xml_escaped(row.name),
                  xml_escaped(row.metric.empty() ? "outcome" : row.metric));
  const std::string message = xml_escaped(message_of(row));
  switch (row.verdict) {
    case Verdict::slower: {
      std::string causes;
      if (row.attribution) {
        for (const std::string& line : explain(*row.attribution)) causes += line + "\n";
      }
      return text + fmt::format(
                        ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n"
                        "    </testcase>\n",
                        xml_escaped(row_verdict_text(row)), message, xml_escaped(causes));
    }
    case Verdict::undecided:
    case Verdict::incomparable:
      return text + fmt::format(">\n      <skipped message=\"{}: {}\"/>\n    </testcase>\n",
                                name_of(row.verdict), message);
    case Verdict::faster:
    case Verdict::same:
      return text + fmt::format(">\n      <system-out>{}: {}</system-out>\n    </testcase>\n",
                                xml_escaped(row_verdict_text(row)), message);
  }
  return text + "/>\n";
}

std::string property(std::string_view name, std::string_view value) {
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml_escaped(value));
}

}  // namespace

std::string comparison_junit(const Comparison& comparison) {
  const auto count = [&](Verdict verdict) {
    return std::ranges::count(comparison.rows, verdict, &ComparisonRow::verdict);
  };
  const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"",
                                         comparison.rows.size(), count(Verdict::slower),
                                         count(Verdict::undecided) + count(Verdict::incomparable));
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  text += fmt::format("<testsuites name=\"ridgepoint compare\" {}>\n", counts);
  text += fmt::format("  <testsuite name=\"{} against {}\" {}>\n    <properties>\n",
                      xml_escaped(comparison.a.asked), xml_escaped(comparison.b.asked), counts);
  text += property("verdict", name_of(comparison.verdict));
  text += property("sentence", verdict_sentence(comparison));
  text += property("A", side_text(comparison.a));
  text += property("B", side_text(comparison.b));
  text += "    </properties>\n";
  for (const ComparisonRow& row : comparison.rows) text += test_case(row);
  return text + "  </testsuite>\n</testsuites>\n";
}

}  // namespace ridgepoint
