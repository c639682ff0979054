#include "results/report/attribution_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>

#include "results/report/table.h"

namespace ridgepoint {
namespace {

std::string signed_time(double ns) {
  return fmt::format("{}{}", ns < 0 ? "-" : "+", format_value(std::abs(ns), "ns"));
}

std::string pass_text(const Attribution& attribution) {
  if (attribution.phase.empty()) return "";
  return attribution.phase == "run" ? " a pass" : fmt::format(" a {} pass", attribution.phase);
}

std::string factor_text(double a, double b, std::string_view what) {
  if (a <= 0 && b <= 0) return "";
  if (a <= 0) return fmt::format("{} in B only", what);
  if (b <= 0) return fmt::format("{} in A only", what);
  const double ratio = b / a;
  if (std::abs(ratio - 1) < 0.005) return fmt::format("same {}", what);
  return fmt::format("{:.2g}x {}", ratio, what);
}

std::string work_text(const OpDifference& op) {
  if (op.a_ns == 0) return "in B only";
  if (op.b_ns == 0) return "in A only";
  std::string text;
  for (const std::string& part : {factor_text(op.a_flops, op.b_flops, "FLOPs"),
                                  factor_text(op.a_bytes, op.b_bytes, "bytes")}) {
    if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
  }
  return text;
}

std::string op_text(const OpDifference& op) {
  std::string text = op.op_id;
  if (op.ops < op.ops_alike) text += fmt::format(" in {} of {} layers", op.ops, op.ops_alike);
  return text;
}

/// "layer.*.ffn" of "layer.*.ffn.down"; an op outside of layers is its own part.
std::string part_of_op(const std::string& op_id) {
  const std::size_t dot = op_id.rfind('.');
  return op_id.starts_with("layer.") && dot > op_id.find('.', 6) ? op_id.substr(0, dot) : op_id;
}

struct Part {
  std::string name;
  double difference_ns = 0;
  std::vector<const OpDifference*> ops;  // largest first
};

std::vector<Part> parts_of(const std::vector<OpDifference>& ops) {
  std::vector<Part> parts;
  for (const OpDifference& op : ops) {
    const std::string name = part_of_op(op.op_id);
    auto found = std::ranges::find(parts, name, &Part::name);
    if (found == parts.end()) found = parts.insert(parts.end(), Part{.name = name, .ops = {}});
    found->difference_ns += op.difference_ns();
    found->ops.push_back(&op);
  }
  std::ranges::stable_sort(parts, std::greater{},
                           [](const Part& part) { return std::abs(part.difference_ns); });
  return parts;
}

std::string part_text(const Part& part) {
  const OpDifference& largest = *part.ops.front();
  const std::string work = work_text(largest);
  if (part.ops.size() == 1) {
    return op_text(largest) + (work.empty() ? "" : fmt::format(" ({})", work));
  }
  return fmt::format("{} ({} {}{}{})", part.name, signed_time(largest.difference_ns()),
                     op_text(largest), work.empty() ? "" : ": ", work);
}

std::string circumstance_text(const Circumstance& entry) {
  const auto value = [&](double number) {
    if (entry.unit == "Hz") return fmt::format("{:.2f} GHz", number / 1e9);
    if (entry.unit == "%") return fmt::format("{:.1f} %", number * 100);
    return format_value(number, entry.unit);
  };
  std::string text =
      fmt::format("{}: {} in A, {} in B", entry.what, value(entry.a), value(entry.b));
  if (entry.unit != "%" && entry.a > 0) {
    text += fmt::format(" ({:+.1f} %)", (entry.b / entry.a - 1) * 100);
  }
  return text;
}

void explain_ops(const Attribution& attribution, std::vector<std::string>& lines) {
  constexpr std::size_t kMostParts = 4;
  constexpr double kWorthSaying = 0.05;
  const double whole = attribution.difference_ns;
  std::size_t said = 0;
  for (const Part& part : parts_of(attribution.ops)) {
    if (std::abs(part.difference_ns) < kWorthSaying * std::abs(whole) || said == kMostParts) break;
    lines.push_back(
        said == 0 ? fmt::format("{} of {} a {} pass come from {}", signed_time(part.difference_ns),
                                signed_time(whole), attribution.phase, part_text(part))
                  : fmt::format("{} from {}", signed_time(part.difference_ns), part_text(part)));
    ++said;
  }
  const double rest = attribution.unattributed_ns();
  // Where the ops say more than the whole, or the opposite, a share of it would mean nothing.
  const double share = whole == 0 ? 0 : rest / whole;
  if (share >= 0 && share <= 1) {
    lines.push_back(fmt::format("{} of {} ({:.0f} %) lie in no op", signed_time(rest),
                                signed_time(whole), share * 100));
  } else {
    lines.push_back(fmt::format(
        "all ops together changed by {}, where the passes that were not traced changed by {}: "
        "tracing, or noise between the passes, is the rest",
        signed_time(attribution.attributed_ns), signed_time(whole)));
  }
}

}  // namespace

std::vector<std::string> explain(const Attribution& attribution) {
  std::vector<std::string> lines;
  if (attribution.traced) {
    explain_ops(attribution, lines);
  } else {
    std::string work;
    for (const auto& [ratio, what] : {std::pair(attribution.flops_ratio, "FLOPs"),
                                      std::pair(attribution.bytes_ratio, "bytes")}) {
      if (ratio) work += (work.empty() ? "" : ", ") + factor_text(1, *ratio, what);
    }
    lines.push_back(fmt::format("{}{}{}", signed_time(attribution.difference_ns),
                                pass_text(attribution),
                                work.empty() ? "" : fmt::format("; the work itself: {}", work)));
  }
  for (const Circumstance& entry : attribution.around) lines.push_back(circumstance_text(entry));
  if (!attribution.traced) {
    lines.emplace_back(
        "no times of single ops are stored for both sides: measure both with --op-times true, on "
        "a backend that announces its ops, to see which ops it is");
  }
  return lines;
}

}  // namespace ridgepoint
