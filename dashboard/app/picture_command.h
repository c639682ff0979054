// SPDX-License-Identifier: GPL-3.0-or-later
// The command line that draws what a window shows, as a picture: the place in options of
// `ridgepoint dashboard --screenshot` (options.h), so that whoever reads a document can make its
// pictures again.
#pragma once

#include <QSize>
#include <QString>

#include "dashboard/models/session.h"

namespace ridgepoint {

/// `tab` is the title of the view's open tab; empty: its first.
QString picture_command(const Session& session, const QSize& size, bool dark, const QString& tab);

}  // namespace ridgepoint
