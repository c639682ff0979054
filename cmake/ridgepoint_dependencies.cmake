# Everything that comes from outside, found in one place. scripts/packages.txt lists the packages.
option(RIDGEPOINT_STATIC
  "Link C libraries from their static archives where there are some, so that less has to travel along" ON)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(fmt REQUIRED)
find_package(SQLiteCpp REQUIRED)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(UUID REQUIRED IMPORTED_TARGET uuid)
pkg_check_modules(HWLOC REQUIRED IMPORTED_TARGET hwloc)
find_package(benchmark REQUIRED)

# C++ libraries stay shared: Google Benchmark has no archive in Debian, so the C++ runtime is shared
# too, and two copies of it in one process must not be. The C ones are taken in where that is possible;
# `needs` are what the archive wants besides.
function(ridgepoint_prefer_archive prefix library)
  cmake_parse_arguments(ARG "" "" "NEEDS" ${ARGN})
  find_library(${prefix}_ARCHIVE NAMES lib${library}.a HINTS ${${prefix}_LIBDIR})
  mark_as_advanced(${prefix}_ARCHIVE)
  if(RIDGEPOINT_STATIC AND ${prefix}_ARCHIVE)
    set_target_properties(PkgConfig::${prefix} PROPERTIES
      INTERFACE_LINK_LIBRARIES "${${prefix}_ARCHIVE};${ARG_NEEDS}")
  endif()
endfunction()

# libhwloc.a asks udev, which has no archive, for the names of devices.
find_library(UDEV_LIBRARY NAMES udev libudev.so.1)
mark_as_advanced(UDEV_LIBRARY)
ridgepoint_prefer_archive(SQLITE3 sqlite3 NEEDS m Threads::Threads ${CMAKE_DL_LIBS})
ridgepoint_prefer_archive(ZSTD zstd NEEDS Threads::Threads)
ridgepoint_prefer_archive(XXHASH xxhash)
ridgepoint_prefer_archive(UTF8PROC utf8proc)
ridgepoint_prefer_archive(UUID uuid)
if(UDEV_LIBRARY)
  ridgepoint_prefer_archive(HWLOC hwloc NEEDS ${UDEV_LIBRARY} m ${CMAKE_DL_LIBS})
endif()
# SQLiteCpp brings its own idea of where SQLite is.
if(RIDGEPOINT_STATIC AND SQLITE3_ARCHIVE AND TARGET SQLite::SQLite3)
  set_target_properties(SQLite::SQLite3 PROPERTIES
    IMPORTED_LOCATION ${SQLITE3_ARCHIVE}
    INTERFACE_LINK_LIBRARIES "m;Threads::Threads;${CMAKE_DL_LIBS}")
endif()
