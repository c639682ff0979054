#include "results/report/lens_table.h"

#include <fmt/format.h>

#include <vector>

#include "results/lens/lens.h"
#include "results/report/case_tables.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

std::string value_text(const LensFigure& figure) {
  if (!figure.value) return "refused";
  return figure.unit == "ns" ? fmt::format("{:.0f} ns", *figure.value)
                             : fmt::format("{:.6g} {}", *figure.value, figure.unit);
}

}  // namespace

std::string lens_table(const RunWithRecords& data, std::string_view lens) {
  std::string text;
  for (const std::string& line : run_head(data)) text += line + '\n';
  text += fmt::format("As {} defines it\n", lens);
  for (const Record& record : data.records) {
    text += fmt::format("\n#{} {}\n", record.ordinal, label(record.subject));
    if (record.outcome != Outcome::ok) {
      text += fmt::format("{}: {}\n", name_of(record.outcome), record.reason);
    }
    const std::vector<LensFigure> figures = look_through(record, lens);
    if (figures.empty()) {
      text += "no token timings in this record: it is not about a language model's requests\n";
      continue;
    }
    std::vector<std::vector<std::string>> rows = {{"figure", "value", "from"}};
    for (const LensFigure& figure : figures) {
      rows.push_back({figure.name, value_text(figure), figure.basis});
    }
    text += align(rows);
  }
  return text;
}

}  // namespace ridgepoint
