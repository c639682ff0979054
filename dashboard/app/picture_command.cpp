// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/app/picture_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "dashboard/app/asked_place.h"
#include "dashboard/models/text.h"
#include "workloads/shell_quote.h"

namespace ridgepoint {

QString picture_command(const Session& session, const QSize& size, bool dark, const QString& tab) {
  const Place& place = session.place();
  const std::string view = utf8(place.view);
  std::string line = fmt::format(
      "ridgepoint dashboard --screenshot {0} {0}.png {1} --theme {2} "
      "--size {3}x{4}",
      view, shell_quote(session.path().string()), dark ? "dark" : "light", size.width(),
      size.height());
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) line += fmt::format(" {} {}", option, shell_quote(value));
  };
  add("--run", place.run);
  add("--baseline", place.baseline);
  add("--case", place.case_hash);
  add("--metric", place.metric);
  if (has_op(session, place.op)) add("--op", place.op);
  add("--a", place.side_a);
  // Runs that were kept for the comparison are sides that could have been typed.
  std::string sides = place.side_b;
  if (sides.empty() && !place.candidates.empty()) {
    sides = fmt::format("{}", fmt::join(session.sides_b(), "; "));
  }
  add("--b", sides);
  add("--filter", utf8(place.filter));
  add("--scenario", utf8(place.scenario));
  add("--tab", utf8(tab));
  const QString prefix = place.view + '.';
  for (const auto& [name, value] : place.settings) {
    if (name.startsWith(prefix)) add("--set", utf8(name + '=' + value));
  }
  for (const auto& [name, extent] : place.extents) {
    if (!name.startsWith(prefix)) continue;
    add("--extent", fmt::format("{}={:.17g}:{:.17g}:{:.17g}:{:.17g}", utf8(name), extent.left,
                                extent.right, extent.bottom, extent.top));
  }
  if (const auto traced = session.trace_of_range(); traced.value != nullptr) {
    const auto ms_at = [&](std::int64_t at_ns) {
      return static_cast<double>(at_ns - traced.value->timeline.begin_ns) * 1e-6;
    };
    line += fmt::format(" --range {:.6f}:{:.6f}", std::max(0.0, ms_at(place.range->begin_ns)),
                        ms_at(place.range->end_ns));
  }
  return qt(line);
}

}  // namespace ridgepoint
