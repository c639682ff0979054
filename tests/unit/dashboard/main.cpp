// Widgets need an application, and no display: the tests of the dashboard draw offscreen.
#include <gtest/gtest.h>

#include <QApplication>
#include <QLoggingCategory>

#include "dashboard/charts/theme.h"

int main(int argc, char** argv) {
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QLoggingCategory::setFilterRules("qt.qpa.*=false");
  ::testing::InitGoogleTest(&argc, argv);
  const QApplication application(argc, argv);
  ridgepoint::apply_theme(*qApp, "light");
  return RUN_ALL_TESTS();
}
