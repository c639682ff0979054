# Install rules, the CMake package for plug-in authors, and the tarball.
#   runtime      the program, its suites and bundled weights, documents
#   development  <ridgepoint/plugin.h> and find_package(ridgepoint)
#   bundle       the shared libraries that a machine with only glibc lacks, and the licences of all
#                that is taken in; only in the tarball, never in an ordinary install
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The program finds bundled libraries in a folder of its own, so that unpacking over a prefix can
# never put a second libstdc++ before the system's.
set(ridgepoint_private_libraries lib/ridgepoint)
# In the build folder too: the placeholder that would be rewritten later makes the loader look into the
# working directory.
set_target_properties(ridgepoint PROPERTIES
  BUILD_WITH_INSTALL_RPATH ON
  INSTALL_RPATH "$ORIGIN/../${ridgepoint_private_libraries}")
install(TARGETS ridgepoint RUNTIME DESTINATION bin COMPONENT runtime)
install(DIRECTORY workloads/suites/ DESTINATION share/ridgepoint/suites COMPONENT runtime
  FILES_MATCHING PATTERN "*.toml")
if(EXISTS ${PROJECT_SOURCE_DIR}/workloads/weights)
  install(DIRECTORY workloads/weights/ DESTINATION share/ridgepoint/weights COMPONENT runtime)
endif()
install(FILES README.md LICENSE DESTINATION share/doc/ridgepoint COMPONENT runtime OPTIONAL)
install(DIRECTORY docs/ DESTINATION share/doc/ridgepoint/docs COMPONENT runtime OPTIONAL
  FILES_MATCHING PATTERN "*.md" PATTERN "*.svg" PATTERN "*.png")

# ---- for plug-in authors ----
set(ridgepoint_plugin_header ${PROJECT_SOURCE_DIR}/backends/plugin/ridgepoint_plugin.h)
# In the tree it is included by the name that it has when installed.
configure_file(${ridgepoint_plugin_header} ${PROJECT_BINARY_DIR}/include/ridgepoint/plugin.h COPYONLY)
file(STRINGS ${ridgepoint_plugin_header} version_line REGEX "define RIDGEPOINT_PLUGIN_ABI_VERSION")
string(REGEX REPLACE ".* ([0-9]+)u$" "\\1" RIDGEPOINT_PLUGIN_ABI_VERSION "${version_line}")

add_library(ridgepoint_plugin INTERFACE)
add_library(ridgepoint::plugin ALIAS ridgepoint_plugin)
set_target_properties(ridgepoint_plugin PROPERTIES EXPORT_NAME plugin)
target_include_directories(ridgepoint_plugin INTERFACE
  $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include> $<INSTALL_INTERFACE:include>)

set(package_folder lib/cmake/ridgepoint)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ridgepointConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/ridgepointConfig.cmake INSTALL_DESTINATION ${package_folder})
# ARCH_INDEPENDENT: the interface is a header.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/ridgepointConfigVersion.cmake
  COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(FILES ${ridgepoint_plugin_header} DESTINATION include/ridgepoint RENAME plugin.h
  COMPONENT development)
install(TARGETS ridgepoint_plugin EXPORT ridgepointTargets COMPONENT development)
install(EXPORT ridgepointTargets NAMESPACE ridgepoint:: DESTINATION ${package_folder}
  COMPONENT development)
install(FILES ${PROJECT_BINARY_DIR}/package/ridgepointConfig.cmake
  ${PROJECT_BINARY_DIR}/package/ridgepointConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/ridgepoint_add_plugin.cmake
  DESTINATION ${package_folder} COMPONENT development)

# ---- the tarball ----
configure_file(${PROJECT_SOURCE_DIR}/cmake/ridgepoint_bundle.cmake.in
  ${PROJECT_BINARY_DIR}/package/ridgepoint_bundle.cmake @ONLY)
install(SCRIPT ${PROJECT_BINARY_DIR}/package/ridgepoint_bundle.cmake COMPONENT bundle EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_NAME ridgepoint)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_FILE_NAME ridgepoint-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
# One archive from all three components; without components the bundle would stay out.
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_COMPONENTS_ALL runtime development bundle)
include(CPack)
