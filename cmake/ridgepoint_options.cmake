# How everything is compiled: the standard, warnings, sanitizers, ccache; and what can be left out.
option(RIDGEPOINT_TESTS "Build the tests and the benchmark programs" ON)
option(RIDGEPOINT_DASHBOARD "Build the dashboard, where Qt 6 and QCustomPlot are" ON)
option(RIDGEPOINT_FUZZ "Build the fuzz targets only, optimised for long runs (needs clang)" OFF)
option(RIDGEPOINT_TRAINING "Build the program that trains the bundled model (needs libtorch)" OFF)
set(RIDGEPOINT_SANITIZE "" CACHE STRING "Sanitizers to compile with, e.g. address,undefined")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set_property(GLOBAL PROPERTY USE_FOLDERS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(ridgepoint_compile_options INTERFACE)
target_include_directories(ridgepoint_compile_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
target_compile_options(ridgepoint_compile_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Werror -fno-strict-aliasing)
if(RIDGEPOINT_SANITIZE)
  target_compile_options(ridgepoint_compile_options INTERFACE
    -fsanitize=${RIDGEPOINT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ridgepoint_compile_options INTERFACE -fsanitize=${RIDGEPOINT_SANITIZE})
  target_compile_definitions(ridgepoint_compile_options INTERFACE RIDGEPOINT_SANITIZED=1)
endif()

# Where CMAKE_UNITY_BUILD is on (all presets but debug), the sources of one folder are compiled as one,
# tests too: most of the time goes into headers and templates that they share. The debug preset compiles
# each source by itself, so that a missing include cannot hide. Names in the unnamed namespaces of one
# folder therefore differ; tests/layering looks for what the compiler would let pass. A source with
# options of its own stays by itself.
function(ridgepoint_unity_by_folder target)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    get_filename_component(folder ${source} ABSOLUTE)
    get_filename_component(folder ${folder} DIRECTORY)
    file(RELATIVE_PATH group ${PROJECT_SOURCE_DIR} ${folder})
    string(MAKE_C_IDENTIFIER "${group}" group)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
  if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # It takes a source that another one includes for a header.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

# Reads what most tests include only once. With clang that takes two thirds off the time that a test
# compiles; GCC 12 takes as long to read it back, and so compiles each source by itself.
function(ridgepoint_precompile target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    target_precompile_headers(${target} PRIVATE
      <gmock/gmock.h> <gtest/gtest.h> <fmt/format.h> <fmt/ranges.h> <nlohmann/json.hpp>
      <algorithm> <filesystem> <fstream> <map> <memory> <optional> <random> <ranges> <set> <string>
      <thread> <vector>)
    if(CCACHE_PROGRAM)
      target_compile_options(${target} PRIVATE -Xclang -fno-pch-timestamp)
      set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${CCACHE_PROGRAM}")
    endif()
  endif()
endfunction()

# One target a top-level folder, from every source under it: ridgepoint_folder(workloads EXCLUDE training).
# SELDOM_HOT: what its tests spend in it is less than what optimising it takes, so that builds with sanitizers
# leave that out; a build for fuzzing, which runs for hours, does not.
function(ridgepoint_folder name)
  cmake_parse_arguments(ARG "SELDOM_HOT" "" "EXCLUDE;LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(folder IN LISTS ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${folder}")
  endforeach()
  add_library(ridgepoint_${name} STATIC ${sources})
  ridgepoint_unity_by_folder(ridgepoint_${name})
  target_link_libraries(ridgepoint_${name} PUBLIC ridgepoint_compile_options ${ARG_LINK})
  if(ARG_SELDOM_HOT AND RIDGEPOINT_SANITIZE AND NOT RIDGEPOINT_FUZZ)
    target_compile_options(ridgepoint_${name} PRIVATE -O0)
  endif()
endfunction()
