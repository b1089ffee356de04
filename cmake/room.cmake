# callgate_room: declares one room of the house and stops configuration when the house would be broken.
#
#   callgate_room(jose FLOOR 2 USES base refusal json digest PRIVATE OpenSSL::Crypto SOURCES src/a.cpp ...)
#
#   FLOOR    its storey; every room in USES must stand on a lower one and be declared before
#   USES     the rooms it includes; a file that includes <callgate/x/...> without x here is an error
#   PUBLIC   outside libraries that its public headers need
#   PRIVATE  outside libraries that only its src/ needs
#   SOURCES  its own files; headers below include/ are found
#
# The target is callgate_<name> (alias callgate::room::<name>). Public headers compile alone: build the target
# all_verify_interface_header_sets.
#
# callgate_room_test(jose SOURCES test/a.cpp ... [USES testing mint]) adds the room's test program.
# A sanitizer finds nothing in a header that is compiled alone.
if(NOT CALLGATE_SANITIZER)
  set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
endif()
define_property(GLOBAL PROPERTY CALLGATE_ROOMS BRIEF_DOCS "all rooms declared so far")

function(callgate_room name)
  cmake_parse_arguments(ARG "" "FLOOR" "USES;PUBLIC;PRIVATE;SOURCES" ${ARGN})
  if(NOT DEFINED ARG_FLOOR OR ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "room ${name}: give FLOOR n; not understood: '${ARG_UNPARSED_ARGUMENTS}'")
  endif()
  _callgate_check_floors(${name} ${ARG_FLOOR} "${ARG_USES}")
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS include/*.hpp)
  file(GLOB private_headers CONFIGURE_DEPENDS src/*.hpp)
  _callgate_check_includes(${name} "${ARG_USES}" ${headers} ${private_headers} ${ARG_SOURCES})

  if(ARG_SOURCES)
    add_library(callgate_${name} STATIC ${ARG_SOURCES})
    set(reach PUBLIC)
    target_link_libraries(callgate_${name} PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:callgate_compiler>)
    target_include_directories(callgate_${name} PRIVATE src)
  else()
    add_library(callgate_${name} INTERFACE)
    set(reach INTERFACE)
  endif()
  add_library(callgate::room::${name} ALIAS callgate_${name})
  target_compile_features(callgate_${name} ${reach} cxx_std_20)
  target_sources(callgate_${name} ${reach} FILE_SET HEADERS BASE_DIRS include FILES ${headers})
  target_link_libraries(callgate_${name} ${reach} ${ARG_PUBLIC})
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(callgate_${name} ${reach} callgate_${used})
  endforeach()

  set_property(GLOBAL APPEND PROPERTY CALLGATE_ROOMS ${name})
  set_property(GLOBAL PROPERTY CALLGATE_FLOOR_${name} ${ARG_FLOOR})
  set_property(GLOBAL PROPERTY CALLGATE_USES_${name} "${ARG_USES}")
endfunction()

function(callgate_room_test name)
  if(NOT CALLGATE_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;PRIVATE" ${ARGN})
  get_property(uses GLOBAL PROPERTY CALLGATE_USES_${name})
  _callgate_check_includes("${name} (test)" "${name};${uses};${ARG_USES}" ${ARG_SOURCES})
  add_executable(test_${name} ${ARG_SOURCES})
  target_include_directories(test_${name} PRIVATE src)
  target_link_libraries(test_${name} PRIVATE callgate_${name} callgate_compiler GTest::gtest_main ${ARG_PRIVATE})
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(test_${name} PRIVATE callgate_${used})
  endforeach()
  gtest_discover_tests(test_${name} TEST_PREFIX "${name}/" PROPERTIES LABELS unit DISCOVERY_TIMEOUT 60)
endfunction()

function(_callgate_check_floors name floor uses)
  get_property(rooms GLOBAL PROPERTY CALLGATE_ROOMS)
  foreach(used IN LISTS uses)
    if(NOT used IN_LIST rooms)
      message(FATAL_ERROR "room ${name} uses ${used}, which is not declared below it: "
                          "a room may use only rooms on lower floors (docs/architecture.md)")
    endif()
    get_property(used_floor GLOBAL PROPERTY CALLGATE_FLOOR_${used})
    if(NOT used_floor LESS floor)
      message(FATAL_ERROR "room ${name} (floor ${floor}) uses ${used} (floor ${used_floor}): "
                          "a room may use only rooms on lower floors (docs/architecture.md)")
    endif()
  endforeach()
endfunction()

function(_callgate_check_includes name allowed)
  string(REGEX REPLACE " .*" "" own "${name}")
  foreach(file IN LISTS ARGN)
    get_filename_component(path "${file}" ABSOLUTE)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
    file(STRINGS "${path}" lines REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"]callgate/")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE ".*[<\"]callgate/([a-z0-9_]+)/.*" "\\1" used "${line}")
      if(NOT used STREQUAL own AND NOT used IN_LIST allowed)
        message(FATAL_ERROR "room ${name}: ${file} includes callgate/${used}/ but does not declare it: "
                            "add ${used} to USES, or move the line to the room where it belongs")
      endif()
    endforeach()
  endforeach()
endfunction()
