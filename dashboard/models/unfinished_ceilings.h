// SPDX-License-Identifier: GPL-3.0-or-later
// What a run of ceilings that did not come to its end lacks: views take a whole one or none,
// because a roof that is missing would make another one look like the lowest.
#pragma once

#include <QString>
#include <string_view>

#include "results/store/store.h"

namespace ridgepoint {

/// "the newest run of ceilings (6e9498a6) was interrupted with 21 of 31 of them measured, no
/// bandwidth among them" of this suite; empty where the newest is whole, or there is none.
QString unfinished_ceilings(const Store& store, std::string_view suite);

}  // namespace ridgepoint
