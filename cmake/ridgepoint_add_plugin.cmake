# ridgepoint_add_plugin(NAME SOURCE...): a plug-in, lib<NAME>.so, that exports nothing but its entry
# function. Comes with the package, and is used for the plug-ins in the tree too.
function(ridgepoint_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE ridgepoint::plugin)
  set_target_properties(${name} PROPERTIES
    PREFIX lib SUFFIX .so
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
endfunction()
