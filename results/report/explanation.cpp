#include "results/report/explanation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "results/report/profile_table.h"
#include "results/report/table.h"
#include "results/report/time_text.h"
#include "results/roofline/op_groups.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

using roofline::Bound;
using roofline::ProfiledOp;
using roofline::ProfiledPhase;

/// Shares below this are not worth a line.
constexpr double kNotable = 0.05;
constexpr std::size_t kOpsNamed = 3;
/// Traced over untraced: outside, the phase met another machine in one of the two.
constexpr double kLeastTraced = 0.8, kMostTraced = 1.25;

double share_of(const ProfiledPhase& phase, Bound bound) {
  const auto found = phase.shares.find(std::string(name_of(bound)));
  return found == phase.shares.end() ? 0 : found->second;
}

/// Of a traced pass, all of it.
double pass_ns(const ProfiledPhase& phase) {
  double sum_ns = phase.not_attributed_ns;
  for (const ProfiledOp& op : phase.ops) sum_ns += op.time_ns.value;
  return sum_ns;
}

double phase_ns(const ProfiledPhase& phase) {
  return phase.time_ns.value > 0 ? phase.time_ns.value : pass_ns(phase);
}

double tokens_of(const Record& record, const ProfiledPhase& phase) {
  const Case& subject = record.subject;
  if (phase.name == "prefill") return static_cast<double>(subject.batch * subject.prompt);
  if (phase.name == "decode") return static_cast<double>(subject.batch);
  return 0;
}

std::string rate_text(double tokens, double ns) {
  return tokens > 0 && ns > 0 ? fmt::format(" ({})", format_value(tokens * 1e9 / ns, "tokens/s"))
                              : std::string();
}

std::string what_it_takes(const Record& record, const ProfiledPhase& phase) {
  std::string text = fmt::format("{} takes {}{}", phase.name, format_value(phase_ns(phase), "ns"),
                                 rate_text(tokens_of(record, phase), phase_ns(phase)));
  if (phase.mfu) text += fmt::format(": MFU {} of {}", share_text(*phase.mfu), phase.peak);
  if (phase.mbu) text += fmt::format(", MBU {} of {}", share_text(*phase.mbu), phase.level);
  if (phase.amplification) {
    text += fmt::format(", {:.2f} times the compulsory bytes counted", phase.amplification->value);
  }
  return text;
}

std::string what_binds(const ProfiledPhase& phase) {
  std::vector<std::pair<double, Bound>> shares;
  for (const Bound bound :
       {Bound::memory, Bound::compute, Bound::latency, Bound::overhead, Bound::ambiguous}) {
    if (const double share = share_of(phase, bound); share >= 0.005)
      shares.push_back({share, bound});
  }
  std::ranges::stable_sort(shares, std::ranges::greater(), &std::pair<double, Bound>::first);
  std::vector<std::string> parts;
  for (const auto& entry : shares) {
    parts.push_back(fmt::format("{:.0f} % {}", 100 * entry.first, name_of(entry.second)));
  }
  std::string text = fmt::format("  its time by what binds it: {}", fmt::join(parts, ", "));
  const std::string levels = level_text(bytes_by_level(phase));
  if (!levels.empty()) text += fmt::format("; its bytes by the level they come from: {}", levels);
  return text;
}

std::string longest_ops(const ProfiledPhase& phase) {
  const auto groups = grouped(phase);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min(kOpsNamed, groups.size()); ++i) {
    const auto& group = groups[i];
    std::string text = fmt::format("{} {:.0f} %", group.name, 100 * group.share);
    if (!group.unit.empty()) {
      text += fmt::format(" at {} ({} of its roof)", format_value(group.attained.value, group.unit),
                          share_text(group.share_of_roof));
    }
    parts.push_back(std::move(text));
  }
  return fmt::format("  longest: {}", fmt::join(parts, "; "));
}

/// The phase if each op changed as `time_of` says; scaled to the untraced phase.
template <class TimeOf>
double phase_if(const ProfiledPhase& phase, TimeOf&& time_of) {
  double sum_ns = phase.not_attributed_ns;
  for (const ProfiledOp& op : phase.ops) sum_ns += time_of(op);
  return sum_ns * phase_ns(phase) / pass_ns(phase);
}

struct Help {
  double saved_ns = 0;  ///< at the most
  std::string text;
};

/// Halved bytes of one class, where these bind; nothing else changes.
double if_halved(const ProfiledPhase& phase, double roofline::OpWork::*bytes) {
  return phase_if(phase, [&](const ProfiledOp& op) {
    if (op.placed.bound != Bound::memory || !(op.work.bytes() > 0)) return op.time_ns.value;
    const double left_ns = op.time_ns.value * (1 - op.work.*bytes / op.work.bytes() / 2);
    // Arithmetic becomes the roof.
    return std::max(left_ns, op.placed.compute_ns.value);
  });
}

std::vector<Help> what_helps(const Record& record, const ProfiledPhase& phase) {
  std::vector<Help> helps;
  const double now_ns = phase_ns(phase);
  const double tokens = tokens_of(record, phase);
  const auto add = [&](double then_ns, const std::string& what) {
    if (!(now_ns - then_ns >= kNotable * now_ns)) return;
    helps.push_back({now_ns - then_ns, fmt::format("{}: {:.2f} times as fast at the most{}", what,
                                                   now_ns / then_ns, rate_text(tokens, then_ns))});
  };
  add(if_halved(phase, &roofline::OpWork::weight_bytes), "weights of half the bytes");
  add(if_halved(phase, &roofline::OpWork::kv_bytes), "a KV cache of half the bytes");
  add(phase_if(phase,
               [](const ProfiledOp& op) {
                 const double roof_ns = op.placed.roof_ns().value;
                 return roof_ns > 0 ? std::min(op.time_ns.value, roof_ns) : op.time_ns.value;
               }),
      "kernels that reach their roofs");
  const double idle = share_of(phase, Bound::overhead);
  add(now_ns * (1 - idle), "no overhead between and in small ops (fusing, fewer threads)");
  std::ranges::stable_sort(helps, std::ranges::greater(), &Help::saved_ns);
  return helps;
}

/// From how many sequences on FLOPs of the products with weights would take as long as their bytes.
std::string critical_batch(const Record& record, const ProfiledPhase& phase) {
  double memory_ns = 0, compute_ns = 0;
  for (const ProfiledOp& op : phase.ops) {
    if (!(op.work.weight_bytes > 0.5 * op.work.bytes()) || !(op.work.flops > 0)) continue;
    memory_ns += op.placed.memory_ns.value;
    compute_ns += op.placed.compute_ns.value;
  }
  if (phase.name != "decode" || !(compute_ns > 0)) return {};
  const double batch = static_cast<double>(record.subject.batch) * memory_ns / compute_ns;
  if (!(batch >= 2 * static_cast<double>(record.subject.batch))) return {};
  return fmt::format(
      "  a larger batch reads the weights once for all: up to about {:.0f} sequences their FLOPs "
      "take "
      "less time than their bytes (now {})",
      std::floor(batch), record.subject.batch);
}

std::string doubt_of_tracing(const ProfiledPhase& phase) {
  if (phase.trace_overhead <= 0 ||
      (phase.trace_overhead >= kLeastTraced && phase.trace_overhead <= kMostTraced)) {
    return {};
  }
  return fmt::format(
      "  traced it took {:.3f} times that: what is said of its ops is of other conditions; take "
      "shares and forecasts as a hint, or measure again",
      phase.trace_overhead);
}

std::string trust_of(const roofline::CaseProfile& profile) {
  std::int64_t mistrusted = 0;
  std::string cause;
  for (const auto& phase : profile.phases) {
    mistrusted += phase.mistrusted;
    for (const auto& op : phase.ops) {
      if (cause.empty()) cause = op.placed.mistrusted;
    }
  }
  std::string text =
      fmt::format("bytes {}, FLOPs {}; ceilings of {} (run {})", profile.provenance.bytes,
                  profile.provenance.flops, time_text(profile.ceilings_unix_ns),
                  profile.ceilings_run.substr(0, 8));
  if (!profile.provenance.counted_bytes.empty()) {
    text += fmt::format("; counted bytes: {}", profile.provenance.counted_bytes);
  }
  if (profile.trace_overhead) {
    text += fmt::format("; traced over untraced {:.3f}", *profile.trace_overhead);
  }
  if (mistrusted > 0) {
    text += fmt::format("; {} above the roof, mistrusted: {}", number_of(mistrusted, "op"), cause);
  }
  return text;
}

}  // namespace

std::string explanation(const Record& record, const roofline::CaseProfile& profile) {
  // Cases that differ in the backend alone have the same label.
  std::vector<std::string> lines = {
      fmt::format("{}  {}, {}", record.ordinal, label(record.subject), record.subject.backend)};
  if (record.outcome != Outcome::ok) {
    lines.push_back(fmt::format("{}: {}", name_of(record.outcome), record.reason));
  }
  for (const ProfiledPhase& phase : profile.phases) {
    if (!(pass_ns(phase) > 0)) continue;
    lines.push_back(what_it_takes(record, phase));
    if (auto doubt = doubt_of_tracing(phase); !doubt.empty()) lines.push_back(std::move(doubt));
    lines.push_back(what_binds(phase));
    lines.push_back(longest_ops(phase));
    const auto helps = what_helps(record, phase);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < std::min<std::size_t>(2, helps.size()); ++i) {
      texts.push_back(helps[i].text);
    }
    lines.push_back(texts.empty()
                        ? std::string("  nothing that is known here would save a twentieth of it")
                        : fmt::format("  would help: {}", fmt::join(texts, "; ")));
    if (auto batch = critical_batch(record, phase); !batch.empty())
      lines.push_back(std::move(batch));
  }
  if (!profile.note.empty()) lines.push_back(fmt::format("note: {}", profile.note));
  lines.push_back(trust_of(profile));
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

}  // namespace ridgepoint
